import type { Deadline, Store } from '../../contract/store.ts'
import { deadlineOf } from './case-read.ts'
import type { Connection } from './connection.ts'

/** `state` is written out, so that the index of what runs is used. */
export const selectRunning = `
  select * from deadline
  where state = 'running' and clock = ? and warned = ? and due_date <= ? and (due_date, case_no) > (?, ?)
  order by due_date, case_no limit ?`

/** Running clocks of one name over all cases, by due date. */
export function deadlineFind(
  connection: Connection,
  { clock, warned, dueUntil, after, limit }: Parameters<Store['deadlineFind']>[0],
): readonly Deadline[] {
  return connection
    .all(
      selectRunning,
      clock,
      warned ? 1 : 0,
      dueUntil,
      after?.dueDate ?? '',
      after?.caseNo ?? '',
      Math.max(0, limit),
    )
    .map(deadlineOf)
}
