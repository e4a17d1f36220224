/** Several nodes on one database: two stores, each with connections of its own. */
import assert from 'node:assert/strict'
import type { AcceptResult, Settlement } from '../../contract/store.ts'
import {
  accept,
  acceptCase,
  claim,
  deliveryNow,
  idsOf,
  LEASE_MS,
  lease,
  leaseOne,
  NOW_MS,
  nextDue,
} from '../conformance/steps.ts'
import { aNewId, anAcceptance, aSettlement, type Wanted } from '../fixtures.ts'
import type { PostgresStore } from './postgres-store.ts'
import { describeOnPostgres } from './test-schema.ts'

describeOnPostgres('two nodes on PostgreSQL', process.env, (schema) => {
  let nodes: readonly [PostgresStore, PostgresStore]

  beforeEach(async () => {
    nodes = await Promise.all([schema().open(), schema().open()])
  })

  /** Behind the back of the nodes, time goes by. */
  const endClaims = () => schema().query('update destination_claim set until_ms = 0')

  const nodeOf = (index: number) => nodes[index % 2] as PostgresStore

  /** Asks both nodes in turn, all at once. */
  const acceptAll = (wanted: readonly Wanted[]): Promise<readonly AcceptResult[]> =>
    Promise.all(wanted.map((one, index) => nodeOf(index).messageAccept(anAcceptance(one))))

  const outcomesOf = (results: readonly AcceptResult[]) =>
    results.map((result) => (result.outcome === 'conflict' ? result.on : result.outcome)).sort()

  it('accept one of a hundred equal messages, and answer the others alike', async () => {
    for (let round = 0; round < 5; round++) {
      const key = aNewId()
      const wanted = Array.from({ length: 100 }, (_, index) => ({ key, bodyDigest: 'aa', answer: { index } }))
      const results = await acceptAll(wanted)

      const accepted = results.findIndex(({ outcome }) => outcome === 'accepted')
      const repeated = { outcome: 'repeated', bodyDigest: 'aa', answer: { index: accepted } }
      results.forEach((result, index) => {
        assert.deepEqual(result, index === accepted ? { outcome: 'accepted' } : repeated)
      })
      assert.equal((await nodes[0].deliveryCount({})).pending, round + 1)
    }
  })

  it('let one open a case or continue it, and take an external id', async () => {
    const caseNo = aNewId()
    const expected = (word: string) => ['accepted', ...Array.from({ length: 39 }, () => word)]
    const forty = (wanted: () => Wanted) => Array.from({ length: 40 }, wanted)

    assert.deepEqual(outcomesOf(await acceptAll(forty(() => ({ caseNo })))), expected('case-number'))
    assert.deepEqual(outcomesOf(await acceptAll(forty(() => ({ caseNo, version: 2 })))), expected('version'))
    const externalIds = [{ system: 'shangqiu', value: 'SQ-1' }]
    assert.deepEqual(outcomesOf(await acceptAll(forty(() => ({ externalIds })))), expected('external-id'))
  })

  it('write groups that meet in keys, cases and external ids in opposite order, and none waits for ever', async () => {
    for (let round = 0; round < 10; round++) {
      const cases = Array.from({ length: 10 }, () => aNewId())
      for (const version of [1, 2, 3]) {
        const wanted = cases.map((caseNo) => ({
          caseNo,
          version,
          key: `${caseNo} ${version}`,
          externalIds: [{ system: `system-${version}`, value: caseNo }],
        }))
        const results = await Promise.all(
          nodes.map((node, index) => {
            const order = index === 0 ? wanted : wanted.toReversed()
            return Promise.all(order.map((one) => node.messageAccept(anAcceptance(one))))
          }),
        )
        const outcomes = outcomesOf(results.flat())
        assert.deepEqual(outcomes, [...cases.map(() => 'accepted'), ...cases.map(() => 'repeated')])
      }
    }
    assert.equal((await nodes[0].deliveryCount({})).pending, 300)
  })

  it('never lease the same delivery, and settle each once', async () => {
    const accepted = await acceptAll(Array.from({ length: 300 }, () => ({})))
    assert.ok(accepted.every(({ outcome }) => outcome === 'accepted'))
    const taken: string[] = []
    const work = async (node: PostgresStore, owner: string) => {
      for (;;) {
        const leased = await lease(node, { owner, limit: 7 })
        if (leased.length === 0) return
        taken.push(...idsOf(leased))
        assert.ok((await node.deliverySettle(leased.map((one) => aSettlement(one)))).every(Boolean))
      }
    }
    await Promise.all(Array.from({ length: 6 }, (_, index) => work(nodeOf(index), `node-${index}`)))

    // Whoever found nothing free may have stopped while others were still taking: what is left can be had.
    taken.push(...idsOf(await lease(nodes[0], { limit: 300 })))
    assert.equal(taken.length, 300)
    assert.equal(new Set(taken).size, 300)
  })

  it('take one settlement of a lease, whichever node it reaches', async () => {
    await acceptAll(Array.from({ length: 20 }, () => ({})))
    const leased = await lease(nodes[0])
    const settlements = leased.map((one) => aSettlement(one))
    const held = await Promise.all(nodes.map((node) => node.deliverySettle(settlements)))

    for (const index of leased.keys())
      assert.equal(held.filter((answers) => answers[index]).length, 1, `lease ${index}`)
    assert.equal((await nodes[1].deliveryCount({})).delivered, 20)
  })

  it('let one of fifty equal nonces pass', async () => {
    const request = { keyId: 'k', nonce: 'n', expiresAtMs: NOW_MS + 1, nowMs: NOW_MS }
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => nodeOf(index).nonceRemember(request)),
    )

    assert.equal(answers.filter(Boolean).length, 1)
  })

  it('let one of fifty messages pass that come with the same nonce', async () => {
    const nonce = { keyId: 'k', nonce: 'n', expiresAtMs: NOW_MS + 1, nowMs: NOW_MS }
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) => nodeOf(index).messageAccept(anAcceptance({ nonce }))),
    )

    assert.equal(results.filter(({ outcome }) => outcome === 'accepted').length, 1)
    assert.equal(results.filter(({ outcome }) => outcome === 'nonce-used').length, 49)
  })

  it('keep the order per case and destination while both write and deliver the same cases', async () => {
    const cases = Array.from({ length: 3 }, () => aNewId())
    const destinations = ['tax', 'police']
    const messages = 25
    const underWay = new Set<string>()
    const delivered = new Map<string, number[]>()
    let writing = true

    const write = async (node: PostgresStore, caseNo: string) => {
      for (;;) {
        const version = ((await node.caseGet({ caseNo }))?.version ?? 0) + 1
        if (version > messages) return
        // A conflict means that the other node was faster: look again.
        await node.messageAccept(anAcceptance({ caseNo, version, destinations }))
      }
    }
    const deliver = async (node: PostgresStore, destination: string) => {
      for (let settled = 0; writing || settled > 0; ) {
        settled = 0
        const leased = await lease(node, { destination, limit: 5 })
        const settlements = leased.map((one, index): Settlement => {
          const pair = `${one.delivery.caseNo} ${destination}`
          assert.ok(!underWay.has(pair), `two deliveries of ${pair} are under way`)
          underWay.add(pair)
          const arrives = (one.fence + index) % 3 > 0
          return aSettlement(one, arrives ? {} : { state: 'waiting', dueAtMs: NOW_MS })
        })
        for (const [index, { delivery }] of leased.entries()) {
          const pair = `${delivery.caseNo} ${destination}`
          underWay.delete(pair)
          if (settlements[index]?.state !== 'delivered') continue
          delivered.set(pair, [...(delivered.get(pair) ?? []), delivery.sequence])
        }
        assert.ok((await node.deliverySettle(settlements)).every(Boolean))
        settled = leased.length
      }
    }
    const written = Promise.all(nodes.flatMap((node) => cases.map((caseNo) => write(node, caseNo))))
    const delivering = Promise.all(
      nodes.flatMap((node) => destinations.map((destination) => deliver(node, destination))),
    )
    await written
    writing = false
    await delivering
    // What the last round of one node freed the other may have seen too early.
    for (const destination of destinations) await deliverRest(nodes[0], destination, delivered)

    const expected = Array.from({ length: messages }, (_, index) => index + 1)
    for (const caseNo of cases)
      for (const destination of destinations)
        assert.deepEqual(delivered.get(`${caseNo} ${destination}`), expected, `${caseNo} ${destination}`)
    assert.equal((await nodes[0].deliveryCount({})).delivered, cases.length * destinations.length * messages)
  })

  it('own each destination once, whichever of both claims it', async () => {
    const destinations = Array.from({ length: 30 }, (_, index) => `system-${index}`)
    for (let round = 0; round < 10; round++) {
      const claims = await Promise.all(
        nodes.map((node, index) =>
          claim(node, {
            node: `node-${index}`,
            destinations: index === 0 ? destinations : destinations.toReversed(),
          }),
        ),
      )
      const owned = claims.flatMap(({ owned }) => owned.map(({ destination }) => destination))
      assert.deepEqual(owned.sort(), [...destinations].sort())
      await Promise.all(
        nodes.map((node, index) =>
          node.destinationRelease({ node: `node-${index}`, destinations, leaves: round % 2 === 0 }),
        ),
      )
    }
  })

  it('judge by the clock of the server how long a claim and a lease last, however wrong their own are', async () => {
    const { deliveries } = await accept(nodes[0])
    const [slow, fast] = [0, NOW_MS + 10 ** 11]
    assert.equal((await claim(nodes[0], { nowMs: slow })).owned.length, 1)
    assert.equal((await claim(nodes[1], { node: 'node-b', nowMs: fast })).owned.length, 0)

    const leased = await leaseOne(nodes[0], { nowMs: slow })
    assert.equal(leased.delivery.id, deliveries[0]?.id)
    assert.deepEqual(await lease(nodes[0], { nowMs: fast }), [])
    const nextMs = (await nextDue(nodes[0], { nowMs: slow })) ?? Number.POSITIVE_INFINITY
    assert.ok(nextMs > slow && nextMs <= slow + LEASE_MS, 'by the clock of the node that asks')
    await endClaims()
    assert.equal((await claim(nodes[1], { node: 'node-b', nowMs: slow })).owned.length, 1)
    assert.deepEqual(await nodes[0].deliverySettle([aSettlement(leased)]), [false])
  })

  it('leave nothing leased to one from whom the other takes the destination at that moment', async () => {
    for (let round = 0; round < 40; round++) {
      for (let count = 0; count < 3; count++) await accept(nodes[0])
      await claim(nodes[0])
      await endClaims()
      const [taken, late] = await Promise.all([
        claim(nodes[1], { node: 'node-b' }),
        lease(nodes[0], { limit: 3 }),
      ])
      assert.equal(taken.owned.length, 1)
      assert.equal((await nodes[0].deliveryCount({})).leased, 0)
      const settled = await nodes[0].deliverySettle(late.map((one) => aSettlement(one)))
      assert.ok(!settled.includes(true))
      const rest = await lease(nodes[1], { owner: 'node-b' })
      assert.equal(rest.length, 3)
      assert.equal(rest.filter(({ maybeSent }) => maybeSent).length, late.length)
      await nodes[1].deliverySettle(rest.map((one) => aSettlement(one)))
      await nodes[1].destinationRelease({
        node: 'node-b',
        destinations: ['human-resources'],
        leaves: true,
      })
    }
  })

  it('do not hold a message for ever whose predecessor is delivered while it is accepted', async () => {
    for (let round = 0; round < 40; round++) {
      const caseNo = aNewId()
      await acceptCase(nodes[0], caseNo, 1)
      const leased = await leaseOne(nodes[0])
      await Promise.all([
        nodes[0].deliverySettle([aSettlement(leased)]),
        accept(nodes[1], { caseNo, version: 2 }),
      ])

      const [next, ...others] = await lease(nodes[0])
      assert.deepEqual([next?.delivery.sequence, others.length], [2, 0])
      await nodes[1].deliverySettle(next === undefined ? [] : [aSettlement(next)])
    }
  })

  it('do not have two of a case under way where one replays what the other is about to overtake', async () => {
    for (let round = 0; round < 40; round++) {
      const caseNo = aNewId()
      const [first, second] = (await acceptCase(nodes[0], caseNo, 2)) as [string, string]
      await nodes[0].deliverySettle([aSettlement(await leaseOne(nodes[0]))])
      const audit = { atMs: NOW_MS, actor: 'operator-1', action: 'x', subject: first, details: {} }
      const [leased, replayed] = await Promise.all([
        lease(nodes[0]),
        nodes[1].deliveryReplay({ deliveryIds: [first], nowMs: NOW_MS, audit }),
      ])

      const secondNow = await deliveryNow(nodes[0], caseNo, second)
      const firstNow = await deliveryNow(nodes[0], caseNo, first)
      if (idsOf(leased).includes(second)) assert.deepEqual([replayed, firstNow.state], [0, 'delivered'])
      else assert.deepEqual([replayed, secondNow.state, secondNow.held], [1, 'pending', true])
      const rest = [...leased, ...(await lease(nodes[0]))]
      await nodes[0].deliverySettle(rest.map((one) => aSettlement(one)))
      await nodes[0].deliverySettle((await lease(nodes[0])).map((one) => aSettlement(one)))
    }
  })
})

async function deliverRest(node: PostgresStore, destination: string, delivered: Map<string, number[]>) {
  for (;;) {
    const leased = await lease(node, { destination })
    if (leased.length === 0) return
    for (const { delivery } of leased) {
      const pair = `${delivery.caseNo} ${destination}`
      delivered.set(pair, [...(delivered.get(pair) ?? []), delivery.sequence])
    }
    await node.deliverySettle(leased.map((one) => aSettlement(one)))
  }
}
