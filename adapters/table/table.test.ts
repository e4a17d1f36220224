import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { ConfigError, LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../../hub/contract/errors.ts'
import { anOutbound, linkServices } from '../conformance.ts'
import { listenServices, taken } from '../listener-conformance.ts'
import { readAddress } from './address.ts'
import { type ColumnKind, isSameValue } from './column.ts'
import configSchema from './config.schema.json' with { type: 'json' }
import { judge } from './judge.ts'
import listenSchema from './listen.schema.json' with { type: 'json' }
import type { TableListenConfig } from './listener.ts'
import { faultOf as mysqlFault } from './mysql.ts'
import { faultOf as postgresFault } from './postgres.ts'
import { batchNumber, rowsOf, type TableConfig } from './rows.ts'
import { DatabaseFault, type FaultKind } from './session.ts'
import { table } from './table.ts'
import { characterIn } from './writer.ts'

const AT_MS = Date.parse('2026-10-22T09:40:05+08:00')

function outcome(error: Error): string {
  if (error instanceof Rejected) return `Rejected ${error.kind}`
  return error.constructor.name
}

describe('judge', () => {
  const policy: readonly (readonly [FaultKind, string, string])[] = [
    ['unreachable', 'LinkLost', 'OutcomeUnknown'],
    ['lost', 'LinkLost', 'OutcomeUnknown'],
    ['busy', 'RetryLater', 'OutcomeUnknown'],
    ['credential', 'Rejected credential', 'OutcomeUnknown'],
    ['duplicate', 'Rejected contract', 'Rejected contract'],
    ['contract', 'Rejected contract', 'Rejected contract'],
  ]
  for (const [kind, before, after] of policy) {
    it(`calls a fault of kind ${kind} ${before}, and ${after} once the commit was sent`, () => {
      const fault = new DatabaseFault(kind, 'words')
      assert.equal(outcome(judge(fault, false)), before)
      assert.equal(outcome(judge(fault, true)), after)
    })
  }

  it('keeps the words of the database as evidence', () => {
    const error = judge(new DatabaseFault('contract', '缺少 taskCode', { code: '1644' }), false)
    assert.match(error.message, /缺少 taskCode \(1644\)/)
    assert.equal(Buffer.from(error.answer ?? []).toString(), '缺少 taskCode')
    assert.ok(error instanceof Rejected && !(error instanceof RetryLater) && !(error instanceof LinkLost))
    assert.ok(!(error instanceof OutcomeUnknown))
  })
})

describe('faults of PostgreSQL', () => {
  const table: readonly (readonly [string, FaultKind])[] = [
    ['57P01', 'lost'],
    ['08006', 'lost'],
    ['40003', 'lost'],
    ['28P01', 'credential'],
    ['42501', 'credential'],
    ['23505', 'duplicate'],
    ['40P01', 'busy'],
    ['40001', 'busy'],
    ['55P03', 'busy'],
    ['53300', 'busy'],
    ['53100', 'busy'],
    ['25006', 'busy'],
    ['57P03', 'busy'],
    ['57014', 'busy'],
    ['42703', 'contract'],
    ['42P01', 'contract'],
    ['22001', 'contract'],
    ['22P05', 'contract'],
    ['23502', 'contract'],
    ['P0001', 'contract'],
    ['3D000', 'contract'],
  ]
  for (const [code, kind] of table) {
    it(`calls ${code} ${kind}`, () =>
      assert.equal(postgresFault(Object.assign(new Error('words'), { code })).kind, kind))
  }

  it('calls what has no SQLSTATE lost', () => {
    assert.equal(postgresFault(Object.assign(new Error('reset'), { code: 'ECONNRESET' })).kind, 'lost')
    assert.equal(postgresFault(new Error('Connection terminated unexpectedly')).kind, 'lost')
  })
})

describe('faults of MariaDB and MySQL', () => {
  const table: readonly (readonly [number, FaultKind])[] = [
    [1053, 'lost'],
    [1927, 'lost'],
    [1044, 'credential'],
    [1045, 'credential'],
    [1142, 'credential'],
    [1062, 'duplicate'],
    [1205, 'busy'],
    [1213, 'busy'],
    [1040, 'busy'],
    [1203, 'busy'],
    [1290, 'busy'],
    [1114, 'busy'],
    [1021, 'busy'],
    [1969, 'busy'],
    [1054, 'contract'],
    [1146, 'contract'],
    [1366, 'contract'],
    [1406, 'contract'],
    [1644, 'contract'],
    [1153, 'contract'],
  ]
  for (const [errno, kind] of table) {
    it(`calls ${errno} ${kind}`, () =>
      assert.equal(mysqlFault(Object.assign(new Error('words'), { errno, sqlMessage: 'words' })).kind, kind))
  }

  it('calls what the server did not say lost', () => {
    assert.equal(
      mysqlFault(Object.assign(new Error('read'), { errno: -104, code: 'ECONNRESET' })).kind,
      'lost',
    )
  })

  it('finds the column that the server names', () => {
    const words = "Incorrect string value: '\\xF0\\xA0\\xAE\\xB7' for column `x`.`y`.`APPLYER_NAME` at row 1"
    const fault = mysqlFault(Object.assign(new Error(words), { errno: 1366, sqlMessage: words }))
    assert.equal(fault.column, 'APPLYER_NAME')
    assert.equal(characterIn(fault.message), '𠮷')
  })
})

describe('the character that an engine spells in bytes', () => {
  it('is read from PostgreSQL’s words', () => {
    const words =
      'character with byte sequence 0xe3 0x9b 0x83 in encoding "UTF8" has no equivalent in encoding "EUC_CN"'
    assert.equal(characterIn(words), '㛃')
  })

  it('is none in other words', () => assert.equal(characterIn('Duplicate entry'), undefined))
})

const result: TableConfig = {
  name: 'UP_PRO_RESULT',
  columns: ['project_no', 'result_type'],
  key: ['row_guid'],
  messageId: 'row_guid',
  operation: { column: 'cd_operation' },
  time: ['cd_time'],
  batch: { column: 'cd_batch' },
  flag: { column: 'is_sync' },
  fixed: { data_source: '141' },
}
const step: TableConfig = {
  name: 'EA_JC_STEP_PROC',
  columns: ['ORGBUSNO', 'SN', 'NODEADV'],
  key: ['ORGBUSNO', 'SN', 'DATAVER'],
  version: 'DATAVER',
}

function body(...rows: unknown[]): { body: Uint8Array } {
  return { body: Buffer.from(JSON.stringify({ rows })) }
}

describe('rows of a message', () => {
  it('are filled with what the configuration declares', () => {
    const message = anOutbound(
      body({ table: 'UP_PRO_RESULT', row: { project_no: '4113', result_type: null } }),
    )
    const [row] = rowsOf(message, [result], AT_MS)
    assert.deepEqual(Object.fromEntries(row?.values ?? []), {
      data_source: '141',
      row_guid: message.messageId,
      cd_operation: 'I',
      is_sync: '0',
      cd_batch: '20261022-10',
      cd_time: '2026-10-22 09:40:05',
      project_no: '4113',
      result_type: null,
    })
    assert.deepEqual(row?.compared, ['data_source', 'row_guid', 'cd_operation', 'project_no', 'result_type'])
  })

  it('keep what the format gives', () => {
    const row = { project_no: '4113', cd_operation: 'D', cd_time: '2026-10-21 00:00:00', row_guid: 'G-1' }
    const [planned] = rowsOf(anOutbound(body({ table: 'UP_PRO_RESULT', row })), [result], AT_MS)
    for (const [column, value] of Object.entries(row)) assert.equal(planned?.values.get(column), value)
  })

  it('have ids of their own where a message has several in one table', () => {
    const entry = { table: 'UP_PRO_RESULT', row: {} }
    const ids = rowsOf(anOutbound(body(entry, entry)), [result], AT_MS).map(({ values }) =>
      values.get('row_guid'),
    )
    assert.deepEqual(ids, [anOutbound().messageId, `${anOutbound().messageId}-2`])
  })

  it('leave the version to follow only where the format gives none', () => {
    const [following, given] = rowsOf(
      anOutbound(
        body(
          { table: 'EA_JC_STEP_PROC', row: { ORGBUSNO: '7c1f', SN: '2' } },
          { table: 'EA_JC_STEP_PROC', row: { ORGBUSNO: '7c1f', SN: '2', DATAVER: '4' } },
        ),
      ),
      [step],
      AT_MS,
    )
    assert.equal(following?.versionFollows, true)
    assert.equal(given?.versionFollows, false)
    assert.equal(given?.values.get('DATAVER'), '4')
  })

  const refusals: readonly (readonly [string, Partial<Parameters<typeof anOutbound>[0]>, RegExp])[] = [
    ['what is no JSON', { body: Buffer.from('<rows/>') }, /not JSON in UTF-8/],
    ['bytes that are no UTF-8', { body: Buffer.from([0x7b, 0xff, 0x7d]) }, /not JSON in UTF-8/],
    [
      'another character set',
      { ...body(), contentType: 'application/json; charset=gb18030' },
      /declared as gb18030/,
    ],
    ['no rows', body(), /1 to 1000 rows/],
    ['a table that is not listed', body({ table: 'users; drop table x', row: {} }), /does not list/],
    [
      'a column that is not listed',
      body({ table: 'UP_PRO_RESULT', row: { 'x" = 1; --': '1' } }),
      /not in the configuration's list/,
    ],
    ['a number', body({ table: 'UP_PRO_RESULT', row: { project_no: 41 } }), /is a number/],
    ['half a character', body({ table: 'UP_PRO_RESULT', row: { project_no: '\ud842' } }), /lone surrogate/],
    [
      'an operation that is none',
      body({ table: 'UP_PRO_RESULT', row: { cd_operation: 'X' } }),
      /none of I, U, D/,
    ],
    ['an empty key', body({ table: 'EA_JC_STEP_PROC', row: { SN: '1' } }), /no value for ORGBUSNO/],
    [
      'members that nobody reads',
      body({ table: 'UP_PRO_RESULT', row: {}, where: '1=1' }),
      /and nothing else/,
    ],
  ]
  for (const [title, change, words] of refusals) {
    it(`are refused: ${title}`, () => {
      assert.throws(
        () => rowsOf(anOutbound(change), [result, step], AT_MS),
        (error) => error instanceof Rejected && error.kind === 'contract' && words.test(error.message),
      )
    })
  }
})

describe('the batch number', () => {
  it('counts the periods of the Beijing day from 01', () => {
    assert.equal(batchNumber(Date.parse('2026-10-21T16:00:00Z'), 60), '20261022-01')
    assert.equal(batchNumber(Date.parse('2026-10-22T15:59:59Z'), 60), '20261022-24')
    assert.equal(batchNumber(Date.parse('2026-10-22T15:59:59Z'), 15), '20261022-96')
    assert.equal(batchNumber(Date.parse('2026-10-22T15:59:59Z'), 1440), '20261022-01')
  })
})

describe('what a column keeps', () => {
  const same: readonly (readonly [ColumnKind, string, string])[] = [
    ['decimal', '1.5', '1.50'],
    ['decimal', '-0.10', '-0.1'],
    ['decimal', '0', '0.00'],
    ['integer', '007', '7'],
    ['integer', '410101190001010015', '410101190001010015'],
    ['float', '1e3', '1000'],
    ['instant', '20261009164011', '2026-10-09 16:40:11'],
    ['instant', '2026/10/09 16:40', '2026-10-09 16:40:00'],
    ['instant', '2026-10-09T16:40:11+08:00', '2026-10-09 16:40:11'],
    ['zoned', '2026-10-09T08:40:11Z', '2026-10-09 16:40:11'],
    ['date', '20261009', '2026-10-09'],
    ['time', '16:40', '16:40:00'],
    ['boolean', '1', 'true'],
    ['padded', 'p41', 'p41  '],
    ['other', '{"a":1,"b":2}', '{"b": 2, "a": 1}'],
  ]
  for (const [kind, given, shown] of same) {
    it(`${kind}: ${given} is ${shown}`, () => assert.ok(isSameValue({ kind }, given, shown)))
  }

  const other: readonly (readonly [ColumnKind, string | null, string | null])[] = [
    ['decimal', '12.345', '12.35'],
    ['integer', '410101190001010015', '410101190001010016'],
    ['instant', '2026-10-09 16:40:11', '2026-10-09 16:40:00'],
    ['zoned', '2026-10-09T16:40:11Z', '2026-10-09 16:40:11'],
    ['date', '2026-10-09 16:40:11', '2026-10-09'],
    ['text', '𠮷', '?'],
    ['text', 'A', 'a'],
    ['text', '', null],
  ]
  for (const [kind, given, shown] of other) {
    it(`${kind}: ${given} is not ${shown}`, () => assert.ok(!isSameValue({ kind }, given, shown)))
  }

  it('never takes two different whole numbers for one', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (one, another) => {
        assert.equal(isSameValue({ kind: 'integer' }, String(one), String(another)), one === another)
      }),
    )
  })
})

