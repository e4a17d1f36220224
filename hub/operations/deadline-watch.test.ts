import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadValidator } from '../canonical/validator.ts'
import { loadTopology } from '../config/load-topology.ts'
import type { System } from '../config/topology.ts'
import type { Message } from '../contract/message.ts'
import type { Store } from '../contract/store.ts'
import { makeIntake } from '../intake/intake.ts'
import { loadFormatPackages } from '../mapping/load-packages.ts'
import { openMemoryStore } from '../store/memory/memory-store.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { accepted, following, submission } from '../testing/gateway-documents.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { settle, VirtualClock } from '../testing/virtual-clock.ts'
import { makeDeadlineWatch } from './deadline-watch.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const shared = {
  topology: loadTopology(join(root, 'topology'), {}),
  formats: loadFormatPackages(join(root, 'mappings')).packages,
  validator: loadValidator(),
}
const CITY = 'city-411300'
const DECIDER = 'county-410526'
const MINUTE = 60_000
const CORRECTION = {
  noticeDate: '2026-10-09 14:00:00',
  items: [{ materialName: '身份证', requirement: '复印件不清晰' }],
  ways: [{ wayType: '1', address: 'https://hall.test/supplement' }],
  orgName: '测试市住房和城乡建设局',
  handleUserName: '李测试',
}
const supplement = (requestNo: string, caseNo: string) =>
  following('CASE_SUPPLEMENT', requestNo, caseNo, {
    supplementDate: '2026-10-10 09:30:00',
    materials: [
      {
        materialName: '身份证',
        getType: '3',
        getNum: '1',
        files: [{ fileId: 'F1', name: '身份证.ofd', size: 9 }],
      },
    ],
  })
const at = (text: string): number => Date.parse(`${text}+08:00`)

