import type { Deadline, Store } from '../../contract/store.ts'
import { deadlineColumns, deadlineOf } from './case-read.ts'
import type { Database } from './database.ts'

/** `state` is written out, so that the index of what runs is used. */
export const selectRunning = `
  select ${deadlineColumns} from deadline
  where state = 'running' and clock = $1 and warned = $2 and due_date <= $3 and (due_date, case_no) > ($4, $5)
  order by due_date, case_no limit $6`

/** Running clocks of one name over all cases, by due date. */
export async function deadlineFind(
  database: Database,
  { clock, warned, dueUntil, after, limit }: Parameters<Store['deadlineFind']>[0],
): Promise<readonly Deadline[]> {
  const [rows = []] = await database.read({
    sql: selectRunning,
    values: [clock, warned, dueUntil, after?.dueDate ?? '', after?.caseNo ?? '', Math.max(0, limit)],
  })
  return rows.map(deadlineOf)
}
