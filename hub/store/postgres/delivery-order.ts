/**
 * Order per case and destination. What opens, ends or reopens deliveries of a case does so under the lock of its row,
 * taken first and sorted; only then is it asked which of them is the first open one, by a statement that begins after
 * the lock was had. A lease touches neither, and does not wait: it takes what is free and not locked.
 */
import type { Statement } from './connection.ts'

const lockCases = `
  select case_no, version from case_row where case_no = any($1) order by case_no for no key update`

/** Locks cases by number; the rows say number and version. A case that is not there cannot be locked, nor has deliveries. */
export function caseLock(caseNos: readonly string[]): Statement {
  return { sql: lockCases, values: [[...new Set(caseNos)]] }
}

const lockCasesOf = `
  select from case_row where case_no = any(array(select case_no from delivery where id = any($1)))
  order by case_no for no key update`

/** Locks the cases of these deliveries. */
export function caseLockOf(deliveryIds: readonly string[]): Statement {
  return { sql: lockCasesOf, values: [deliveryIds] }
}

const lockPairsOf = `
  select from delivery where position = any(array(
    select one.position
    from (select distinct case_no, destination from delivery where id = any($1)) as pair
    cross join lateral (
      select position from delivery as one
      where one.case_no = pair.case_no and one.destination = pair.destination
      order by one.position
    ) as one
  )) order by position for no key update`

/** Locks every delivery of the case and destination of these, so that none of them is leased meanwhile. */
export function pairLockOf(deliveryIds: readonly string[]): Statement {
  return { sql: lockPairsOf, values: [deliveryIds] }
}

const freeFirst = `
  update delivery set held = false
  where held and position = any(array(
    select (
      select first.position from delivery as first
      where first.case_no = pair.case_no and first.destination = pair.destination
        and first.state not in ('delivered', 'cancelled')
      order by first.position limit 1
    )
    from (select distinct case_no, destination from delivery where id = any($1)) as pair
  ))`

/** Frees the first open delivery of the case and destination of each of these. Safe twice. */
export function deliveryFree(deliveryIds: readonly string[]): Statement {
  return { sql: freeFirst, values: [deliveryIds] }
}

const holdOthers = `
  update delivery set held = placed.held
  from (
    select one.position, row_number() over (partition by case_no, destination order by one.position) > 1 as held
    from (select distinct case_no, destination from delivery where id = any($1)) as pair
    cross join lateral (
      select position from delivery as one
      where one.case_no = pair.case_no and one.destination = pair.destination
        and one.state not in ('delivered', 'cancelled')
      order by one.position
    ) as one
  ) as placed
  where delivery.position = placed.position and delivery.held <> placed.held`

/** Makes `held` true for every open delivery of their case and destination but the first. Safe twice. */
export function deliveryHold(deliveryIds: readonly string[]): Statement {
  return { sql: holdOthers, values: [deliveryIds] }
}