for (const [name, open] of [
  ['memory', async () => openMemoryStore()],
  ['SQLite', () => openSqliteStore({ file: ':memory:' })],
] as const)
  describe(`the watch of deadlines, ${name} store`, function () {
    this.timeout(20_000)
    let seeds = 1000
    let store: Store
    let clock: VirtualClock
    let announced: string[]
    let errors: object[]

    beforeEach(async () => {
      store = await open()
      // Wednesday; the holidays begin on Thursday, and Saturday 10 October is worked.
      clock = new VirtualClock(at('2026-09-30T10:30:00'))
      announced = []
      errors = []
    })
    afterEach(() => store.close())

    const watchOf = (seed = ++seeds, leadDays = 0.5, of: Store = store) =>
      makeDeadlineWatch({
        ...shared,
        store: of,
        clock,
        randomBytes: seededRandom(seed),
        announce: (destinations) => announced.push(...destinations),
        log: { info() {}, error: (fields) => errors.push(fields) },
        leadDays,
      })
    const send = async (system: string, document: object) => {
      const intake = makeIntake({
        ...shared,
        store,
        clock,
        randomBytes: seededRandom(++seeds),
        announce() {},
      })
      const { answer } = await intake.accept({
        sender: shared.topology.systems.get(system) as System,
        bytes: Buffer.from(JSON.stringify(document)),
        contentType: 'application/json',
        idempotencyKey: undefined,
        traceparent: undefined,
      } as Parameters<typeof intake.accept>[0])
      return answer
    }
    let numbers = 0
    const submit = async (body: Record<string, unknown> = {}) =>
      (await send(CITY, submission({ requestNo: `W-${++numbers}`, jurisdiction: '410526', body }))).caseNo
    const tell = (apiCode: string, caseNo: string, body: Record<string, unknown>) =>
      send(DECIDER, following(apiCode, `W-${++numbers}`, caseNo, body))
    const goTo = (text: string) => clock.advance(at(text) - clock.now())
    /** What the hub said by itself, oldest first. */
    const said = async (caseNo: string): Promise<Message[]> =>
      (await store.caseTimeline({ caseNo }))
        .map(({ message }) => message)
        .filter(({ source }) => source === '/hub')
    const summary = async (caseNo: string) =>
      (await said(caseNo)).map(({ type, data }) =>
        `${type} ${(data as { clock?: string }).clock ?? ''}`.trim(),
      )
    const clocks = async (caseNo: string) =>
      (await store.deadlineList({ caseNo })).map(
        ({ clock: one, dueDate, state, warned }) => `${one} ${dueDate} ${state}${warned ? ' warned' : ''}`,
      )

    it('warns at noon of the last day and says at midnight that it is past, each once', async () => {
      const caseNo = await submit()
      assert.deepEqual(await clocks(caseNo), [
        'T1 2026-10-08 running',
        'T2 2026-10-09 running',
        'T3b 2026-10-13 running',
      ])
      const watch = watchOf()
      await goTo('2026-10-08T11:59:00')
      assert.equal(await watch.look(), 0)
      await goTo('2026-10-08T12:00:00')
      assert.equal(await watch.look(), 1)
      assert.equal(await watch.look(), 0)
      await goTo('2026-10-08T23:59:59')
      assert.equal(await watch.look(), 0)
      await goTo('2026-10-09T00:00:01')
      assert.equal(await watch.look(), 1)
      assert.equal(await watch.look(), 0)

      const [warned, overdue] = await said(caseNo)
      assert.deepEqual(warned?.data, {
        clock: 'T1',
        owner: CITY,
        startedAt: (await store.deadlineList({ caseNo }))[0]?.startedAt,
        dueDate: '2026-10-08',
        limitDays: 1,
        remainingDays: 0,
      })
      assert.deepEqual([overdue?.type, overdue?.time], ['deadline.overdue', '2026-10-09T00:00:00+08:00'])
      assert.equal((overdue?.data as { overdueDays?: number } | undefined)?.overdueDays, 1)
      assert.equal((await clocks(caseNo))[0], 'T1 2026-10-08 overdue warned')
      assert.equal((await store.caseGet({ caseNo }))?.state, 'submitted')
      assert.deepEqual(errors, [])
    })

    it('looks by itself every minute until it is stopped', async () => {
      const caseNo = await submit()
      await goTo('2026-10-08T11:58:30')
      const watch = watchOf()
      watch.start()
      await settle()
      assert.deepEqual(await summary(caseNo), [])
      await clock.advance(2 * MINUTE)
      await settle()
      assert.deepEqual(await summary(caseNo), ['deadline.warned T1'])
      await watch.stop()
      await watch.stop()
      await goTo('2026-10-12T12:00:00')
      assert.equal((await said(caseNo)).length, 1)
    })

    it('says it once however many nodes watch at the same time', async () => {
      const caseNos = [await submit(), await submit(), await submit()]
      await goTo('2026-10-14T00:00:01')
      const looks = await Promise.all([1, 2, 3].map((seed) => watchOf(seed).look()))
      assert.equal(
        looks.reduce((sum, issued) => sum + issued, 0),
        9,
      )
      for (const caseNo of caseNos)
        assert.deepEqual((await summary(caseNo)).sort(), [
          'deadline.overdue T1',
          'deadline.overdue T2',
          'deadline.overdue T3b',
        ])
      const sequences = (await store.caseTimeline({ caseNo: caseNos[0] as string })).map(
        ({ message }) => message.sequence,
      )
      assert.deepEqual(sequences, [1, 2, 3, 4])
    })

    it('warns anew when the clock was started anew by corrected materials', async () => {
      const caseNo = await submit()
      await goTo('2026-10-09T12:00:00')
      await watchOf().look()
      await tell('DEPT_CORRECT', caseNo, CORRECTION)
      assert.equal(await watchOf().look(), 0)
      await goTo('2026-10-10T10:00:00')
      await send(CITY, supplement(`W-${++numbers}`, caseNo))
      await goTo('2026-10-13T12:00:00')
      await watchOf().look()
      assert.deepEqual(
        (await summary(caseNo)).filter((one) => one.endsWith('T2')),
        ['deadline.warned T2', 'deadline.warned T2'],
      )
    })

    it('counts the application as accepted from its receipt after five working days (行政许可法 art. 32)', async () => {
      const caseNo = await submit()
      await goTo('2026-10-14T00:00:01')
      await watchOf().look()
      const overrun = (await said(caseNo)).find(({ data }) => (data as { clock?: string }).clock === 'T3b')
      assert.equal((overrun?.data as { deemedAccepted?: boolean } | undefined)?.deemedAccepted, true)
      const t4 = (await store.deadlineList({ caseNo })).find((one) => one.clock === 'T4')
      assert.deepEqual(
        [t4?.startedAt, t4?.dueDate, t4?.state],
        ['2026-09-30T10:30:00+08:00', '2026-11-03', 'running'],
      )

      // An acceptance that comes later does not start the clock anew.
      await goTo('2026-10-15T10:00:00')
      const late = {
        acceptDate: '2026-10-15 09:00:00',
        orgName: '测试市住房和城乡建设局',
        handleUserName: '李测试',
      }
      await tell('DEPT_ACCEPT', caseNo, late)
      const after = (await store.deadlineList({ caseNo })).find((one) => one.clock === 'T4')
      assert.deepEqual(after, t4)
    })

    it('takes it back where the acceptance was in time and only its report late', async () => {
      const caseNo = await submit()
      await goTo('2026-10-14T00:00:01')
      await watchOf().look()
      await send(DECIDER, accepted(`W-${++numbers}`, caseNo))
      assert.deepEqual(
        (await clocks(caseNo)).slice(1),
        [
          'N1 2026-10-14 running',
          'T1 2026-10-08 overdue',
          'T2 2026-10-09 met',
          'T3b 2026-10-13 met',
          'T4 2026-11-05 running',
        ].slice(1),
      )
    })

    it('asks for a text message to the applicant once the case is accepted (art. 19)', async () => {
      const caseNo = await submit()
      await goTo('2026-10-09T10:00:00')
      await send(DECIDER, accepted(`W-${++numbers}`, caseNo))
      announced = []
      assert.equal(await watchOf().look(), 2)
      const notice = (await said(caseNo)).find(({ type }) => type === 'notice.requested')
      assert.deepEqual(notice?.data, {
        channel: 'sms',
        template: 'case-accepted',
        recipient: { mobile: '13800000001', name: '测试甲' },
        parameters: {
          applicantName: '测试甲',
          caseNo,
          itemName: '二级建造师注册资格认定',
          orgName: '测试市住房和城乡建设局',
          noticeNo: 'SL-0001',
          occurredAt: '2026-10-09T09:00:00+08:00',
          dueDate: '2026-11-05',
          days: 20,
        },
      })
      const [delivery] = await store.deliveryList({ caseNo, destination: 'sms-gateway', limit: 9 })
      assert.equal(delivery?.type, 'notice.requested')
      assert.ok(announced.includes('sms-gateway'))
      assert.equal((await clocks(caseNo))[0], 'N1 2026-10-09 met')
      assert.equal(await watchOf(8).look(), 0)
    })

    it('asks for none where nobody has a mobile number', async () => {
      const caseNo = await submit({ contactMobile: undefined })
      await goTo('2026-10-09T10:00:00')
      await send(DECIDER, accepted(`W-${++numbers}`, caseNo))
      assert.ok(!(await clocks(caseNo)).some((one) => one.startsWith('N1')))
    })

    it('goes on with the other cases where one cannot be told of', async () => {
      const caseNos = [await submit(), await submit()]
      await goTo('2026-10-08T12:00:00')
      const breaking: Store = Object.assign(Object.create(store) as Store, {
        deadlineFind: (query: Parameters<Store['deadlineFind']>[0]) => store.deadlineFind(query),
        deadlineList: (query: { caseNo: string }) => store.deadlineList(query),
        messageAccept: (request: Parameters<Store['messageAccept']>[0]) => store.messageAccept(request),
        caseGet: async (query: { caseNo: string }) => {
          if (query.caseNo === caseNos.toSorted()[0]) throw new Error('broken')
          return store.caseGet(query)
        },
      })
      assert.equal(await watchOf(3, 0.5, breaking).look(), 1)
      assert.equal(errors.length, 1)
      assert.equal(await watchOf(4).look(), 1)
    })

    it('never warns with a lead of 0', async () => {
      await submit()
      await goTo('2026-10-08T23:00:00')
      assert.equal(await watchOf(3, 0).look(), 0)
    })
  })
