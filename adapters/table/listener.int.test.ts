/** What front databases are known for, inbound: versions, deletions, rows that change under the reader, sessions that die. */
import assert from 'node:assert/strict'
import type { Clock } from '../../hub/contract/clock.ts'
import type { Inbound, InboundOutcome, Listener, ListenServices } from '../../hub/contract/listener.ts'
import { listenServices, notYet, refused, taken } from '../listener-conformance.ts'
import { aCounterpart, type Counterpart, needsDatabase } from './counterpart.ts'
import { DatabaseProxy } from './database-proxy.ts'
import type { TableListenConfig } from './listener.ts'
import type { SourceConfig } from './source.ts'
import { table } from './table.ts'

interface Document {
  readonly table: string
  readonly row: Readonly<Record<string, string | null>>
  readonly details?: Readonly<Record<string, readonly Record<string, string | null>[]>>
}

type Decide = (document: Document, inbound: Inbound) => Promise<InboundOutcome> | InboundOutcome

const STEP: SourceConfig = {
  table: 'EA_JC_STEP_PROC',
  key: ['ORGBUSNO'],
  version: 'DATAVER',
  when: [{ column: 'SIGNSTATE', in: ['0', null] }],
  orderBy: ['SN', 'DATAVER'],
  taken: [
    { column: 'SIGNSTATE', value: '1' },
    { column: 'RESPONSETIME', from: 'now' },
  ],
  refused: [
    { column: 'SIGNSTATE', value: '2' },
    { column: 'ISOK', value: '2' },
    { column: 'EXT1', from: 'words' },
  ],
}

const ERRORS: SourceConfig = {
  table: 'DN_AUDIT_ABNORMAL',
  key: ['row_guid'],
  when: [{ column: 'is_sync', in: ['0'] }],
  taken: [{ column: 'is_sync', value: '1' }],
  refused: [{ column: 'is_sync', value: '9' }],
}

