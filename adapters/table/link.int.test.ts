/** What front databases are known for, outbound: versions, deletions, narrow columns and character sets, sessions that die. */
import assert from 'node:assert/strict'
import type { Link, Outbound, Receipt } from '../../hub/contract/adapter.ts'
import { LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../../hub/contract/errors.ts'
import { anOutbound, linkServices } from '../conformance.ts'
import { aCounterpart, type Counterpart, needsDatabase } from './counterpart.ts'
import { DatabaseProxy } from './database-proxy.ts'
import type { TableConfig } from './rows.ts'
import { type TableLinkConfig, table } from './table.ts'

const never = new AbortController().signal

const STEP: TableConfig = {
  name: 'EA_JC_STEP_PROC',
  columns: ['ORGBUSNO', 'PROJID', 'SN', 'NODENAME', 'NODESTARTTIME', 'NODEADV', 'FEE', 'XML_DATA', 'ATTACH'],
  key: ['ORGBUSNO', 'SN', 'DATAVER'],
  version: 'DATAVER',
  time: ['MAKETIME'],
  flag: { column: 'SIGNSTATE', value: '0' },
  fixed: { STDVER: '1' },
}

const RESULT: TableConfig = {
  name: 'UP_PRO_RESULT',
  columns: ['project_no', 'result_type', 'result_date'],
  key: ['row_guid'],
  messageId: 'row_guid',
  operation: { column: 'cd_operation' },
  time: ['cd_time'],
  batch: { column: 'cd_batch' },
  fixed: { data_source: '141' },
}

const A_STEP = {
  ORGBUSNO: '7c1f',
  PROJID: '41130020260930000017',
  SN: '2',
  NODENAME: '审核',
  NODESTARTTIME: '2026-10-09 16:40:11',
  NODEADV: '缺少继续教育证明',
  FEE: '12.50',
  XML_DATA: '<form a="1">&lt;乙&gt;</form>',
  ATTACH: 'AAH/Jw==',
}

function step(change: Partial<Record<keyof typeof A_STEP | 'DATAVER' | 'SIGNSTATE', string | null>> = {}) {
  return { table: 'EA_JC_STEP_PROC', row: { ...A_STEP, ...change } }
}

let count = 0

/** A message with an id of its own. */
function message(...rows: object[]): Outbound {
  const messageId = `0198f0c2-7d6e-7b3a-9c11-${String(count++).padStart(12, '0')}`
  return anOutbound({ messageId, body: Buffer.from(JSON.stringify({ rows })) })
}

async function caught(attempt: Promise<unknown>): Promise<Error> {
  return attempt.then(
    (value) => assert.fail(`resolved with ${JSON.stringify(value)}`),
    (error: Error) => error,
  )
}

for (const engine of ['postgresql', 'mariadb'] as const) {
  describe(`rows written to ${engine}`, function () {
    this.timeout(30_000)
    let counterpart: Counterpart
    let proxy: DatabaseProxy
    let link: Link

    before(async function () {
      await needsDatabase(engine).call(this)
      counterpart = await aCounterpart(engine)
    })
    after(() => counterpart?.drop())

    beforeEach(async () => {
      await createTables()
      proxy = await new DatabaseProxy(counterpart).open()
      link = await open()
    })

    afterEach(async () => {
      await link.close()
      await proxy.shut()
      for (const { name } of [STEP, RESULT]) await counterpart.exec(`drop table ${q(name)}`)
    })

    const q = (name: string): string => counterpart.quote(name)

    async function createTables(): Promise<void> {
      const isPostgres = engine === 'postgresql'
      const [time, text, bytes] = isPostgres
        ? ['timestamp', 'text', 'bytea']
        : ['datetime', 'longtext', 'longblob']
      await counterpart.exec(
        `create table ${q('EA_JC_STEP_PROC')} (${q('ORGBUSNO')} varchar(50), ${q('PROJID')} varchar(50),
           ${q('SN')} int, ${q('DATAVER')} int, ${q('STDVER')} int, ${q('NODENAME')} varchar(10),
           ${q('NODESTARTTIME')} ${time}, ${q('NODEADV')} varchar(2000), ${q('FEE')} decimal(10, 2), ${q('XML_DATA')} ${text},
           ${q('ATTACH')} ${bytes}, ${q('SIGNSTATE')} char(1), ${q('MAKETIME')} ${time},
           primary key (${q('ORGBUSNO')}, ${q('SN')}, ${q('DATAVER')}))`,
      )
      await counterpart.exec(
        `create table ${q('UP_PRO_RESULT')} (${q('row_guid')} varchar(50) primary key, ${q('project_no')} varchar(50) not null,
           ${q('result_type')} varchar(2), ${q('result_date')} date, ${q('cd_operation')} char(1), ${q('cd_time')} ${time},
           ${q('cd_batch')} varchar(32), ${q('data_source')} varchar(3))`,
      )
      for (const { name } of [STEP, RESULT]) await counterpart.grant('select, insert', name)
    }

    function open(change: Partial<TableLinkConfig> = {}, port = proxy.port): Promise<Link> {
      const services = linkServices(() => ({ verdict: 'unreadable' }), { DB: counterpart.url(port) })
      return table.open(
        { database: { secret: 'DB' }, tables: [STEP, RESULT], lockTimeoutMs: 1_000, ...change },
        services,
      )
    }

    function deliver(...rows: object[]): Promise<Receipt> {
      return link.deliver(message(...rows), never)
    }

    /** Values of a table's rows, as the partner's administrator sees them. */
    function rows(name: string, ...columns: string[]): Promise<(string | null)[][]> {
      const list = columns.map(q).join(', ')
      return counterpart.exec(`select ${list} from ${q(name)} order by ${list}`)
    }

    it('stand there as they were given, with what the configuration fills', async () => {
      await deliver(step(), { table: 'UP_PRO_RESULT', row: { project_no: '4113', result_date: '20261022' } })
      assert.deepEqual(
        await rows(
          'EA_JC_STEP_PROC',
          'ORGBUSNO',
          'SN',
          'DATAVER',
          'STDVER',
          'FEE',
          'SIGNSTATE',
          'XML_DATA',
          'MAKETIME',
        ),
        [['7c1f', '2', '1', '1', '12.50', '0', A_STEP.XML_DATA, '2026-09-30 10:12:05']],
      )
      const hex = engine === 'postgresql' ? `encode(${q('ATTACH')}, 'hex')` : `lower(hex(${q('ATTACH')}))`
      assert.deepEqual(await counterpart.exec(`select ${hex} from ${q('EA_JC_STEP_PROC')}`), [['0001ff27']])
      assert.deepEqual(
        await rows(
          'UP_PRO_RESULT',
          'project_no',
          'result_type',
          'result_date',
          'cd_operation',
          'cd_batch',
          'data_source',
        ),
        [['4113', null, '2026-10-22', 'I', '20260930-11', '141']],
      )
    })

    it('get DATAVER 2 for a correction, and keep DATAVER 1', async () => {
      await deliver(step())
      await counterpart.exec(`update ${q('EA_JC_STEP_PROC')} set ${q('SIGNSTATE')} = '1'`)
      await deliver(step({ NODEADV: '材料已补齐' }))
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'DATAVER', 'SIGNSTATE', 'NODEADV'), [
        ['1', '1', '缺少继续教育证明'],
        ['2', '0', '材料已补齐'],
      ])
    })

    it('get no second version for the same content, taken by the reader or not', async () => {
      await deliver(step())
      await counterpart.exec(`update ${q('EA_JC_STEP_PROC')} set ${q('SIGNSTATE')} = '1'`)
      assert.deepEqual(await deliver(step()), { duplicate: true })
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'DATAVER', 'SIGNSTATE'), [['1', '1']])
    })

    it('are known by the version that the format gives', async () => {
      await deliver(step({ DATAVER: '3' }))
      assert.deepEqual(await deliver(step({ DATAVER: '3' })), { duplicate: true })
      const error = await caught(deliver(step({ DATAVER: '3', NODEADV: '材料已补齐' })))
      assert.ok(error instanceof Rejected && error.kind === 'contract')
      assert.match(error.message, /Another row with the same key.*differs in NODEADV/)
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'DATAVER', 'NODEADV'), [['3', '缺少继续教育证明']])
    })

    it('tell a deletion by a row with operation D', async () => {
      const row = { project_no: '4113', result_type: '1' }
      await deliver({ table: 'UP_PRO_RESULT', row })
      await deliver({ table: 'UP_PRO_RESULT', row: { ...row, cd_operation: 'D' } })
      assert.deepEqual(await rows('UP_PRO_RESULT', 'cd_operation', 'project_no'), [
        ['D', '4113'],
        ['I', '4113'],
      ])
    })

    it('of one message stand together or not at all', async () => {
      const error = await caught(deliver(step(), { table: 'UP_PRO_RESULT', row: { result_type: '1' } }))
      assert.ok(error instanceof Rejected && error.kind === 'contract')
      assert.match(error.message, /project_no/)
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SN'), [])
    })

    it('hold quotes, backslashes and statements as text', async () => {
      const NODEADV = `'); drop table "UP_PRO_RESULT"; -- \\' \`x\` ? $1 %s`
      await deliver(step({ NODEADV }))
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'NODEADV'), [[NODEADV]])
    })

    const unfit: readonly (readonly [string, ReturnType<typeof step>['row'] | object, RegExp])[] = [
      [
        'longer than its column',
        { NODENAME: '一二三四五六七八九十一' },
        /NODENAME.*holds 10 characters; the text has 11/,
      ],
      ['longer than its column by blanks', { NODENAME: '审核         ' }, /NODENAME.*holds 10 characters/],
      ['a number that would be rounded', { FEE: '12.345' }, /FEE/],
      ['a number that is none', { SN: '二' }, /SN/],
      ['a number that is too large', { FEE: '123456789012.00' }, /FEE/],
      ['a date that is none', { NODESTARTTIME: '2026-13-40' }, /NODESTARTTIME/],
    ]
    for (const [title, change, words] of unfit) {
      it(`are refused with the column's name: ${title}`, async () => {
        const error = await caught(deliver({ table: 'EA_JC_STEP_PROC', row: { ...A_STEP, ...change } }))
        assert.ok(error instanceof Rejected && error.kind === 'contract', String(error))
        assert.match(error.message, words)
        assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SN'), [])
      })
    }

    it('are refused where a date column would lose the time of day', async () => {
      const row = { project_no: '4113', result_date: '2026-10-22 09:30:00' }
      const error = await caught(deliver({ table: 'UP_PRO_RESULT', row }))
      assert.match(error.message, /result_date.*does not keep the value/)
      assert.deepEqual(await rows('UP_PRO_RESULT', 'project_no'), [])
    })

    if (engine === 'mariadb') {
      for (const charset of ['gbk', 'utf8mb3', 'latin1']) {
        it(`are refused with column and character where the column is ${charset}`, async () => {
          await counterpart.exec(
            `alter table ${q('EA_JC_STEP_PROC')} modify ${q('NODENAME')} varchar(10) character set ${charset}`,
          )
          const error = await caught(deliver(step({ NODENAME: 'a𠮷' })))
          assert.ok(error instanceof Rejected && error.kind === 'contract')
          assert.match(
            error.message,
            /Column NODENAME of EA_JC_STEP_PROC cannot hold the character 𠮷 \(U\+20BB7\)/,
          )
          assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SN'), [])
          if (charset === 'latin1') return
          await deliver(step({ NODENAME: '审核' }))
          assert.deepEqual(await rows('EA_JC_STEP_PROC', 'NODENAME'), [['审核']])
        })
      }

      it('are refused where the table knows no transactions', async () => {
        await counterpart.exec(`alter table ${q('EA_JC_STEP_PROC')} engine = MyISAM`)
        assert.match((await caught(deliver(step()))).message, /knows no transactions/)
        assert.match((await caught(link.probe(never))).message, /knows no transactions/)
      })
    } else {
      it('are refused where text holds U+0000, which PostgreSQL has not', async () => {
        assert.match((await caught(deliver(step({ NODEADV: 'a\0b' })))).message, /NODEADV.*U\+0000/)
      })
    }

    it('are refused where a trigger changes them, unless nobody reads back', async () => {
      const name = q('EA_JC_STEP_PROC')
      await counterpart.exec(
        engine === 'mariadb'
          ? `create trigger turning before insert on ${name} for each row set new.${q('NODEADV')} = '改'`
          : `create or replace function turning() returns trigger language plpgsql as
               $$ begin new."NODEADV" := '改'; return new; end $$;
             create trigger turning before insert on ${name} for each row execute function turning()`,
      )
      assert.match((await caught(deliver(step()))).message, /NODEADV.*does not keep/)
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SN'), [])
      await link.close()
      link = await open({ readBack: false })
      await deliver(step())
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'NODEADV'), [['改']])
    })

    describe('and a session that dies', () => {
      it('before the commit leaves nothing, is LinkLost, and does no harm to the next attempt', async () => {
        await link.close()
        link = await open({ lockTimeoutMs: 10_000 })
        const outbound = message(step())
        const hold = await counterpart.hold(
          `insert into ${q('EA_JC_STEP_PROC')} (${['ORGBUSNO', 'SN', 'DATAVER'].map(q).join(', ')}) values ('7c1f', 2, 1)`,
        )
        const attempt = caught(link.deliver(outbound, never))
        await waitsForLock()
        assert.ok((await counterpart.kill()) > 0)
        assert.ok((await attempt) instanceof LinkLost, String(await attempt))
        await hold.end()
        assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SN'), [])
        assert.deepEqual(await link.deliver(outbound, never), {})
        assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SN', 'DATAVER'), [['2', '1']])
      })

      for (const [when, stands] of [
        ['cut-before', true],
        ['cut-within', true],
        ['cut-unsent', false],
      ] as const) {
        it(`around the commit (${when}) is OutcomeUnknown; the link can be asked, and nothing is doubled`, async () => {
          const outbound = message(step())
          proxy.treatment = when
          assert.ok((await caught(link.deliver(outbound, never))) instanceof OutcomeUnknown)
          proxy.treatment = 'pass'
          assert.deepEqual(await link.query?.(outbound, never), stands ? { duplicate: true } : undefined)
          assert.deepEqual(await link.deliver(outbound, never), stands ? { duplicate: true } : {})
          assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SN', 'DATAVER'), [['2', '1']])
        })
      }

      it('while it was idle costs at most an attempt that does not count', async () => {
        await deliver(step())
        await counterpart.kill()
        const outbound = message(step({ SN: '3' }))
        await link.deliver(outbound, never).catch((error) => {
          assert.ok(error instanceof LinkLost, String(error))
          return link.deliver(outbound, never)
        })
        assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SN'), [['2'], ['3']])
      })

      it('many times over, under a stream of messages, loses and doubles none', async () => {
        const ids = Array.from({ length: 60 }, (_, index) => String(index + 10))
        let isOver = false
        let killed = 0
        // As many as there are messages, at whatever they do just then; after that the stream runs out undisturbed.
        const killing = (async () => {
          while (!isOver && killed < ids.length) killed += await counterpart.kill()
        })()
        await Promise.all(
          ids.map(async (SN) => {
            const outbound = message(step({ SN }))
            while (!(await isTaken(outbound)));
          }),
        )
        isOver = true
        await killing
        assert.deepEqual(
          (await rows('EA_JC_STEP_PROC', 'SN', 'DATAVER')).map(([SN, version]) => `${SN}.${version}`),
          ids.map((SN) => `${SN}.1`),
        )
      })
    })

    /** One attempt, as the dispatcher would judge it. */
    async function isTaken(outbound: Outbound, through = link): Promise<boolean> {
      try {
        await through.deliver(outbound, never)
        return true
      } catch (error) {
        const isPassing = [LinkLost, OutcomeUnknown, RetryLater].some((outcome) => error instanceof outcome)
        assert.ok(isPassing, String(error))
        return false
      }
    }

    /** Resolves once a session of the account waits for a lock. */
    async function waitsForLock(): Promise<void> {
      const sql =
        engine === 'postgresql'
          ? `select 1 from pg_stat_activity where usename = '${counterpart.account}' and wait_event_type = 'Lock'`
          : `select 1 from information_schema.innodb_trx t join information_schema.processlist p
               on p.id = t.trx_mysql_thread_id where t.trx_state = 'LOCK WAIT' and p.user = '${counterpart.account}'`
      // InnoDB shows its transactions as they were when nobody had looked for a tenth of a second.
      while ((await counterpart.exec(sql)).length === 0)
        await new Promise((resolve) => setTimeout(resolve, 120))
    }

    it('wait when somebody holds the lock for too long', async () => {
      const hold = await counterpart.hold(
        `insert into ${q('EA_JC_STEP_PROC')} (${['ORGBUSNO', 'SN', 'DATAVER'].map(q).join(', ')}) values ('7c1f', 2, 1)`,
      )
      const error = await caught(deliver(step()))
      await hold.end()
      assert.ok(error instanceof RetryLater, String(error))
      assert.deepEqual(await deliver(step()), {})
    })

    it('stop promptly while they wait for a lock, and leave nothing', async () => {
      const hold = await counterpart.hold(
        `insert into ${q('EA_JC_STEP_PROC')} (${['ORGBUSNO', 'SN', 'DATAVER'].map(q).join(', ')}) values ('7c1f', 2, 1)`,
      )
      await link.close()
      link = await open({ lockTimeoutMs: 10_000 })
      const stop = new AbortController()
      const attempt = caught(link.deliver(message(step()), stop.signal))
      await waitsForLock()
      stop.abort()
      assert.ok((await attempt) instanceof LinkLost)
      await hold.end()
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SN'), [])
    })

    it('wait where the account has no connection left', async () => {
      const limit =
        engine === 'postgresql'
          ? (most: string) => `alter role ${counterpart.account} connection limit ${most}`
          : (most: string) => `alter user '${counterpart.account}'@'%' with max_user_connections ${most}`
      await counterpart.exec(limit('1'))
      try {
        await deliver(step())
        const other = await open()
        const error = await caught(other.deliver(message(step({ SN: '3' })), never))
        await other.close()
        assert.ok(error instanceof RetryLater, String(error))
      } finally {
        await counterpart.exec(limit(engine === 'postgresql' ? '-1' : '0'))
      }
    })

    if (engine === 'postgresql') {
      it('wait where the server takes no writes', async () => {
        await counterpart.exec(`alter role ${counterpart.account} set default_transaction_read_only to on`)
        const error = await caught(deliver(step()))
        await counterpart.exec(`alter role ${counterpart.account} reset default_transaction_read_only`)
        assert.ok(error instanceof RetryLater, String(error))
      })
    }

    it('that stand there in part are completed', async () => {
      const given = { ORGBUSNO: '7c1f', SN: '3', DATAVER: '1' }
      await deliver(step({ DATAVER: '1' }))
      const both = message(step({ DATAVER: '1' }), { table: 'EA_JC_STEP_PROC', row: given })
      assert.deepEqual(await link.deliver(both, never), {})
      assert.deepEqual(await link.deliver(both, never), { duplicate: true })
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'SN', 'DATAVER'), [
        ['2', '1'],
        ['3', '1'],
      ])
    })

    it('of two links at once get one version each, or are told to come again', async () => {
      const other = await open()
      const changes = ['初稿', '二稿', '三稿', '四稿', '五稿', '六稿']
      await Promise.all(
        changes.map(async (NODEADV, index) => {
          const outbound = message(step({ NODEADV }))
          while (!(await isTaken(outbound, index % 2 === 0 ? link : other)));
        }),
      )
      await other.close()
      const stand = await rows('EA_JC_STEP_PROC', 'DATAVER', 'NODEADV')
      assert.deepEqual(
        stand.map(([version]) => version),
        changes.map((_, index) => String(index + 1)),
      )
      assert.deepEqual(new Set(stand.map(([, advice]) => advice)), new Set(changes))
    })

    it('go nowhere but to allowed addresses', async () => {
      const other = await open({ allowAddresses: ['10.41.0.0/16'] })
      assert.ok((await caught(other.deliver(message(step()), never))) instanceof LinkLost)
      assert.equal(proxy.commits, 0)
      await other.close()
    })

    describe('and configurations that do not fit', () => {
      const faults: readonly (readonly [string, readonly TableConfig[], RegExp])[] = [
        ['a table that is not there', [{ ...STEP, name: 'EA_JC_STEP' }], /no table EA_JC_STEP /],
        [
          'a table in another case',
          [{ ...RESULT, name: 'up_pro_result' }],
          /It has UP_PRO_RESULT: write the name in the same case/,
        ],
        [
          'a column that is not there',
          [{ ...STEP, columns: [...STEP.columns, 'NODE'] }],
          /has no column NODE\./,
        ],
        ['a column in another case', [{ ...STEP, time: ['maketime'] }], /It has MAKETIME: write/],
        [
          'a key that no index backs',
          [{ ...RESULT, key: ['project_no'] }],
          /No unique index of table UP_PRO_RESULT.*\(row_guid\)/,
        ],
      ]
      for (const [title, tables, words] of faults) {
        it(`are told by the probe and the delivery: ${title}`, async () => {
          const other = await open({ tables })
          const error = await caught(other.probe(never))
          assert.ok(error instanceof Rejected && error.kind === 'contract')
          assert.match(error.message, words)
          const name = tables[0]?.name
          const row = name === 'EA_JC_STEP_PROC' || name === 'EA_JC_STEP' ? A_STEP : { project_no: '4113' }
          assert.match((await caught(other.deliver(message({ table: name, row }), never))).message, words)
          await other.close()
        })
      }

      it('are told: an account that is refused', async () => {
        const url = new URL(counterpart.url(counterpart.port))
        // A server that trusts the loopback asks for no password, but knows its roles.
        if (engine === 'postgresql') url.username = `${counterpart.account}_x`
        url.password = 'another'
        const services = linkServices(() => ({ verdict: 'unreadable' }), { DB: url.href })
        const other = await table.open({ database: { secret: 'DB' }, tables: [RESULT] }, services)
        const error = await caught(other.probe(never))
        await other.close()
        assert.ok(error instanceof Rejected && error.kind === 'credential', String(error))
        assert.ok(!error.message.includes('another'))
      })

      it('are told: rights that are missing', async () => {
        await counterpart.revoke('insert', 'UP_PRO_RESULT')
        const error = await caught(deliver({ table: 'UP_PRO_RESULT', row: { project_no: '4113' } }))
        assert.ok(error instanceof Rejected && error.kind === 'credential', String(error))
      })
    })

    it('are asked for without being written', async () => {
      const outbound = message(step())
      assert.equal(await link.query?.(outbound, never), undefined)
      await link.deliver(outbound, never)
      assert.deepEqual(await link.query?.(outbound, never), { duplicate: true })
      assert.equal(await link.query?.(message(step({ NODEADV: '材料已补齐' })), never), undefined)
      assert.deepEqual(await rows('EA_JC_STEP_PROC', 'DATAVER'), [['1']])
    })
  })
}
