import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accepted, following, submission } from '../testing/gateway-documents.ts'
import { type Asked, openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const root = new URL('../..', import.meta.url).pathname
const CITY = 'city-411300'
const DECIDER = 'county-410526'
const COPY = 'housing-registration'
/** Wrong for the documents of this test only: the cases of the package still pass. */
const WRONG = [
  [
    'CASE_APPLY',
    '"name": $present(body.applyerName)',
    '"name": $contains(body.projectNo, "P-") ? "测试错" : $present(body.applyerName)',
  ],
  [
    'DEPT_ACCEPT',
    '$readTime(body.acceptDate, "yyyy-MM-dd HH:mm:ss")',
    '$readTime(body.acceptDocNo = "SL-0001" ? "2026-10-12 09:00:00" : body.acceptDate, "yyyy-MM-dd HH:mm:ss")',
  ],
  [
    'DEPT_RECEIVE',
    '"remark": $present(body.remark)',
    '"remark": body.remark = "窗口" ? "错" : $present(body.remark)',
  ],
] as const

describe('mapping a message again from the bytes it came in', function () {
  this.timeout(60_000)
  let partners: Partners
  let hub: RunningHub
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-remap-'))
    cpSync(join(root, 'mappings'), join(folder, 'mappings'), { recursive: true })
    partners = await openPartners()
    write(true)
    await start()
  })
  after(async () => {
    await hub?.stop()
    await partners?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const write = (wrong: boolean): void => {
    for (const [name, right, other] of WRONG) {
      const path = `mappings/gateway-json/in/${name}.jsonata`
      const text = readFileSync(join(root, path), 'utf8')
      assert.ok(text.includes(right), name)
      writeFileSync(join(folder, path), wrong ? text.replace(right, other) : text)
    }
  }
  const start = async (): Promise<void> => {
    const environment = { HUB_MAPPINGS_DIR: join(folder, 'mappings') }
    hub = await openHub({ partnersUrl: partners.url, dataDir: join(folder, 'data'), environment })
  }
  const act = (id: string, body: object, who = 'duty-operator'): Promise<Asked> =>
    hub.ask(who, 'POST', `/v1/ops/messages/${id}/remap`, { body })
  const plan = async (id: string): Promise<Asked['body']> => {
    const { status, body } = await act(id, { dryRun: true })
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }
  const correct = async (id: string): Promise<Asked> =>
    act(id, { confirm: (await plan(id)).confirm, reason: '格式包有误，已改' })
  const send = async (system: string, document: object): Promise<Asked['body']> => {
    const { status, body } = await hub.ask(system, 'POST', '/v1/messages', { body: document })
    assert.equal(status, 202, JSON.stringify(body))
    return body
  }
  const deliveries = async (caseNo: string, destination: string): Promise<Asked['body'][]> =>
    (await hub.ask('auditor', 'GET', `/v1/ops/deliveries?caseNo=${caseNo}&destination=${destination}`)).body
      .deliveries
  const arrived = (id: string, system: string) =>
    partners.until((arrivals) => arrivals.some((one) => one.messageId === id && one.system === system))

  it('sends what comes out differently as a correction, moves the clocks, and nothing where it comes out the same', async () => {
    partners.behave(({ system }) =>
      system === COPY ? { status: 400, body: { result: { code: 'REFUSED', message: '停用' } } } : undefined,
    )
    const opened = await hub.ask(CITY, 'POST', '/v1/cases', {
      body: submission({ requestNo: randomUUID(), jurisdiction: '410526' }),
    })
    assert.equal(opened.status, 201, JSON.stringify(opened.body))
    const { caseNo, messageId } = opened.body
    const received = await send(
      DECIDER,
      following('DEPT_RECEIVE', randomUUID(), caseNo, {
        receiveDate: '2026-10-08 10:00:00',
        remark: '正常',
        orgName: '测试市住房和城乡建设局',
        handleUserName: '李测试',
      }),
    )
    const acceptance = await send(DECIDER, accepted(randomUUID(), caseNo))
    await arrived(messageId, DECIDER)
    assert.equal((await plan(messageId)).changed, false)
    const wrong = await plan(acceptance.messageId)
    assert.deepEqual((await act(acceptance.messageId, { confirm: wrong.confirm, reason: '试' })).body, {
      changed: false,
    })

    await hub.stop()
    write(false)
    await start()

    // The dead letter of the copy is given up, and what stood behind it is queued anew behind the correction.
    const shown = await plan(messageId)
    assert.deepEqual(shown.differences, [{ path: 'data.applicant.name', was: '测*', becomes: '测*' }])
    assert.deepEqual(
      shown.destinations.map(({ destination, how, requeued }: Asked['body']) => [destination, how, requeued]),
      [
        [DECIDER, 'after', 0],
        [COPY, 'instead', 2],
      ],
    )
    partners.behave(() => undefined)
    const done = await correct(messageId)
    assert.deepEqual([done.status, done.body.changed], [200, true], JSON.stringify(done.body))
    const { correction } = done.body
    await arrived(correction, DECIDER)
    await arrived(acceptance.messageId, COPY)
    assert.deepEqual(
      (await deliveries(caseNo, COPY)).map(({ messageId: id, state, reason }) => [id, state, reason?.code]),
      [
        [messageId, 'cancelled', 'DELIVERY_CORRECTED'],
        [received.messageId, 'cancelled', 'DELIVERY_CORRECTED'],
        [acceptance.messageId, 'cancelled', 'DELIVERY_CORRECTED'],
        [correction, 'delivered', undefined],
        [received.messageId, 'delivered', undefined],
        [acceptance.messageId, 'delivered', undefined],
      ],
    )
    const sent = partners.arrivals.find(
      ({ messageId: id, system }) => id === correction && system === DECIDER,
    )
    assert.match(JSON.stringify(sent?.document), /测试甲/)

    // The clock of the decision runs from the day that was meant.
    const before = (await hub.ask(CITY, 'GET', `/v1/cases/${caseNo}`)).body
    const clocks = await plan(acceptance.messageId)
    assert.deepEqual(
      clocks.differences.map(({ path }: Asked['body']) => path),
      ['data.acceptedAt', 'time'],
    )
    const decision = clocks.clocks.find(({ clock }: Asked['body']) => clock === 'T4')
    assert.deepEqual([decision.was.dueDate, decision.becomes.dueDate], ['2026-11-09', '2026-11-05'])
    assert.equal((await correct(acceptance.messageId)).status, 200)
    const after = (await hub.ask(CITY, 'GET', `/v1/cases/${caseNo}`)).body
    const due = ({ deadlines }: Asked['body']) =>
      deadlines.find(({ clock }: Asked['body']) => clock === 'T4').dueDate
    assert.deepEqual([due(before), due(after)], ['2026-11-09', '2026-11-05'])
    assert.equal(after.state, 'accepted')

    // Once only: the correction is what may be corrected then.
    const again = await act(messageId, { dryRun: true })
    assert.deepEqual([again.status, again.body.code], [409, 'REMAP_REFUSED'])
    assert.equal((await plan(correction)).changed, false)

    // A case that is over takes no correction but of what ended it.
    await send(
      CITY,
      following('CASE_WITHDRAW', randomUUID(), caseNo, {
        withdrawDate: '2026-10-20 09:00:00',
        reason: '另行申请',
      }),
    )
    const over = await act(received.messageId, { dryRun: true })
    assert.deepEqual([over.status, over.body.code], [409, 'CASE_STATE'])
  })

  it('refuses what is no message of a partner, an unknown version, and who may only look', async () => {
    const opened = await hub.ask(CITY, 'POST', '/v1/cases', {
      body: submission({ requestNo: randomUUID(), jurisdiction: '410526' }),
    })
    const { messageId } = opened.body
    for (const [id, body, status, code] of [
      [randomUUID(), { dryRun: true }, 404, 'MESSAGE_NOT_FOUND'],
      [messageId, { dryRun: true, version: '0.0.1' }, 400, 'REQUEST_PARAMETER'],
      [messageId, { confirm: 'x', reason: '试' }, 409, 'OPERATION_UNCONFIRMED'],
      [messageId, {}, 400, 'REQUEST_PARAMETER'],
    ] as const) {
      const answer = await act(id, body)
      assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(answer.body))
    }
    assert.equal((await act(messageId, { dryRun: true }, 'auditor')).status, 403)
  })
})
