import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { claim, lease } from '../conformance/steps.ts'
import { describeOnPostgres } from './test-schema.ts'

/** Kills a node as soon as it has acknowledged `enough`; answers all that it acknowledged. */
async function acknowledgedBeforeKill(url: string, run: string, enough: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'crash-writer.ts')
  const node = spawn(process.execPath, [script, url, run], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(node, 'exit')
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: node.stdout })) {
    acknowledged.push(line)
    if (acknowledged.length === enough) node.kill('SIGKILL')
  }
  const [, signal] = await exit
  assert.equal(signal, 'SIGKILL')
  return acknowledged
}

describeOnPostgres('a node on PostgreSQL after kill -9', process.env, (schema) => {
  it('has left everything that it acknowledged, whole, and whoever owns its destination then has its leases at once', async () => {
    const { url, query } = schema()
    const store = await schema().open()
    const acknowledged: string[] = []
    for (const [run, enough] of [1, 60, 400].entries()) {
      acknowledged.push(...(await acknowledgedBeforeKill(url, `run-${run}`, enough)))
      await untilGone()
      for (const line of acknowledged) {
        const [what, id] = line.split(' ') as [string, string]
        if (what === 'accepted') assert.ok(await store.messageGet({ id }), `${id} is lost`)
      }
      const number = async (sql: string) => Number((await query(sql))[0]?.number)
      const messages = await number('select count(*) as number from message')
      for (const table of ['message_raw', 'idempotency', 'audit', 'case_row'])
        assert.equal(await number(`select count(*) as number from ${table}`), messages, table)
      assert.equal(await number('select count(*) as number from delivery'), 2 * messages)
      assert.equal(await number('select sum(deliveries) as number from delivery_count'), 2 * messages)
      const delivered = await number(`select count(*) as number from delivery where state = 'delivered'`)
      assert.equal(await number('select count(*) as number from attempt'), delivered)
      assert.ok(delivered >= acknowledged.filter((line) => line.startsWith('delivered')).length)
      assert.equal((await store.deliveryCount({})).delivered, delivered)
    }
    const { pending, leased } = await store.deliveryCount({ destination: 'tax' })
    await claim(store, { destinations: ['tax'] })
    const taken = await lease(store, { destination: 'tax', limit: 100_000 })
    assert.equal(taken.length, pending + leased)
    assert.equal(taken.filter(({ maybeSent }) => maybeSent).length, leased)
  })

  /** The server notices a dead client when it next writes to it; until then it may still be doing what it was told. */
  async function untilGone(): Promise<void> {
    const { query, name } = schema()
    for (;;) {
      const [row] = await query(
        `select count(*) as living from pg_stat_activity where application_name = $1 and state <> 'idle'`,
        name,
      )
      if (row?.living === 0) return
    }
  }
})
