/**
 * The store of several nodes: one PostgreSQL database, shared by all of them through its tables. What arrives together
 * is written together (write-group.ts); several groups may be under way at once, each on a connection of its own.
 */
import type { Clock } from '../../contract/clock.ts'
import { StoreError } from '../../contract/errors.ts'
import type { Acceptance, AcceptResult, Settlement, Store } from '../../contract/store.ts'
import { channelOf, listenForArrivals } from './arrivals.ts'
import { caseGet, caseTimeline, deadlineList, externalIdList } from './case-read.ts'
import { openSessions, type Row, type Sessions } from './connection.ts'
import { type Database, databaseOn } from './database.ts'
import { type DatabaseAddress, databaseAddress } from './database-url.ts'
import { deadlineFind } from './deadline-find.ts'
import { deliveryCancel } from './delivery-cancel.ts'
import { deliveryLease, deliveryNextDue, deliveryRelease } from './delivery-lease.ts'
import { deliveryCount, deliveryList } from './delivery-list.ts'
import { deliveryMarkDelivered, deliveryReplay } from './delivery-replay.ts'
import { attemptList, deliverySettleGroup, weightOf } from './delivery-settle.ts'
import { destinationClaim, destinationRelease } from './destination-claim.ts'
import { auditAppend, fileAdd, fileGet } from './files.ts'
import { inboxAck, inboxPark, inboxRead } from './inbox.ts'
import { answerGet, messageAcceptGroup } from './message-accept.ts'
import { messageAcceptMoving } from './message-accept-moving.ts'
import { messageGet } from './message-get.ts'
import { migrate, migrationList } from './migrate.ts'
import { nonceRememberGroup } from './nonce-remember.ts'
import { type Outcome, openWriteGroup } from './write-group.ts'

export interface PostgresStore extends Store {
  readonly listen: NonNullable<Store['listen']>
  /** How many messages were accepted in how many groups since opening; a group is one transaction unless some are in each other's way. */
  commitCounts(): { readonly transactions: number; readonly writes: number }
}

/** Connections of one node; a server takes 100 by default, so six nodes and some to spare. */
const POOL_SIZE = 12

/** Groups of each kind under way at once: while one waits for the disk, the next is put together and sent. */
const GROUPS = 2
const ACCEPTED_TOGETHER = 64
const SETTLED_TOGETHER = 64
/** Bytes that a group carries, unless one request alone is larger. */
const GROUP_BYTES = 8 * 1024 * 1024

/**
 * Opens the store, creating or migrating the schema. `url`: `postgres://account:password@host:port/database`, with
 * `?schema=` where the tables are not to stand in the account's own; a direct connection, since sessions are kept and
 * statements prepared. `clock` dates the migrations and paces reconnecting. `poolSize`: most connections of this
 * node, besides one for `listen`.
 * Throws `StoreError` STORE_UNAVAILABLE, STORE_BUSY or STORE_SCHEMA_AHEAD.
 */
export async function openPostgresStore(options: {
  readonly url: string
  readonly clock: Clock
  readonly poolSize?: number
}): Promise<PostgresStore> {
  const { clock } = options
  const { address, channel } = await prepare(databaseAddress(options.url), clock)
  const sessions = openSessions(address, options.poolSize ?? POOL_SIZE)
  return storeOn({ sessions, address, channel, clock })
}

/** Migrates; answers the channel of the schema, and the address with which every commit is on disk when it returns. */
async function prepare(
  address: DatabaseAddress,
  clock: Clock,
): Promise<{ readonly address: DatabaseAddress; readonly channel: string }> {
  const sessions = openSessions(address, 1)
  try {
    const session = await sessions.take()
    try {
      await migrate(session, { migrations: migrationList(), schema: address.schema, now: clock.now })
      const [[found]] = (await session.send([
        {
          sql: `select current_schema()::regnamespace::oid::bigint as id,
                  current_setting('synchronous_commit') = 'off' as forgets`,
        },
      ])) as [[Row]]
      // Somebody may have turned it off for speed; here a crash of the server would lose what was acknowledged.
      const options = found.forgets ? `${address.options} -c synchronous_commit=on` : address.options
      return { address: { ...address, options }, channel: channelOf(found.id as number) }
    } finally {
      session.giveBack()
    }
  } finally {
    await sessions.close()
  }
}

interface StoreParts {
  readonly sessions: Sessions
  readonly address: DatabaseAddress
  readonly channel: string
  readonly clock: Clock
}

