/**
 * Long backlogs for benches, made by SQL on the store's real schema. What one accepted message writes is copied as often
 * as wanted, each copy a case, a message and deliveries of its own; ids are the original's with another end.
 */
import { DatabaseSync } from 'node:sqlite'

export interface Copying {
  readonly file: string
  /** Copies of all messages that are there. */
  readonly copies: number
}

/** In one transaction, without waiting for the disk; triggers count as always. Answers how many deliveries there are then. */
export function multiplyMessages({ file, copies }: Copying): number {
  const database = new DatabaseSync(file)
  try {
    database.exec('pragma synchronous = off; pragma cache_size = -262144; pragma temp_store = memory')
    database.exec('begin immediate')
    database.exec(`
      create temp table copy as with recursive n (i) as (select 1 union all select i + 1 from n where i < ${copies})
        select i, '-' || printf('%06d', i) as ending from n;
      create temp table original as select * from message;
      create temp table original_case as select * from case_row;
      create temp table original_delivery as select * from delivery;

      insert into case_row
        select case_no || ending, version, state, origin, decider, copies, task_code, scenario, receiving_region,
          jurisdiction_region, simulated, opened_at, changed_at, facts
        from original_case, copy;
      -- an id is a UUID, so a copy's last digits are an f and the copy's number
      insert into message (id, case_no, sequence, type, body)
        select ${copyOf('id')}, case_no || ending, sequence, type,
          json_set(body, '$.id', ${copyOf('id')}, '$.subject', case_no || ending)
        from copy, original;
      insert into delivery (id, message_id, case_no, sequence, type, destination, mapping_version, state, held,
          due_at_ms, created_at_ms)
        select ${copyOf('id')}, ${copyOf('message_id')}, case_no || ending, sequence, type, destination,
          mapping_version, state, held, due_at_ms, created_at_ms
        from copy, original_delivery;
    `)
    database.exec('commit')
    database.exec('pragma wal_checkpoint(truncate)')
    const row = database.prepare('select count(*) as number from delivery').get() as { number: number }
    return row.number
  } finally {
    database.close()
  }
}

function copyOf(column: string): string {
  return `substr(${column}, 1, 29) || 'f' || substr(ending, 2)`
}
