import type { Store } from '../../contract/store.ts'
import { keepsStoreContract } from '../conformance.ts'
import { describeOnPostgres, type Query } from './test-schema.ts'

describeOnPostgres('PostgreSQL', process.env, (schema) => {
  keepsStoreContract('the PostgreSQL store', async () => {
    const { open, empty, query } = schema()
    let opened = await open()
    const clock = await standInClock(query)
    return {
      store: keepingTime(opened, clock),
      reopen: async () => {
        await opened.close()
        opened = await open()
        return keepingTime(opened, clock)
      },
      openBeside: async () => keepingTime(await open(), clock),
      transactions: () => opened.commitCounts().transactions,
      dispose: empty,
    }
  })
})

/** In place of the server's clock, which does not stand still for tests: a row. Answers what sets it. */
async function standInClock(query: Query): Promise<(nowMs: number) => Promise<void>> {
  await query('create table if not exists test_clock (now_ms bigint not null)')
  await query('delete from test_clock')
  await query('insert into test_clock values (0)')
  await query(
    `create or replace function hub_now_ms() returns bigint language sql stable as 'select now_ms from test_clock'`,
  )
  let lastMs = 0
  let isSet: Promise<unknown> = Promise.resolve()
  return async (nowMs) => {
    if (nowMs !== lastMs) isSet = query('update test_clock set now_ms = $1', Math.floor(nowMs))
    lastMs = nowMs
    await isSet
  }
}

/** Before every call the server's clock is put to the time that the caller has: in the suite all have the same. */
function keepingTime<Opened extends Store>(store: Opened, set: (nowMs: number) => Promise<void>): Opened {
  return new Proxy(store, {
    get(target, name) {
      const verb = Reflect.get(target, name)
      if (typeof verb !== 'function' || !/^de(livery|stination)|^messageAcceptMoving/.test(String(name)))
        return verb
      return (request?: {
        readonly nowMs?: number
        readonly audit?: { readonly atMs: number }
        readonly acceptance?: { readonly audit: { readonly atMs: number } }
      }) => {
        const nowMs = request?.nowMs ?? request?.audit?.atMs ?? request?.acceptance?.audit.atMs
        const call = () => verb.call(target, request)
        return nowMs === undefined ? call() : set(nowMs).then(call)
      }
    },
  })
}
