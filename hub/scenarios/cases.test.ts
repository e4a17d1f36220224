import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { accepted, following, type SubmissionWishes, submission } from '../testing/gateway-documents.ts'
import {
  type Arrival,
  type Asked,
  openHub,
  openPartners,
  type Partners,
  type RunningHub,
} from '../testing/running-hub.ts'

const INITIAL = '02'
const RENEWAL = '01'

describe('a case on its way', () => {
  let partners: Partners
  let hub: RunningHub

  before(async () => {
    partners = await openPartners()
    hub = await openHub({ partnersUrl: partners.url })
  })
  after(async () => {
    await hub?.stop()
    await partners?.stop()
  })
  beforeEach(() => {
    partners.behave(() => undefined)
    partners.arrivals.splice(0)
  })

  const submit = async (
    system: string,
    wishes: Omit<SubmissionWishes, 'requestNo'> = {},
  ): Promise<string> => {
    const { status, body } = await hub.ask(system, 'POST', '/v1/cases', {
      body: submission({ requestNo: randomUUID(), receiving: system.slice(-6), ...wishes }),
    })
    assert.equal(status, 201, JSON.stringify(body))
    return body.caseNo
  }
  const send = async (system: string, document: object): Promise<Asked> => {
    const answer = await hub.ask(system, 'POST', '/v1/messages', { body: document })
    assert.equal(answer.status, 202, JSON.stringify(answer.body))
    return answer
  }
  const doors = (arrivals: readonly Arrival[]): string[] =>
    arrivals.map(({ system, path }) => `${system} ${path}`).sort()
  /** The case as its party sees it, once every delivery of it is settled. */
  const timeline = async (system: string, caseNo: string): Promise<Asked['body']> =>
    (await hub.ask(system, 'GET', `/v1/cases/${caseNo}/messages`)).body

  it('goes to the province with a copy to the city where it is an initial registration', async () => {
    const caseNo = await submit('city-411300', { scenario: INITIAL, jurisdiction: '410526' })
    await partners.until(({ length }) => length === 2)
    assert.deepEqual(doors(partners.arrivals), [
      'county-410526 /case/apply',
      'housing-registration /case/submit',
    ])
    const { body } = await hub.ask('city-411300', 'GET', `/v1/cases/${caseNo}`)
    assert.deepEqual([body.decider, body.copies], ['housing-registration', ['county-410526']])
  })

  it('goes to the county itself, not to the prefecture it lies in, with a copy to the registration system', async () => {
    const caseNo = await submit('city-411300', { scenario: RENEWAL, jurisdiction: '410526' })
    await partners.until(({ length }) => length === 2)
    assert.deepEqual(doors(partners.arrivals), [
      'county-410526 /case/apply',
      'housing-registration /case/submit',
    ])
    assert.equal(
      partners.arrivals.find(({ system }) => system === 'county-410526')?.document.body?.unifiedNo,
      caseNo,
    )
    const { body } = await hub.ask('city-411300', 'GET', `/v1/cases/${caseNo}`)
    assert.deepEqual([body.decider, body.copies], ['county-410526', ['housing-registration']])
    assert.equal((await hub.ask('city-410500', 'GET', `/v1/cases/${caseNo}`)).status, 404)
  })

  it('takes an old code of a region for the region of today', async () => {
    const caseNo = await submit('city-411300', { jurisdiction: '410881' })
    const { body } = await hub.ask('city-411300', 'GET', `/v1/cases/${caseNo}`)
    assert.deepEqual([body.jurisdictionRegion, body.decider], ['419001', 'city-419001'])
  })

  it('brings acceptance, decision and result to the origin by push, in order, with its clocks', async () => {
    const caseNo = await submit('city-411300', { jurisdiction: '410526' })
    await send('county-410526', accepted(randomUUID(), caseNo))
    const running = await hub.ask('city-411300', 'GET', `/v1/cases/${caseNo}`)
    assert.deepEqual(
      running.body.deadlines.map(({ clock, state, dueDate }: Record<string, string>) => [
        clock,
        state,
        clock === 'T4' ? dueDate : '',
      ]),
      [
        ['N1', 'running', ''],
        ['T1', 'running', ''],
        ['T2', 'met', ''],
        ['T3b', 'met', ''],
        ['T4', 'running', '2026-11-05'],
      ],
    )
    const by = { handleUserName: '李测试' }
    await send(
      'county-410526',
      following('DEPT_DECIDE', randomUUID(), caseNo, {
        decideDate: '2026-10-20 10:00:00',
        decision: '1',
        ...by,
      }),
    )
    const completed = { resultDate: '2026-10-21 10:00:00', resultType: '1', ...by }
    const result = await hub.ask('county-410526', 'POST', '/v1/messages', {
      body: following('DEPT_COMPLETE', randomUUID(), caseNo, completed),
    })
    assert.equal(result.status, 202, JSON.stringify(result.body))
    const toOrigin = (): Arrival[] => partners.arrivals.filter(({ system }) => system === 'city-411300')
    await partners.until(() => toOrigin().length === 3)
    assert.deepEqual(
      toOrigin().map(({ path }) => path),
      ['/case/accept', '/case/decide', '/case/complete'],
    )
    await send(
      'city-411300',
      following('RESULT_DELIVER', randomUUID(), caseNo, {
        deliverTime: '2026-10-22 10:00:00',
        deliverWay: '1',
      }),
    )
    const { state, messages } = await timeline('city-411300', caseNo)
    assert.equal(state, 'closed')
    assert.deepEqual(
      messages.map(({ type, sequence }: { type: string; sequence: number }) => `${sequence} ${type}`),
      ['1 case.submitted', '2 case.accepted', '3 case.decided', '4 case.completed', '5 result.delivered'],
    )
  })

  it('waits in the inbox of a system that is not delivered to, one message of a case at a time, until acknowledged', async () => {
    const caseNo = await submit('city-411300', { jurisdiction: '411100' })
    const inbox = (query = ''): Promise<Asked> => hub.ask('city-411100', 'GET', `/v1/inbox${query}`)
    const first = (await inbox()).body.entries.filter((entry: { caseNo: string }) => entry.caseNo === caseNo)
    assert.deepEqual(
      first.map(({ type }: { type: string }) => type),
      ['case.submitted'],
    )
    assert.equal(first[0].document.body?.unifiedNo ?? first[0].document.SBLSH, caseNo)
    // Not acknowledged, so still there; the next message of the case waits behind it.
    await send(
      'city-411300',
      following('CASE_WITHDRAW', randomUUID(), caseNo, {
        withdrawDate: '2026-10-08 10:00:00',
        reason: '申请人撤回',
      }),
    )
    assert.deepEqual(
      (await inbox()).body.entries.map(({ type }: { type: string }) => type),
      ['case.submitted'],
    )

    const waiting = inbox(`?wait=20&after=${first[0].position}`)
    const ack = { deliveryIds: [first[0].deliveryId] }
    assert.deepEqual((await hub.ask('city-411100', 'POST', '/v1/inbox/ack', { body: ack })).body, {
      acknowledged: 1,
    })
    assert.deepEqual((await hub.ask('city-411100', 'POST', '/v1/inbox/ack', { body: ack })).body, {
      acknowledged: 0,
    })
    // The long poll is woken by what the acknowledgement freed.
    assert.deepEqual(
      (await waiting).body.entries.map(({ type }: { type: string }) => type),
      ['case.withdrawn'],
    )
    const stranger = await hub.ask('county-410225', 'POST', '/v1/inbox/ack', {
      body: { deliveryIds: [(await inbox()).body.entries[0].deliveryId] },
    })
    assert.deepEqual(stranger.body, { acknowledged: 0 })
  })

  it('is one case with one set of deliveries when it is posted a hundred times at once', async () => {
    const body = submission({ requestNo: randomUUID(), jurisdiction: '410526' })
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => hub.ask('city-411300', 'POST', '/v1/cases', { body })),
    )
    const statuses = new Set(answers.map(({ status }) => status))
    assert.ok(
      [...statuses].every((status) => status === 201 || status === 409),
      [...statuses].join(),
    )
    const taken = answers.filter(({ status }) => status === 201)
    assert.ok(taken.length >= 1)
    assert.equal(new Set(taken.map((answer) => answer.body.messageId)).size, 1)
    await partners.until(({ length }) => length >= 2)
    const { messages } = await timeline('city-411300', taken[0]?.body.caseNo)
    assert.equal(messages.length, 1)
    assert.equal(messages[0].deliveries.length, 2)
    assert.equal(
      new Set(partners.arrivals.map(({ system, messageId }) => `${system} ${messageId}`)).size,
      partners.arrivals.length,
    )
  })

  it('reaches the others while one department fails, and that one when it has recovered', async () => {
    let down = true
    partners.behave(({ system }) =>
      down && system === 'housing-registration' ? { status: 503, body: {} } : undefined,
    )
    const caseNo = await submit('city-411300', { jurisdiction: '410526' })
    await partners.until((arrivals) => arrivals.some(({ system }) => system === 'county-410526'))
    await partners.until((arrivals) => arrivals.some(({ system }) => system === 'housing-registration'))
    const [message] = (await timeline('city-411300', caseNo)).messages
    const state = (destination: string) =>
      message.deliveries.find((delivery: { destination: string }) => delivery.destination === destination)
    assert.equal(state('county-410526').state, 'delivered')
    const waiting = state('housing-registration')
    assert.ok(waiting.state === 'waiting' || waiting.state === 'leased', waiting.state)
    down = false
    await partners.until(
      (arrivals) => arrivals.filter(({ system }) => system === 'housing-registration').length >= 2,
    )
  })

  it('gets a number of the hub where the source has none, and one of the hub where somebody else has taken the source’s', async () => {
    const without = await submit('city-411300', { body: { projectNo: undefined } })
    assert.match(without, /^411300\d{17}$/)
    const projectNo = randomUUID()
    assert.equal(await submit('city-411300', { projectNo }), projectNo)
    const other = await submit('county-410526', { projectNo })
    assert.match(other, /^410526\d{17}$/)
    const { body } = await hub.ask('county-410526', 'GET', `/v1/cases?externalId=${projectNo}`)
    assert.equal(body.caseNo, other)
  })

  it('does not lose what was answered when the hub stops and starts again', async () => {
    const { mkdtemp, rm } = await import('node:fs/promises')
    const { tmpdir } = await import('node:os')
    const { join } = await import('node:path')
    const dataDir = await mkdtemp(join(tmpdir(), 'hub-'))
    try {
      partners.behave(() => ({ status: 503, body: {} }))
      const first = await openHub({ partnersUrl: partners.url, dataDir })
      const { body } = await first.ask('city-411300', 'POST', '/v1/cases', {
        body: submission({ requestNo: randomUUID(), jurisdiction: '410526' }),
      })
      await partners.until(({ length }) => length >= 2)
      await Promise.all([first.stop(), first.stop()])
      partners.behave(() => undefined)
      const second = await openHub({ partnersUrl: partners.url, dataDir })
      const again = await second.ask('city-411300', 'GET', `/v1/cases/${body.caseNo}`)
      assert.equal(again.status, 200)
      await partners.until((arrivals) => arrivals.length >= 4)
      await second.stop()
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  })
})
