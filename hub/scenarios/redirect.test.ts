import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { following, RESIDENT_ID, submission } from '../testing/gateway-documents.ts'
import { type Asked, openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const OLD = 'housing-registration'
const NEW = 'county-411381'
const CITY = 'city-411300'
const REFUSAL = { status: 400, body: { result: { code: 'REFUSED', message: '系统已停用' } } }

describe('redirecting to the system that takes the place of another', () => {
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
    partners.behave(({ system }) => (system === OLD ? REFUSAL : undefined))
    partners.arrivals.splice(0)
  })

  const act = (body: object, who = 'duty-operator') =>
    hub.ask(who, 'POST', '/v1/ops/deliveries/redirect', { body })
  const submit = async (): Promise<{ caseNo: string; messageId: string }> => {
    const body = submission({ requestNo: randomUUID(), jurisdiction: '410526', scenario: '02' })
    const answer = await hub.ask(CITY, 'POST', '/v1/cases', { body })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body
  }
  const send = async (system: string, document: object): Promise<Asked> =>
    hub.ask(system, 'POST', '/v1/messages', { body: document })
  const post = async (caseNo: string): Promise<string> => {
    const paper = {
      sendTime: '2026-09-30 16:00:00',
      expressCompany: '测试快递',
      expressNo: 'TEST0001',
      materials: [{ materialName: '审查表', getType: '1', getNum: '1' }],
    }
    const { status, body } = await send(CITY, following('PAPER_POST', randomUUID(), caseNo, paper))
    assert.equal(status, 202, JSON.stringify(body))
    return body.messageId
  }
  const deliveries = async (caseNo: string, destination: string): Promise<Asked['body'][]> =>
    (await hub.ask('auditor', 'GET', `/v1/ops/deliveries?caseNo=${caseNo}&destination=${destination}`)).body
      .deliveries
  const dead = async (caseNo: string): Promise<Asked['body']> => {
    for (let turn = 0; turn < 2000; turn++) {
      const [first] = await deliveries(caseNo, OLD)
      if (first?.state === 'dead') return first
    }
    return assert.fail('the delivery did not become dead')
  }
  /** A case of which the old system has a dead letter and one held behind it. */
  const aStuckCase = async () => {
    const { caseNo, messageId } = await submit()
    const delivery = await dead(caseNo)
    return { caseNo, delivery, messageIds: [messageId, await post(caseNo)] }
  }
  const redirect = async (wanted: object) => {
    const { status, body: plan } = await act({ from: OLD, to: NEW, ...wanted, dryRun: true })
    assert.equal(status, 200, JSON.stringify(plan))
    const done = await act({ from: OLD, to: NEW, ...wanted, confirm: plan.confirm, reason: '系统升级换代' })
    return { plan, done }
  }

  it('says first what it would do; then moves the case whole, in order, with the same message ids', async () => {
    const { caseNo, delivery, messageIds } = await aStuckCase()
    const { plan, done } = await redirect({ ids: [delivery.id] })
    assert.deepEqual(
      [plan.count, plan.cases, plan.states, plan.roles, plan.alreadyThere, plan.more],
      [2, 1, { pending: 1, dead: 1 }, { origin: 0, decider: 1, copy: 0 }, 0, false],
    )
    assert.equal(plan.movedRisk.perhapsReceived, 1)
    assert.match(plan.movedRisk.words.zh, /旧系统可能已收到/)
    assert.equal(plan.duplicateRisk.kind, 'dedupes')
    assert.deepEqual([done.status, done.body], [200, { confirmed: 2, moved: 2, cases: 1, casesLeft: 0 }])

    await partners.until((arrivals) => arrivals.filter(({ system }) => system === NEW).length === 2)
    assert.deepEqual(
      partners.arrivals.filter(({ system }) => system === NEW).map((arrival) => arrival.messageId),
      messageIds,
    )
    const old = await deliveries(caseNo, OLD)
    const made = await deliveries(caseNo, NEW)
    assert.deepEqual(
      old.map(({ state, reason }) => [state, reason.code]),
      [
        ['cancelled', 'DELIVERY_REDIRECTED'],
        ['cancelled', 'DELIVERY_REDIRECTED'],
      ],
    )
    assert.deepEqual(
      made.map(({ replaces }) => replaces),
      old.map(({ id }) => id),
    )
    assert.match(old[0].reason.words, new RegExp(`delivery ${made[0].id}: 系统升级换代`))
  })

  it('makes the new system the decider: later messages go to it, and it alone may answer', async () => {
    const { caseNo } = await aStuckCase()
    await redirect({ filter: { caseNo } })
    const accepted = (system: string) =>
      send(
        system,
        following('DEPT_ACCEPT', randomUUID(), caseNo, {
          acceptDate: '2026-10-09 09:00:00',
          orgName: '测试单位',
          handleUserName: '李测试',
        }),
      )
    const { status, body } = await accepted(NEW)
    assert.deepEqual([status, body.state], [202, 'accepted'], JSON.stringify(body))
    const withdrawn = await send(
      CITY,
      following('CASE_WITHDRAW', randomUUID(), caseNo, {
        withdrawDate: '2026-10-10 09:00:00',
        reason: '另行申请',
      }),
    )
    assert.equal(withdrawn.status, 202, JSON.stringify(withdrawn.body))
    await partners.until((arrivals) =>
      arrivals.some(({ messageId, system }) => messageId === withdrawn.body.messageId && system === NEW),
    )
    const took = partners.arrivals.filter(({ messageId }) => messageId === withdrawn.body.messageId)
    assert.ok(!took.some(({ system }) => system === OLD))

    const seen = await hub.ask(NEW, 'GET', `/v1/cases/${caseNo}`)
    assert.deepEqual([seen.status, seen.body.decider], [200, NEW])
    assert.equal((await hub.ask(OLD, 'GET', `/v1/cases/${caseNo}`)).status, 404)
    const { messages } = (await hub.ask(CITY, 'GET', `/v1/cases/${caseNo}/messages`)).body
    assert.ok(
      messages.some(
        ({ type, source }: Record<string, string>) => type === 'case.redirected' && source === '/hub',
      ),
    )
    assert.deepEqual(
      messages.map(({ sequence }: { sequence: number }) => sequence),
      messages.map((_: unknown, index: number) => index + 1),
    )
  })

  it('moves nothing twice, and nothing that a dry run did not show', async () => {
    const { caseNo, delivery } = await aStuckCase()
    const wanted = { from: OLD, to: NEW, filter: { caseNo } }
    const plan = (await act({ ...wanted, dryRun: true })).body
    const reason = '换代'
    for (const other of [
      { ...wanted, to: 'county-410225' },
      { ...wanted, filter: {} },
      { from: OLD, to: NEW, ids: [delivery.id] },
    ]) {
      const refused = await act({ ...other, confirm: plan.confirm, reason })
      assert.deepEqual([refused.status, refused.body.code], [409, 'OPERATION_UNCONFIRMED'])
    }
    assert.equal((await act({ ...wanted, confirm: plan.confirm, reason })).body.moved, 2)
    const again = await act({ ...wanted, confirm: plan.confirm, reason })
    assert.deepEqual([again.status, again.body.code], [409, 'OPERATION_UNCONFIRMED'])
    assert.equal((await act({ ...wanted, dryRun: true })).body.count, 0)
    assert.equal((await deliveries(caseNo, NEW)).length, 2)
  })

  it('refuses what cannot be meant', async () => {
    const { delivery } = await aStuckCase()
    for (const body of [
      { from: OLD, to: OLD },
      { from: OLD, to: 'nobody' },
      { from: OLD, to: 'sms-gateway' },
      { from: OLD, to: NEW, filter: { state: 'delivered' } },
      { from: CITY, to: NEW, ids: [delivery.id] },
      { from: OLD, to: NEW, ids: [delivery.id], filter: { caseNo: 'x' } },
      { to: NEW },
    ]) {
      const answer = await act({ ...body, dryRun: true })
      assert.deepEqual([answer.status, answer.body.code], [400, 'REQUEST_PARAMETER'], JSON.stringify(body))
    }
    const forbidden = await act({ from: OLD, to: NEW, dryRun: true }, 'auditor')
    assert.equal(forbidden.status, 403)
    assert.ok(!JSON.stringify(await deliveries(delivery.caseNo, OLD)).includes(RESIDENT_ID))
  })
})