function storeOn(parts: StoreParts): PostgresStore {
  const { sessions, channel } = parts
  const database = databaseOn(sessions)
  const underWay = new Set<Promise<unknown>>()
  const listeners = new Set<() => Promise<void>>()
  let closing: Promise<void> | undefined

  const accepts = openWriteGroup<Acceptance, AcceptResult>(
    (acceptances) => messageAcceptGroup(database, channel, acceptances),
    {
      groups: GROUPS,
      requests: ACCEPTED_TOGETHER,
      weight: { most: GROUP_BYTES, of: ({ raw }) => raw.bytes.length },
    },
  )
  const settles = openWriteGroup<readonly Settlement[], readonly boolean[]>(
    (lists) => valuesOf(deliverySettleGroup(database, lists)),
    { groups: GROUPS, requests: SETTLED_TOGETHER, weight: { most: GROUP_BYTES, of: weightOf } },
  )
  const nonces = openWriteGroup<Parameters<Store['nonceRemember']>[0], boolean>(
    (requests) => valuesOf(nonceRememberGroup(database, requests)),
    { groups: 1, requests: ACCEPTED_TOGETHER },
  )

  /** Refuses after `close`, and lets it wait for what is under way. */
  const follow = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    if (closing !== undefined) throw new StoreError('STORE_CLOSED', 'The store is closed.')
    const working = work()
    underWay.add(working)
    try {
      return await working
    } finally {
      underWay.delete(working)
    }
  }
  type Operation<Request, Answer> = (database: Database, request: Request) => Promise<Answer>
  const alone =
    <Request, Answer>(operation: Operation<Request, Answer>) =>
    (request: Request): Promise<Answer> =>
      follow(() => operation(database, request))
  const telling =
    <Request, Answer>(
      operation: (database: Database, channel: string, request: Request) => Promise<Answer>,
    ) =>
    (request: Request): Promise<Answer> =>
      follow(() => operation(database, channel, request))

  return {
    traits: { name: 'postgres', shared: true, notifies: true, soleNode: false },

    messageAccept: accepts.ask,
    messageAcceptMoving: telling(messageAcceptMoving),
    messageGet: alone(messageGet),
    answerGet: alone(answerGet),

    caseGet: alone(caseGet),
    caseTimeline: alone(caseTimeline),
    externalIdList: alone(externalIdList),
    deadlineList: alone(deadlineList),
    deadlineFind: alone(deadlineFind),

    destinationClaim: alone(destinationClaim),
    destinationRelease: telling(destinationRelease),

    deliveryLease: alone(deliveryLease),
    deliverySettle: settles.ask,
    deliveryRelease: alone(deliveryRelease),
    deliveryCancel: telling(deliveryCancel),
    deliveryReplay: telling(deliveryReplay),
    deliveryMarkDelivered: telling(deliveryMarkDelivered),
    deliveryList: alone(deliveryList),
    deliveryCount: alone(deliveryCount),
    attemptList: alone(attemptList),
    deliveryNextDue: alone(deliveryNextDue),

    inboxRead: alone(inboxRead),
    inboxAck: telling(inboxAck),
    inboxPark: alone(inboxPark),

    nonceRemember: nonces.ask,

    fileAdd: alone(fileAdd),
    fileGet: alone(fileGet),
    auditAppend: alone(auditAppend),

    listen: (callback) =>
      follow(async () => {
        const end = await listenForArrivals(parts, callback)
        listeners.add(end)
        return () => {
          listeners.delete(end)
          return end()
        }
      }),

    commitCounts: () => {
      const { groups, requests } = accepts.counts()
      return { transactions: groups, writes: requests }
    },
    probe: () => follow(() => probe(database)),
    close: () => {
      closing ??= close()
      return closing
    },
  }

  async function close(): Promise<void> {
    await Promise.all([accepts.close(), settles.close(), nonces.close(), Promise.allSettled([...underWay])])
    await Promise.all([...listeners].map((end) => end()))
    await sessions.close()
  }
}

async function valuesOf<Answer>(answers: Promise<readonly Answer[]>): Promise<readonly Outcome<Answer>[]> {
  return (await answers).map((value) => ({ value }))
}

/** Really writes, so that a server that only reads shows here too. */
async function probe(database: Database): Promise<void> {
  await database.write({
    sql: `insert into probe as one values ($1, 1) on conflict (position) do update set probes = one.probes + 1`,
    values: [1],
  })
}
