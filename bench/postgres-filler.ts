/** Long backlogs in PostgreSQL, as store-filler.ts makes them in SQLite. */
import pg from 'pg'

/** What one accepted message writes is copied `copies` times, each a case, a message and deliveries of its own. */
export async function multiplyInPostgres({
  url,
  copies,
}: {
  readonly url: string
  readonly copies: number
}): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    // Each statement sees the tables as they were before it: originals only, since it is the first on its table.
    await client.query(`
      begin;
      create temp table original_delivery as select * from delivery;
      insert into case_row
        select case_no || ${ENDING}, version, state, origin, decider, copies, task_code, scenario, receiving_region,
          jurisdiction_region, simulated, opened_at, changed_at, facts
        from case_row, generate_series(1, ${copies}) as n (i);
      insert into message (id, case_no, sequence, type, body)
        select ${copyOf('id')}, case_no || ${ENDING}, sequence, type,
          jsonb_set(jsonb_set(body::jsonb, '{id}', to_jsonb(${copyOf('id')})), '{subject}',
            to_jsonb(case_no || ${ENDING}))::text
        from message, generate_series(1, ${copies}) as n (i);
      insert into delivery (id, message_id, case_no, sequence, type, destination, mapping_version, state, held,
          due_at_ms, created_at_ms)
        select ${copyOf('id')}, ${copyOf('message_id')}, case_no || ${ENDING}, sequence, type, destination,
          mapping_version, state, held, due_at_ms, created_at_ms
        from generate_series(1, ${copies}) as n (i), original_delivery;
      commit;
    `)
    // What autovacuum does by itself after a while.
    await client.query('vacuum analyze')
    await client.query('checkpoint')
  } finally {
    await client.end()
  }
}

const ENDING = `('-' || lpad(i::text, 6, '0'))`

function copyOf(column: string): string {
  return `(substr(${column}, 1, 29) || 'f' || lpad(i::text, 6, '0'))`
}
