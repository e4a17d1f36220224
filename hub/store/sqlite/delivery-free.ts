import type { Connection } from './connection.ts'

/**
 * Frees the first delivery of a case to a destination that is neither delivered nor cancelled: order holds per case
 * and destination. To be called after one of them was delivered or cancelled. Safe twice.
 */
export function deliveryFree(connection: Connection, caseNo: string, destination: string): void {
  connection.run(
    `update delivery set held = 0 where position = (
       select position from delivery
       where case_no = ? and destination = ? and state not in ('delivered', 'cancelled')
       order by position limit 1
     ) and held = 1`,
    caseNo,
    destination,
  )
}
