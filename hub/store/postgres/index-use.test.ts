/** What the verbs cost, in plans and in pages read rather than in time. */
import assert from 'node:assert/strict'
import type { Row } from './connection.ts'
import { selectRunning } from './deadline-find.ts'
import { selectNext, takeLeases } from './delivery-lease.ts'
import { selectStretches } from './delivery-list.ts'
import { caseLockOf, deliveryFree, deliveryHold, pairLockOf } from './delivery-order.ts'
import { endAttempts } from './delivery-settle.ts'
import { giveBackOthers } from './destination-claim.ts'
import { selectInbox } from './inbox.ts'
import { selectAnswers, selectHolders } from './message-accept.ts'
import { cancelThese, insertReplacements, selectMovable } from './message-accept-moving.ts'
import { insertDeliveries, updateCases } from './message-write.ts'
import { describeOnPostgres } from './test-schema.ts'

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Shared Hit Blocks'?: number
  readonly 'Shared Read Blocks'?: number
  readonly Plans?: readonly Plan[]
}

const NOW = 1_790_000_000_000

/** One row a destination; reading it whole may be the quickest way. */
const SMALL: ReadonlySet<string> = new Set(['destination_claim'])

describeOnPostgres('the use of indexes on PostgreSQL', process.env, (schema) => {
  beforeEach(() => schema().open())

  /** The plan for any values, as it is kept by a session that has run the statement a few times. */
  const planOf = async (sql: string): Promise<Plan> => {
    const { query } = schema()
    const parameters = [...sql.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number))
    const values = Array.from({ length: Math.max(...parameters) }, () => 'null').join(', ')
    await query('deallocate all')
    await query('set plan_cache_mode = force_generic_plan')
    await query(`prepare one as ${sql}`)
    const rows = await query(`explain (format json) execute one (${values})`)
    return planIn(rows)
  }

  const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

  const statements = {
    'the lease': {
      sql: takeLeases,
      indexes: ['delivery_fresh', 'delivery_retried', 'delivery_leased', 'delivery_pkey', 'message_pkey'],
    },
    'the next due time': {
      sql: selectNext,
      indexes: ['delivery_fresh', 'delivery_retried', 'delivery_leased'],
    },
    'giving back what others leased': {
      sql: giveBackOthers,
      indexes: ['delivery_leased', 'attempt_pkey'],
    },
    'the inbox': { sql: selectInbox, indexes: ['delivery_by_state', 'message_pkey'] },
    'the list': { sql: selectStretches, indexes: ['delivery_by_state', 'delivery_count_pkey'] },
    'a settlement': { sql: endAttempts, indexes: ['delivery_id_key'] },
    'locking the cases of deliveries': {
      sql: caseLockOf([]).sql,
      indexes: ['case_row_pkey', 'delivery_id_key'],
    },
    'freeing the next': {
      sql: deliveryFree([]).sql,
      indexes: ['delivery_id_key', 'delivery_of_case', 'delivery_pkey'],
    },
    'holding the others': {
      sql: deliveryHold([]).sql,
      indexes: ['delivery_id_key', 'delivery_of_case', 'delivery_pkey'],
    },
    'locking a case and destination': {
      sql: pairLockOf([]).sql,
      indexes: ['delivery_id_key', 'delivery_of_case', 'delivery_pkey'],
    },
    'running clocks': { sql: selectRunning, indexes: ['deadline_running'] },
    'deliveries that may be moved': { sql: selectMovable, indexes: ['delivery_id_key', 'delivery_of_case'] },
    'ending what is moved': { sql: cancelThese, indexes: ['delivery_id_key'] },
    'what takes its place': { sql: insertReplacements, indexes: ['delivery_id_key', 'delivery_of_case'] },
    'known keys': { sql: selectAnswers, indexes: ['idempotency_pkey'] },
    'known external ids': { sql: selectHolders, indexes: ['external_id_pkey'] },
    'a case that goes on': { sql: updateCases, indexes: ['case_row_pkey'] },
    'new deliveries': { sql: insertDeliveries, indexes: ['delivery_of_case'] },
  } as const

  const databases = [
    { title: 'empty', deliveries: 0, destinations: 1, isAnalysed: false },
    { title: 'filled', deliveries: 5_000, destinations: 30, isAnalysed: false },
    { title: 'filled and analysed', deliveries: 5_000, destinations: 30, isAnalysed: true },
    {
      title: 'filled for one destination and analysed',
      deliveries: 5_000,
      destinations: 1,
      isAnalysed: true,
    },
  ]
  for (const { title, deliveries, destinations, isAnalysed } of databases) {
    it(`finds everything by its index in a database that is ${title}`, async () => {
      const { query } = schema()
      if (deliveries > 0) await fill(deliveries, destinations)
      if (isAnalysed) await query('analyze')
      const wrong: string[] = []
      for (const [name, { sql, indexes }] of Object.entries(statements)) {
        const nodes = nodesOf(await planOf(sql))
        const used = new Set(
          nodes
            .filter((node) => !SMALL.has(node['Relation Name'] ?? ''))
            .map((node) => node['Index Name'])
            .filter((index) => index !== undefined),
        )
        if (!new Set<string>(indexes).isSupersetOf(used)) wrong.push(`${name} uses ${[...used]}`)
        for (const node of nodes) {
          if (SMALL.has(node['Relation Name'] ?? '')) continue
          if (node['Node Type'] === 'Seq Scan') wrong.push(`${name} scans ${node['Relation Name']}`)
          const wholeIndex = node['Index Name'] !== undefined && node['Index Cond'] === undefined
          if (wholeIndex && node['Index Name'] !== 'delivery_count_pkey')
            wrong.push(`${name} reads all of ${node['Index Name']}`)
        }
      }
      assert.deepEqual(wrong, [])
    })
  }

  it('leases at the same cost from a short and from a long backlog', async () => {
    const { query } = schema()
    const costs: number[] = []
    for (const waiting of [500, 20_000]) {
      await fill(waiting - (costs.length === 0 ? 0 : 500), 1)
      await query('vacuum analyze delivery')
      const sql = takeLeases
        .replaceAll('$1', `'tax'`)
        .replaceAll('$2', String(NOW))
        .replaceAll('$3', '20')
        .replaceAll('$4', `'node-a'`)
        .replaceAll('$5', '1')
        .replaceAll('$6', '5')
      await query('begin')
      const rows = await query(`explain (analyze, buffers, format json) ${sql}`)
      await query('rollback')
      const plan = planIn(rows)
      costs.push((plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0))
    }

    const [short, long] = costs as [number, number]
    // Each look-up by index may go one level deeper.
    assert.ok(short > 0 && long <= short * 1.5, `${short} pages for 500 waiting, ${long} for 20000`)
  })

  /** Deliveries of cases of their own that wait for as many destinations, behind the back of the store. */
  const fill = async (deliveries: number, destinations: number) => {
    const { query } = schema()
    const [last] = await query('select coalesce(max(position), 0) as position from delivery')
    const numbers = `generate_series(${Number(last?.position) + 1}, ${Number(last?.position) + deliveries}) as n`
    await query(
      `insert into case_row select 'c' || n, 1, '', '', '', '', '', '', '', '', false, '', '', '' from ${numbers}`,
    )
    await query(
      `insert into message (id, case_no, sequence, type, body)
       select 'm' || n, 'c' || n, 1, 'case.submitted', '{}' from ${numbers}`,
    )
    await query(
      `insert into delivery (
         id, message_id, case_no, sequence, type, destination, mapping_version, state, held, due_at_ms, created_at_ms)
       select 'd' || n, 'm' || n, 'c' || n, 1, 'case.submitted',
         case n % ${destinations} when 0 then 'tax' else 'system-' || n % ${destinations} end, '1', 'pending',
         false, ${NOW} - n, ${NOW}
       from ${numbers}`,
    )
  }
})

function planIn(rows: readonly Row[]): Plan {
  const [{ 'QUERY PLAN': plans }] = rows as [{ 'QUERY PLAN': [{ readonly Plan: Plan }] }]
  return plans[0].Plan
}
