import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beijingTime } from '../contract/clock.ts'
import { RESIDENT_ID, type SubmissionWishes, submission } from '../testing/gateway-documents.ts'
import { type Asked, openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const NAME = '测试甲'
const MOBILE = '13800000001'
const RECEIVER = 'housing-registration'
/** What receivers do: they quote the applicant. */
const REFUSAL = {
  status: 400,
  body: { result: { code: 'REFUSED', message: `${NAME}（${RESIDENT_ID}，${MOBILE}）已存在` } },
}

describe('an operator of a running hub', () => {
  let partners: Partners
  let hub: RunningHub
  let dataDir: string
  /** Every answer below /v1/ops, as text. */
  const answers: string[] = []

  before(async () => {
    partners = await openPartners()
    dataDir = mkdtempSync(join(tmpdir(), 'hub-operations-'))
    hub = await openHub({ partnersUrl: partners.url, dataDir, environment: { HUB_DATABASE_URL: process.env.OPS_PG as string } })
  })
  after(async () => {
    await hub?.stop()
    await partners?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  beforeEach(() => {
    partners.behave(() => undefined)
    partners.arrivals.splice(0)
  })
  afterEach(() => {
    for (const canary of [NAME, RESIDENT_ID, MOBILE])
      assert.ok(!answers.some((answer) => answer.includes(canary)), canary)
  })

  const ask = async (who: string, method: string, path: string, body?: unknown): Promise<Asked> => {
    const asked = await hub.ask(who, method, path, body === undefined ? {} : { body })
    answers.push(JSON.stringify(asked.body))
    return asked
  }
  const look = async (path: string): Promise<Asked['body']> => {
    const { status, body } = await ask('auditor', 'GET', `/v1/ops/${path}`)
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }
  const act = (path: string, body: unknown, who = 'duty-operator') =>
    ask(who, 'POST', `/v1/ops/${path}`, body)
  const submit = async (
    wishes: Partial<SubmissionWishes> = {},
  ): Promise<{ caseNo: string; messageId: string }> => {
    const { status, body } = await hub.ask('city-411300', 'POST', '/v1/cases', {
      body: submission({ requestNo: randomUUID(), jurisdiction: '410526', scenario: '02', ...wishes }),
    })
    assert.equal(status, 201, JSON.stringify(body))
    return body
  }
  /** A delivery of the case to the receiver once it is in that state. */
  const settled = async (caseNo: string, state: string, destination = RECEIVER): Promise<Asked['body']> => {
    for (let turn = 0; turn < 2000; turn++) {
      const { deliveries } = (
        await hub.ask('auditor', 'GET', `/v1/ops/deliveries?caseNo=${caseNo}&destination=${destination}`)
      ).body
      if (deliveries[0]?.state === state) return deliveries[0]
    }
    return assert.fail(`no delivery of ${caseNo} to ${destination} became ${state}`)
  }
  /** What the audit log holds about a delivery. */
  const audited = (subject: string): Record<'actor' | 'action' | 'details', string>[] => {
    const database = new DatabaseSync(join(dataDir, 'hub.sqlite'), { readOnly: true })
    const rows = database.prepare('select actor, action, details from audit where subject = ?').all(subject)
    database.close()
    return rows as Record<'actor' | 'action' | 'details', string>[]
  }
  const aDeadLetter = async () => {
    partners.behave(({ system }) => (system === RECEIVER ? REFUSAL : undefined))
    const accepted = await submit()
    const delivery = await settled(accepted.caseNo, 'dead')
    partners.behave(() => undefined)
    return { ...accepted, delivery }
  }

  it('reads a dead letter: whom it belongs to, what was sent and answered, and no personal data', async () => {
    const { caseNo, messageId, delivery } = await aDeadLetter()
    const { deliveries } = await look(`deliveries?state=dead&owner=integrator&destination=${RECEIVER}`)
    const found = deliveries.find(({ id }: { id: string }) => id === delivery.id)
    assert.deepEqual(
      [found.caseNo, found.messageId, found.reason.code],
      [caseNo, messageId, 'DELIVERY_CONTRACT'],
    )
    assert.match(found.reason.words, /测\*（410\*{11}0015，138\*{4}0001）已存在/)
    assert.deepEqual((await look('deliveries?state=dead&owner=partner')).deliveries, [])

    const detail = await look(`deliveries/${delivery.id}`)
    const [attempt] = detail.attempts
    assert.equal(attempt.outcome, 'rejected')
    const sent = JSON.stringify(attempt.sent.document)
    assert.ok(sent.includes('测*') && sent.includes('410***********0015') && sent.includes(caseNo), sent)
    assert.match(attempt.answered.document.result.message, /^测\*/)
    assert.deepEqual(detail.acts, ['replay', 'mark-delivered', 'cancel'])
    assert.equal(detail.duplicateRisk.kind, 'dedupes')
  })

  it('replays it after a dry run, once, with the same message id', async () => {
    const { caseNo, messageId, delivery } = await aDeadLetter()
    const wanted = { filter: { state: 'dead', caseNo } }
    const plan = (await act('deliveries/replay', { ...wanted, dryRun: true })).body
    assert.deepEqual([plan.count, plan.more, plan.destinations[0].states], [1, false, { dead: 1 }])
    assert.match(plan.destinations[0].duplicateRisk.words.en, /drops a message id/)
    assert.equal((await settled(caseNo, 'dead')).id, delivery.id)

    partners.arrivals.splice(0)
    const confirmed = { ...wanted, confirm: plan.confirm, reason: '接口已修复' }
    assert.deepEqual((await act('deliveries/replay', confirmed)).body, { replayed: 1, confirmed: 1 })
    await partners.until(({ length }) => length > 0)
    await settled(caseNo, 'delivered')
    assert.deepEqual(
      partners.arrivals.map((arrival) => [arrival.system, arrival.messageId]),
      [[RECEIVER, messageId]],
    )
    const again = await act('deliveries/replay', confirmed)
    assert.deepEqual([again.status, again.body.code], [409, 'OPERATION_UNCONFIRMED'])
  })

  it('cannot use the token of a dry run for other deliveries, another filter or by another account', async () => {
    const one = await aDeadLetter()
    const other = await aDeadLetter()
    const filter = { caseNo: one.caseNo }
    const { confirm } = (await act('deliveries/replay', { filter, dryRun: true })).body
    const reason = '试'
    const refused = [
      { filter: { caseNo: other.caseNo }, confirm, reason },
      { filter: {}, confirm, reason },
      { filter, limit: 7, confirm, reason },
      { ids: [one.delivery.id], confirm, reason },
      { filter, confirm: `${confirm.slice(0, -1)}!`, reason },
    ]
    for (const body of refused) {
      const answer = await act('deliveries/replay', body)
      assert.deepEqual(
        [answer.status, answer.body.code],
        [409, 'OPERATION_UNCONFIRMED'],
        JSON.stringify(body),
      )
    }
    const unsaid = [
      { filter, confirm },
      { filter },
      { filter, dryRun: true, confirm, reason },
      { dryRun: true },
      { filter: { stat: 'dead' }, dryRun: true },
    ]
    for (const body of unsaid) {
      const answer = await act('deliveries/replay', body)
      assert.deepEqual([answer.status, answer.body.code], [400, 'REQUEST_PARAMETER'], JSON.stringify(body))
    }
    assert.equal((await settled(one.caseNo, 'dead')).id, one.delivery.id)
  })

  it('replays what was named by id, and says which ids there are not', async () => {
    const { delivery, caseNo } = await aDeadLetter()
    const ids = [delivery.id, randomUUID()]
    const plan = (await act('deliveries/replay', { ids, dryRun: true })).body
    assert.deepEqual([plan.count, plan.unknownIds], [1, 1])
    const { body } = await act('deliveries/replay', { ids, confirm: plan.confirm, reason: '单条重放' })
    assert.deepEqual(body, { replayed: 1, confirmed: 1 })
    await settled(caseNo, 'delivered')
  })

  it('gives a delivery up, or finds that it arrived, with a reason, once', async () => {
    const given = await aDeadLetter()
    const arrived = await aDeadLetter()
    const reason = `已电话告知${MOBILE}`
    const cancelled = await act(`deliveries/${given.delivery.id}/cancel`, { reason })
    assert.deepEqual(
      [cancelled.status, cancelled.body.state, cancelled.body.reason.code],
      [200, 'cancelled', 'DELIVERY_CANCELLED'],
    )
    const marked = await act(`deliveries/${arrived.delivery.id}/mark-delivered`, {
      reason,
      reference: 'HR-1',
    })
    assert.deepEqual([marked.status, marked.body.state, marked.body.reference], [200, 'delivered', 'HR-1'])
    for (const path of [`${given.delivery.id}/cancel`, `${arrived.delivery.id}/mark-delivered`]) {
      const again = await act(`deliveries/${path}`, { reason })
      assert.deepEqual([again.status, again.body.code], [409, 'DELIVERY_STATE'])
    }
    const kept = audited(given.delivery.id)
    assert.deepEqual(
      kept.map(({ actor, action }) => [actor, action]),
      [['duty-operator', 'delivery.cancelled']],
    )
    assert.equal(JSON.parse(kept[0]?.details ?? '').reason, '已电话告知138****0001')
    assert.deepEqual(
      audited(arrived.delivery.id).map(({ action }) => action),
      ['delivery.marked-delivered'],
    )
    const without = await act(`deliveries/${given.delivery.id}/cancel`, {})
    assert.deepEqual([without.status, without.body.code], [400, 'REQUEST_PARAMETER'])
    const nobody = await act(`deliveries/${randomUUID()}/cancel`, { reason })
    assert.deepEqual([nobody.status, nobody.body.code], [404, 'DELIVERY_NOT_FOUND'])
  })

  it('is not an auditor, who only looks, nor a system, which does neither', async () => {
    const { delivery } = await aDeadLetter()
    const acts = [
      ['deliveries/replay', { ids: [delivery.id], dryRun: true }],
      [`deliveries/${delivery.id}/cancel`, { reason: '试' }],
      [`deliveries/${delivery.id}/mark-delivered`, { reason: '试' }],
      ['reconciliation/repair', { system: RECEIVER, day: '2026-10-09', messageIds: [], dryRun: true }],
    ] as const
    for (const [path, body] of acts) {
      for (const who of ['auditor', 'city-411300', RECEIVER]) {
        const answer = await act(path, body, who)
        assert.deepEqual([answer.status, answer.body.code], [403, 'OPERATION_NOT_ALLOWED'], `${who} ${path}`)
      }
    }
    for (const path of ['summary', 'deliveries', `deliveries/${delivery.id}`, 'reconciliation', 'nowhere']) {
      const answer = await ask('city-411300', 'GET', `/v1/ops/${path}`)
      assert.deepEqual([answer.status, answer.body.code], [403, 'OPERATION_NOT_ALLOWED'], path)
    }
    for (const path of [
      '/v1/items',
      '/v1/inbox',
      '/v1/cases?externalId=1',
      '/v1/reconciliation?day=2026-10-09',
    ]) {
      const answer = await ask('duty-operator', 'GET', path)
      assert.deepEqual([answer.status, answer.body.code], [403, 'OPERATION_NOT_ALLOWED'], path)
    }
    const unsigned = await hub.ask('auditor', 'GET', '/v1/ops/summary', { tamper: () => ({}) })
    assert.equal(unsigned.status, 401)
    assert.equal((await settled(delivery.caseNo, 'dead')).id, delivery.id)
  })

  it('sees every destination at a glance', async () => {
    await aDeadLetter()
    const { totals, needsAPerson, destinations } = await look('summary')
    const receiver = destinations.find(({ destination }: { destination: string }) => destination === RECEIVER)
    assert.ok(receiver.counts.dead > 0 && totals.dead >= receiver.counts.dead)
    assert.equal(receiver.breaker, 'closed')
    assert.equal(needsAPerson.byCode.DELIVERY_CONTRACT, needsAPerson.byOwner.integrator)
    const collecting = destinations.find(
      ({ destination }: { destination: string }) => destination === 'city-411100',
    )
    assert.deepEqual([collecting.collects, collecting.breaker], [true, undefined])
  })

  it('compares a day with a partner’s list and repairs what it lacks in one act', async () => {
    const lost = await submit()
    const kept = await submit()
    await settled(lost.caseNo, 'delivered')
    await settled(kept.caseNo, 'delivered')
    const day = beijingTime(Date.now()).slice(0, 10)
    const own = (await hub.ask(RECEIVER, 'GET', `/v1/reconciliation?day=${day}`)).body
    const ids: string[] = own.messages.due.map(({ id }: { id: string }) => id)
    const digest = createHash('sm3')
      .update(
        ids
          .toSorted()
          .map((id) => `${id}\n`)
          .join(''),
      )
      .digest('hex')
    assert.equal(own.due.digest, `sm3:${digest}`)
    const report = await look(`reconciliation?system=${RECEIVER}&day=${day}`)
    assert.deepEqual(report.due, own.due)
    assert.equal(report.due.count, ids.length)
    const sent = await look(`reconciliation?system=city-411300&day=${day}`)
    assert.ok(sent.accepted.byType['case.submitted'] >= 2)

    const messageIds = [
      ...ids.filter((id) => id !== lost.messageId).map((id) => ({ id })),
      { id: 'of-another-hub' },
    ]
    const list = { system: RECEIVER, day, messageIds }
    const compared = (await act('reconciliation/compare', list, 'auditor')).body
    assert.deepEqual(
      compared.missingAtPartner.map(({ id }: { id: string }) => id),
      [lost.messageId],
    )
    assert.deepEqual(compared.unknownToHub, [{ id: 'of-another-hub' }])

    const plan = (await act('reconciliation/repair', { ...list, dryRun: true })).body
    assert.deepEqual([plan.count, plan.destinations[0].states], [1, { delivered: 1 }])
    partners.arrivals.splice(0)
    const shorter = { ...list, messageIds: messageIds.slice(1) }
    const other = await act('reconciliation/repair', { ...shorter, confirm: plan.confirm, reason: '对账' })
    assert.equal(other.body.code, 'OPERATION_UNCONFIRMED')
    const { body } = await act('reconciliation/repair', { ...list, confirm: plan.confirm, reason: '对账' })
    assert.deepEqual(body, { replayed: 1, confirmed: 1 })
    await partners.until(({ length }) => length > 0)
    assert.deepEqual(
      partners.arrivals.map(({ messageId }) => messageId),
      [lost.messageId],
    )
  })

  it('is told which parameter is wrong', async () => {
    for (const path of [
      'deliveries?state=lost',
      'deliveries?limit=0',
      'reconciliation?day=2026-02-30&system=health',
      'reconciliation?day=2026-10-09',
      'reconciliation?day=2026-10-09&system=nobody',
    ]) {
      const answer = await ask('auditor', 'GET', `/v1/ops/${path}`)
      assert.deepEqual([answer.status, answer.body.code], [400, 'REQUEST_PARAMETER'], path)
    }
    assert.equal((await ask('auditor', 'GET', '/v1/ops/nowhere')).status, 404)
    assert.equal((await ask('auditor', 'DELETE', '/v1/ops/deliveries/x')).status, 405)
  })
})
