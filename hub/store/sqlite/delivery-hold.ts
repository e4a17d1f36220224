import type { Connection } from './connection.ts'

/**
 * Makes `held` true for every open delivery of a case to a destination but the first, as the order wants it. To be
 * called after one of them was opened again. Safe twice.
 */
export function deliveryHold(connection: Connection, caseNo: string, destination: string): void {
  connection.run(
    `update delivery set held = exists (
       select 1 from delivery as earlier
       where earlier.case_no = delivery.case_no and earlier.destination = delivery.destination
         and earlier.position < delivery.position and earlier.state not in ('delivered', 'cancelled')
     )
     where case_no = ? and destination = ? and state not in ('delivered', 'cancelled')`,
    caseNo,
    destination,
  )
}