describe('the address of a database', () => {
  it('is read with its password', () => {
    assert.deepEqual(readAddress('mariadb://hub:p%40ss%2Fword@db.example/front'), {
      engine: 'mysql',
      host: 'db.example',
      port: 3306,
      user: 'hub',
      password: 'p@ss/word',
      database: 'front',
    })
    assert.equal(readAddress('postgres://hub:x@[::1]:5433/front')?.host, '::1')
  })

  for (const text of [
    '',
    'oracle://hub@db/front',
    'mysql://db/front',
    'mysql://hub@db',
    'mysql://hub:%zz@db/front',
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => assert.equal(readAddress(text), undefined))
  }
})

describe('options that cannot work', () => {
  const services = linkServices(() => ({ verdict: 'unreadable' }), {
    DB: 'mysql://hub:hush-hush@db.example/front',
    NONE: 'hush-hush',
  })

  it('are refused without telling the secret', async () => {
    const opening = table.open({ database: { secret: 'NONE' }, tables: [result] }, services)
    await assert.rejects(opening, (error) => error instanceof ConfigError && !error.message.includes('hush'))
  })

  it('name a version outside the key', async () => {
    const tables = [{ ...step, key: ['ORGBUSNO', 'SN'] }]
    await assert.rejects(
      table.open({ database: { secret: 'DB' }, tables }, services),
      /DATAVER does not belong/,
    )
  })

  it('name a range that is none', async () => {
    const config = { database: { secret: 'DB' }, tables: [result], allowAddresses: ['10.0.0.0/99'] }
    await assert.rejects(table.open(config, services), ConfigError)
  })

  const door = { mount: () => () => {} }
  const listening = listenServices(async (inbound) => taken(inbound), door, {
    DB: 'mysql://hub:x@db.example/front',
  })
  const source = {
    table: 'T',
    key: ['ID'],
    when: [{ column: 'SIGNSTATE', in: ['0', null] }],
    taken: [{ column: 'SIGNSTATE', value: '1' }],
    refused: [{ column: 'SIGNSTATE', value: '2' }],
  }

  for (const [title, change] of [
    ['marks a taken row with a value that waits', { taken: [{ column: 'SIGNSTATE', value: '0' }] }],
    ['marks a refused row elsewhere only', { refused: [{ column: 'ISOK', value: '2' }] }],
    ['marks with a text that could be anything', { refused: [{ column: 'SIGNSTATE', from: 'words' }] }],
  ] as const) {
    it(`are those of a source that ${title}`, async () => {
      const config = { database: { secret: 'DB' }, sources: [{ ...source, ...change }] } as TableListenConfig
      await assert.rejects(table.listen(config, listening), /would still fit `when`/)
    })
  }

  it('are not those of a source that waits for null and gets a time', async () => {
    const change = { when: [{ column: 'READ_AT', in: [null] }], taken: [{ column: 'READ_AT', from: 'now' }] }
    const config = {
      database: { secret: 'DB' },
      allowAddresses: ['127.0.0.0/8'],
      sources: [{ ...source, ...change, refused: change.taken }],
    } as TableListenConfig
    const listener = await table.listen(config, listening)
    await listener.close()
    assert.equal(listener.status().state, 'closed')
  })
})

describe('the README of kind table', () => {
  it('names every option of a table and of a source', () => {
    const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8')
    const [ofTable = '', ofSource = ''] = [
      ...readme.matchAll(/Options of a (?:table|source).*?\n\n(\|.*?)\n\n/gs),
    ].map(([, rows]) => rows)
    for (const option of Object.keys(configSchema.properties.tables.items.properties))
      assert.match(ofTable, new RegExp(`\`${option}\``))
    for (const option of Object.keys(listenSchema.properties.sources.items.properties))
      assert.match(ofSource, new RegExp(`\`${option}\``))
  })
})
