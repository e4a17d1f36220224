/** Which node owns which destination, by the clock of the server. */
import type { LivingNode, OwnedDestination, Store } from '../../contract/store.ts'
import { releaseNotice } from './arrivals.ts'
import type { Database } from './database.ts'

const renewNode = `
  insert into node (name, serves, until_ms) values ($1, $2, hub_now_ms() + $3)
  on conflict (name) do update set serves = excluded.serves, until_ms = excluded.until_ms`

/** Skipping what is locked: two nodes that find each other late would wait for each other. */
const forgetNodes = `
  delete from node where name = any(array(
    select name from node where until_ms <= hub_now_ms() for update skip locked
  ))`

/** In the order of destinations, so that two nodes that claim the same do not wait for each other. */
const claimThese = `
  insert into destination_claim as kept (destination, node, fence, until_ms)
  select destination, $1, 1, hub_now_ms() + $3 from unnest($2::text[]) as wanted (destination) order by destination
  on conflict (destination) do update set
    node = excluded.node, until_ms = excluded.until_ms,
    fence = kept.fence + case when kept.node = excluded.node then 0 else 1 end
  where kept.node is null or kept.node = excluded.node or kept.until_ms <= hub_now_ms()
  returning destination, fence`

/** By a statement that begins when the claims are had: what the owner before leased at the last moment is seen. */
export const giveBackOthers = `
  update delivery set
    state = case when (select true from attempt where delivery_position = delivery.position limit 1)
      then 'waiting' else 'pending' end,
    lease_owner = null, lease_until_ms = null, maybe_sent = true
  where state = 'leased' and lease_owner <> $1 and destination = any(array(
    select destination from destination_claim where destination = any($2) and node = $1
  ))`

const selectNodes = `select name, serves from node where until_ms > hub_now_ms() order by name`

export async function destinationClaim(
  database: Database,
  request: Parameters<Store['destinationClaim']>[0],
): Promise<{ readonly nodes: readonly LivingNode[]; readonly owned: readonly OwnedDestination[] }> {
  const { node, serves } = request
  const leaseMs = Math.ceil(request.leaseMs)
  const destinations = [...new Set(request.destinations)]
  const atOnce = destinations.filter((one) => !request.waitsForLeases.includes(one))
  const [, , claimed = [], , nodes = []] = await database.write(
    { sql: renewNode, values: [node, serves, leaseMs] },
    { sql: forgetNodes, values: [] },
    { sql: claimThese, values: [node, destinations, leaseMs] },
    { sql: giveBackOthers, values: [node, atOnce] },
    { sql: selectNodes, values: [] },
  )
  return {
    nodes: nodes.map((row) => ({ node: row.name as string, serves: row.serves as readonly string[] })),
    owned: claimed
      .map((row) => ({ destination: row.destination as string, fence: row.fence as number }))
      .sort((a, b) => (a.destination < b.destination ? -1 : 1)),
  }
}

const releaseThese = 'update destination_claim set node = null where destination = any($2) and node = $1'

const leave = 'delete from node where name = $1'

/** The others are told in the same transaction: who hears of it can have them. */
export async function destinationRelease(
  database: Database,
  channel: string,
  { node, destinations, leaves }: Parameters<Store['destinationRelease']>[0],
): Promise<void> {
  await database.write(
    { sql: releaseThese, values: [node, destinations] },
    ...(leaves ? [{ sql: leave, values: [node] }] : []),
    releaseNotice(channel, destinations),
  )
}