for (const engine of ['postgresql', 'mariadb'] as const) {
  describe(`rows read from ${engine}`, function () {
    this.timeout(30_000)
    let counterpart: Counterpart
    let proxy: DatabaseProxy
    const listeners: Listener[] = []
    const received: { readonly document: Document; readonly inbound: Inbound }[] = []
    let decide: Decide = (_, inbound) => taken(inbound)
    let lateMs = 0

    before(async function () {
      await needsDatabase(engine).call(this)
      counterpart = await aCounterpart(engine)
    })
    after(() => counterpart?.drop())

    beforeEach(async () => {
      await createTables()
      proxy = await new DatabaseProxy(counterpart).open()
      received.length = 0
      decide = (_, inbound) => taken(inbound)
      lateMs = 0
    })

    afterEach(async () => {
      await Promise.all(listeners.splice(0).map((listener) => listener.close()))
      await proxy.shut()
      for (const name of ['EA_JC_STEP_PROC', 'DN_AUDIT_ABNORMAL', 'UP_PRO_MATERIAL'])
        await counterpart.exec(`drop table if exists ${q(name)}`)
    })

    const q = (name: string): string => counterpart.quote(name)

    async function createTables(): Promise<void> {
      const isPostgres = engine === 'postgresql'
      const time = isPostgres ? 'timestamp' : 'datetime'
      await counterpart.exec(
        `create table ${q('EA_JC_STEP_PROC')} (${q('ORGBUSNO')} varchar(100), ${q('SN')} int, ${q('DATAVER')} int default 1,
           ${q('NODEADV')} varchar(200), ${q('CD_OPERATION')} char(1) default 'I', ${q('SIGNSTATE')} char(1) default '0',
           ${q('RESPONSETIME')} ${time}, ${q('ISOK')} char(1), ${q('EXT1')} varchar(20),
           primary key (${q('ORGBUSNO')}, ${q('SN')}, ${q('DATAVER')}))`,
      )
      await counterpart.exec(
        `create table ${q('DN_AUDIT_ABNORMAL')} (${q('row_guid')} varchar(50) primary key, ${q('err_type')} varchar(2),
           ${q('remark')} varchar(500), ${q('table_name')} varchar(50), ${q('table_row_guid')} varchar(50),
           ${q('is_sync')} char(1) default '0')`,
      )
      await counterpart.exec(
        `create table ${q('UP_PRO_MATERIAL')} (${q('row_guid')} varchar(50) primary key, ${q('busno')} varchar(100), ${q('material_name')} varchar(50))`,
      )
      await counterpart.grant('select, update', 'EA_JC_STEP_PROC')
      await counterpart.grant('select, insert, update', 'DN_AUDIT_ABNORMAL')
      await counterpart.grant('select', 'UP_PRO_MATERIAL')
    }

    async function listen(
      sources: readonly SourceConfig[],
      change: Partial<TableListenConfig> = {},
    ): Promise<Listener> {
      const receive: ListenServices['receive'] = async (inbound) => {
        const document = JSON.parse(Buffer.from(inbound.body).toString()) as Document
        received.push({ document, inbound })
        return decide(document, inbound)
      }
      const services = listenServices(receive, { mount: () => () => {} }, { DB: counterpart.url(proxy.port) })
      const clock: Clock = { ...services.clock, now: () => Date.parse('2026-09-30T10:12:05+08:00') + lateMs }
      const config: TableListenConfig = { database: { secret: 'DB' }, pollEveryMs: 50, sources, ...change }
      const listener = await table.listen(config, { ...services, clock })
      listeners.push(listener)
      return listener
    }

    function insert(name: string, row: Readonly<Record<string, string | null>>): Promise<unknown> {
      const columns = Object.keys(row)
      const values = columns.map((_, index) => (engine === 'postgresql' ? `$${index + 1}` : '?'))
      return counterpart.exec(
        `insert into ${q(name)} (${columns.map(q).join(', ')}) values (${values.join(', ')})`,
        Object.values(row),
      )
    }

    const step = (row: Readonly<Record<string, string | null>>): Promise<unknown> =>
      insert('EA_JC_STEP_PROC', { ORGBUSNO: 'A', SN: '1', ...row })

    function rows(name: string, ...columns: string[]): Promise<(string | null)[][]> {
      const list = columns.map(q).join(', ')
      return counterpart.exec(`select ${list} from ${q(name)} order by ${list}`)
    }

    /** Resolves once no row waits. */
    async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
      while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
    }

    const nothingWaits = async (): Promise<boolean> =>
      (
        await counterpart.exec(
          `select 1 from ${q('EA_JC_STEP_PROC')} where ${q('SIGNSTATE')} = '0' or ${q('SIGNSTATE')} is null`,
        )
      ).length === 0

    it('hold every value as text, as the database shows it', async () => {
      const isPostgres = engine === 'postgresql'
      await counterpart.exec(`drop table ${q('UP_PRO_MATERIAL')}`)
      await counterpart.exec(
        isPostgres
          ? `create table "UP_PRO_MATERIAL" ("ID" bigint primary key, "AMOUNT" numeric(12, 2), "RATIO" double precision, "AT" timestamp,
               "ZONED" timestamptz, "DAY" date, "IS_NEED" boolean, "BITS" bit(3), "XML_DATA" text, "ATTACH" bytea, "EMPTY" varchar(5),
               "BLANK" varchar(5), "CODE" char(3), "REC_FLAG" char(1))`
          : `create table UP_PRO_MATERIAL (ID bigint primary key, AMOUNT decimal(12, 2), RATIO double, AT datetime, ZONED timestamp,
               DAY date, IS_NEED tinyint(1), BITS bit(3), XML_DATA longtext character set gbk, ATTACH longblob, EMPTY varchar(5),
               BLANK varchar(5), CODE char(3), REC_FLAG char(1))`,
      )
      await counterpart.grant('select, update', 'UP_PRO_MATERIAL')
      await counterpart.exec(isPostgres ? `set timezone to 'UTC'` : `set time_zone = '+00:00'`)
      await counterpart.exec(
        `insert into ${q('UP_PRO_MATERIAL')} values (410101190001010015, 12.50, 0.1, '2026-10-09 16:40:11', '2026-10-09 08:40:11',
           '2026-10-22', ${isPostgres ? 'true' : '1'}, b'101', '<form a="1">&lt;测试&gt;</form>', ${isPostgres ? `'\\x0001ff'` : `x'0001ff'`},
           null, '', 'p41', null)`,
      )
      await listen([
        {
          table: 'UP_PRO_MATERIAL',
          key: ['ID'],
          when: [{ column: 'REC_FLAG', in: [null] }],
          taken: [{ column: 'REC_FLAG', value: '1' }],
          refused: [{ column: 'REC_FLAG', value: '2' }],
        },
      ])
      await until(async () => (await rows('UP_PRO_MATERIAL', 'REC_FLAG'))[0]?.[0] === '1')
      assert.deepEqual(received[0]?.document, {
        table: 'UP_PRO_MATERIAL',
        row: {
          ID: '410101190001010015',
          AMOUNT: '12.50',
          RATIO: '0.1',
          AT: '2026-10-09 16:40:11',
          ZONED: '2026-10-09 16:40:11',
          DAY: '2026-10-22',
          IS_NEED: isPostgres ? 'true' : '1',
          BITS: isPostgres ? '101' : '5',
          XML_DATA: '<form a="1">&lt;测试&gt;</form>',
          ATTACH: 'AAH/',
          EMPTY: null,
          BLANK: '',
          CODE: 'p41',
        },
      })
      assert.equal(received[0]?.inbound.contentType, 'application/json; charset=utf-8')
    })

    if (engine === 'mariadb') {
      it('hold a date of zeros as it stands, and can be known by it', async () => {
        await counterpart.exec(`set sql_mode = ''`)
        await counterpart.exec(`alter table EA_JC_STEP_PROC add MAKETIME datetime not null`)
        await step({ MAKETIME: '0000-00-00 00:00:00' })
        await counterpart.exec(`set sql_mode = default`)
        await listen([{ ...STEP, version: 'MAKETIME' }])
        await until(nothingWaits)
        assert.equal(received[0]?.document.row.MAKETIME, '0000-00-00 00:00:00')
        assert.equal(received.length, 1)
      })
    }

    it('are documents of their own for each version, and for a deletion', async () => {
      await step({ NODEADV: '缺少继续教育证明' })
      await step({ NODEADV: '材料已补齐', DATAVER: '2' })
      await step({ DATAVER: '3', CD_OPERATION: 'D' })
      await listen([STEP])
      await until(nothingWaits)
      assert.deepEqual(
        received.map(({ document: { row }, inbound }) => [
          row.DATAVER,
          row.NODEADV,
          row.CD_OPERATION,
          inbound.idempotencyKey,
        ]),
        [
          ['1', '缺少继续教育证明', 'I', 'EA_JC_STEP_PROC:A:1'],
          ['2', '材料已补齐', 'I', 'EA_JC_STEP_PROC:A:2'],
          ['3', null, 'D', 'EA_JC_STEP_PROC:A:3'],
        ],
      )
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'DATAVER', 'SIGNSTATE', 'RESPONSETIME'), [
        ['1', '1', '2026-09-30 10:12:05'],
        ['2', '1', '2026-09-30 10:12:05'],
        ['3', '1', '2026-09-30 10:12:05'],
      ])
    })

    it('are not marked where they changed while the hub was at it, and come again as they are', async () => {
      await step({ NODEADV: '初稿' })
      decide = async ({ row }, inbound) => {
        if (row.NODEADV === '初稿') {
          await counterpart.exec(
            `update ${q('EA_JC_STEP_PROC')} set ${q('NODEADV')} = '定稿', ${q('DATAVER')} = 2`,
          )
        }
        return taken(inbound)
      }
      await listen([STEP])
      await until(nothingWaits)
      assert.deepEqual(
        received.map(({ inbound, document }) => [inbound.idempotencyKey, document.row.NODEADV]),
        [
          ['EA_JC_STEP_PROC:A:1', '初稿'],
          ['EA_JC_STEP_PROC:A:2', '定稿'],
        ],
      )
    })

    it('are not marked either where the version stayed and only a letter’s case or a blank changed', async () => {
      await step({ NODEADV: 'abc' })
      const changes = ['ABC', 'ABC ']
      decide = async (_, inbound) => {
        const change = changes.shift()
        if (change !== undefined) {
          await counterpart.exec(`update ${q('EA_JC_STEP_PROC')} set ${q('NODEADV')} = '${change}'`)
        }
        return taken(inbound)
      }
      await listen([STEP])
      await until(nothingWaits)
      assert.deepEqual(
        received.map(({ document }) => document.row.NODEADV),
        ['abc', 'ABC', 'ABC '],
      )
    })

    it('are not marked where one character within a long text changed', async () => {
      const long = engine === 'mariadb' ? 'longtext' : 'text'
      await counterpart.exec(`alter table ${q('EA_JC_STEP_PROC')} add ${q('XML_DATA')} ${long}`)
      const texts = ['办'.repeat(300_000), `${'办'.repeat(299_999)}件`]
      await step({ XML_DATA: texts[0] as string })
      decide = async (_, inbound) => {
        if (received.length === 1) {
          const changed = `concat(left(${q('XML_DATA')}, 299999), '件')`
          await counterpart.exec(`update ${q('EA_JC_STEP_PROC')} set ${q('XML_DATA')} = ${changed}`)
        }
        return taken(inbound)
      }
      await listen([STEP])
      await until(nothingWaits)
      assert.deepEqual(
        received.map(({ document }) => document.row.XML_DATA === texts[0]),
        [true, false],
      )
      assert.equal(received[1]?.document.row.XML_DATA, texts[1])
    })

    it('are known by their content where the table has no version', async () => {
      await step({ NODEADV: '初稿' })
      const { version, ...unversioned } = STEP
      await listen([{ ...unversioned, orderBy: ['SN'] }])
      await until(nothingWaits)
      for (const advice of ['初稿', '定稿']) {
        await counterpart.exec(
          `update ${q('EA_JC_STEP_PROC')} set ${q('SIGNSTATE')} = '0', ${q('NODEADV')} = '${advice}'`,
        )
        await until(nothingWaits)
      }
      const [first, again, changed] = received.map(({ inbound }) => inbound.idempotencyKey)
      assert.equal(version, 'DATAVER')
      assert.equal(again, first)
      assert.notEqual(changed, first)
    })

    it('have keys of at most 200 visible ASCII characters', async () => {
      await step({ ORGBUSNO: '测试' })
      await step({ ORGBUSNO: '办'.repeat(100) })
      await listen([STEP])
      await until(nothingWaits)
      const keys = received.map(({ inbound }) => inbound.idempotencyKey)
      assert.equal(new Set(keys).size, 2)
      for (const key of keys) assert.match(key ?? '', /^[\x21-\x7e]{1,200}$/)
    })

    it('that are refused get the words, as long as the column, and a row in the error table', async () => {
      await step({ ORGBUSNO: 'A-7' })
      decide = () => refused('SQRMC：缺少必填项；SQRZJHM：校验位不正确，请核对')
      await listen([
        {
          ...STEP,
          errors: {
            table: 'DN_AUDIT_ABNORMAL',
            columns: [
              { column: 'row_guid', from: 'id' },
              { column: 'err_type', value: '2' },
              { column: 'remark', from: 'words' },
              { column: 'table_name', from: 'table' },
              { column: 'table_row_guid', copy: 'ORGBUSNO' },
            ],
          },
        },
      ])
      await until(nothingWaits)
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SIGNSTATE', 'ISOK', 'EXT1'), [
        ['2', '2', 'SQRMC：缺少必填项；SQRZJ...'],
      ])
      assert.deepEqual(
        await rows('DN_AUDIT_ABNORMAL', 'err_type', 'remark', 'table_name', 'table_row_guid'),
        [['2', 'SQRMC：缺少必填项；SQRZJHM：校验位不正确，请核对', 'EA_JC_STEP_PROC', 'A-7']],
      )
    })

    it('that are refused get the code alone where the column cannot hold the words', async () => {
      const name = q('EA_JC_STEP_PROC')
      await counterpart.exec(
        engine === 'mariadb'
          ? `alter table ${name} modify EXT1 varchar(20) character set latin1`
          : `alter table ${name} add check (octet_length("EXT1") = length("EXT1"))`,
      )
      await step({})
      decide = () => refused('缺少必填项')
      await listen([STEP])
      await until(nothingWaits)
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SIGNSTATE', 'EXT1'), [['2', 'MESSAGE_NOT_VALID']])
    })

    it('that cannot be marked do not block the others', async () => {
      const name = q('EA_JC_STEP_PROC')
      await counterpart.exec(
        engine === 'mariadb'
          ? `create trigger keeping before update on ${name} for each row
               begin if old.SN < 15 then signal sqlstate '45000' set message_text = '不许改'; end if; end`
          : `create or replace function keeping() returns trigger language plpgsql as
               $$ begin if old."SN" < 15 then raise exception '不许改'; end if; return new; end $$;
             create trigger keeping before update on ${name} for each row execute function keeping()`,
      )
      for (let sn = 0; sn < 40; sn++) await step({ ORGBUSNO: `A-${sn}`, SN: String(sn) })
      await listen([{ ...STEP, batch: 10 }])
      const waiting = () =>
        counterpart
          .exec(`select count(*) from ${name} where ${q('SIGNSTATE')} = '0'`)
          .then(([row]) => row?.[0])
      await until(async () => (await waiting()) === '15')
    })

    it('that somebody has locked are passed over until he is done', async () => {
      await step({ ORGBUSNO: 'LOCKED' })
      await step({ ORGBUSNO: 'FREE', SN: '2' })
      const hold = await counterpart.hold(
        `update ${q('EA_JC_STEP_PROC')} set ${q('NODEADV')} = 'x' where ${q('ORGBUSNO')} = 'LOCKED'`,
      )
      await listen([STEP])
      await until(() => received.length > 0)
      await until(async () => (await rows('EA_JC_STEP_PROC', 'SIGNSTATE')).some(([state]) => state === '1'))
      assert.deepEqual(
        received.map(({ document }) => document.row.ORGBUSNO),
        ['FREE'],
      )
      await hold.end()
      await until(nothingWaits)
      assert.deepEqual(
        received.map(({ document }) => document.row.ORGBUSNO),
        ['FREE', 'LOCKED'],
      )
    })

    it('that come too early wait while the others go on, and are refused when patience ends', async () => {
      await step({ ORGBUSNO: 'EARLY' })
      await step({ ORGBUSNO: 'GOOD', SN: '2' })
      decide = ({ row }, inbound) => (row.ORGBUSNO === 'EARLY' ? notYet('order') : taken(inbound))
      await listen([STEP], { orderPatienceMs: 3_600_000 })
      await until(async () => (await rows('EA_JC_STEP_PROC', 'SIGNSTATE')).some(([state]) => state === '1'))
      const early = () => received.filter(({ document }) => document.row.ORGBUSNO === 'EARLY').length
      lateMs += 60
      await until(() => early() >= 2)
      lateMs += 3_600_000
      await until(nothingWaits)
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'ORGBUSNO', 'SIGNSTATE', 'EXT1'), [
        ['EARLY', '2', '稍后再试'],
        ['GOOD', '1', null],
      ])
    })

    it('come with their details', async () => {
      await step({ ORGBUSNO: 'A-1' })
      await step({ ORGBUSNO: 'A-2', SN: '2' })
      for (const [row_guid, busno, material_name] of [
        ['2', 'A-1', '学历证明'],
        ['1', 'A-1', '审查表'],
        ['3', 'B', '别人的'],
      ] as const)
        await insert('UP_PRO_MATERIAL', { row_guid, busno, material_name })
      const by = { busno: 'ORGBUSNO' }
      const detail = {
        table: 'UP_PRO_MATERIAL',
        by,
        as: 'materials',
        columns: ['material_name'],
        orderBy: ['row_guid'],
      }
      await listen([{ ...STEP, details: [detail] }])
      await until(nothingWaits)
      assert.deepEqual(
        received.map(({ document }) => document.details),
        [{ materials: [{ material_name: '审查表' }, { material_name: '学历证明' }] }, { materials: [] }],
      )
    })

    it('of the error-return table come by the same listener', async () => {
      await step({})
      await insert('DN_AUDIT_ABNORMAL', {
        row_guid: 'G-1',
        err_type: '1',
        remark: 'project_no 不存在',
        table_row_guid: 'R-9',
      })
      await listen([STEP, ERRORS])
      await until(nothingWaits)
      await until(async () => (await rows('DN_AUDIT_ABNORMAL', 'is_sync'))[0]?.[0] === '1')
      const returned = received.find(({ document }) => document.table === 'DN_AUDIT_ABNORMAL')
      assert.equal(returned?.document.row.remark, 'project_no 不存在')
    })

    it('are read although another table of the listener is not there, which its status tells', async () => {
      await step({})
      const listener = await listen([{ ...ERRORS, table: 'dn_audit_abnormal' }, STEP])
      await until(nothingWaits)
      await until(() => listener.status().words !== undefined)
      assert.notEqual(listener.status().state, 'open')
      assert.match(listener.status().words ?? '', /It has DN_AUDIT_ABNORMAL: write the name in the same case/)
    })

    it('are found once the missing column is there', async () => {
      const listener = await listen([{ ...STEP, orderBy: ['EXT4'] }])
      await until(() => /has no column EXT4/.test(listener.status().words ?? ''))
      await counterpart.exec(`alter table ${q('EA_JC_STEP_PROC')} add ${q('EXT4')} int default 0`)
      await step({})
      await until(nothingWaits)
      await until(() => listener.status().state === 'open')
    })

    it('whose key is not theirs alone are not handed over, and do not block the others', async () => {
      await step({ ORGBUSNO: 'TWICE', SN: '1' })
      await step({ ORGBUSNO: 'TWICE', SN: '2' })
      await step({ ORGBUSNO: 'ONCE', SN: '3' })
      await listen([STEP])
      await until(async () => (await rows('EA_JC_STEP_PROC', 'SIGNSTATE')).some(([state]) => state === '1'))
      assert.deepEqual(
        received.map(({ document }) => document.row.ORGBUSNO),
        ['ONCE'],
      )
    })

    it('are all taken by two nodes at once, each under one key', async () => {
      const ids = Array.from({ length: 60 }, (_, index) => String(index + 10))
      for (const sn of ids) await step({ ORGBUSNO: `A-${sn}`, SN: sn })
      await Promise.all([listen([{ ...STEP, batch: 7 }]), listen([{ ...STEP, batch: 9 }])])
      await until(nothingWaits)
      const keys = new Set(received.map(({ inbound }) => inbound.idempotencyKey))
      assert.equal(keys.size, ids.length)
      assert.deepEqual(new Set((await rows('EA_JC_STEP_PROC', 'SIGNSTATE')).flat()), new Set(['1']))
    })

    it('are lost by no session that dies, whatever it was at', async () => {
      const ids = Array.from({ length: 60 }, (_, index) => String(index + 10))
      for (const sn of ids) await step({ ORGBUSNO: `A-${sn}`, SN: sn })
      const listener = await listen([{ ...STEP, batch: 5 }])
      let killed = 0
      while (killed < 6) {
        const seen = received.length
        killed += await counterpart.kill()
        await until(async () => received.length > seen || (await nothingWaits()))
        if (await nothingWaits()) break
      }
      await until(nothingWaits)
      await until(() => listener.status().state === 'open')
      assert.ok(killed > 0)
      assert.equal(new Set(received.map(({ inbound }) => inbound.idempotencyKey)).size, ids.length)
    })
  })
}
