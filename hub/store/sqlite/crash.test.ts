import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openConnection } from './connection.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Kills the writer as soon as it has acknowledged `enough` messages; answers all that it acknowledged. */
async function acknowledgedBeforeKill(file: string, run: string, enough: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'crash-writer.ts')
  const writer = spawn(process.execPath, [script, file, run], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(writer, 'exit')
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged.push(line)
    if (acknowledged.length === enough) writer.kill('SIGKILL')
  }
  const [, signal] = await exit
  assert.equal(signal, 'SIGKILL')
  return acknowledged
}

describe('after kill -9', () => {
  it('has every message that was acknowledged, whole, at whatever point it was killed', async () => {
    const { file, erase } = await temporaryFolder()
    try {
      const acknowledged: string[] = []
      for (const [run, enough] of [1, 50, 333].entries()) {
        acknowledged.push(...(await acknowledgedBeforeKill(file, `run-${run}`, enough)))
        const store = await openSqliteStore({ file })
        for (const id of acknowledged) assert.ok(await store.messageGet({ id }), `${id} is lost`)
        await store.close()

        const connection = openConnection({ file })
        assert.equal(connection.one('pragma integrity_check')?.integrity_check, 'ok')
        const number = (sql: string) => Number(connection.one(sql)?.number)
        const messages = number('select count(*) as number from message')
        assert.ok(messages >= acknowledged.length)
        for (const table of ['message_raw', 'idempotency', 'audit', 'case_row']) {
          assert.equal(number(`select count(*) as number from ${table}`), messages, table)
        }
        assert.equal(number('select count(*) as number from delivery'), 2 * messages)
        assert.equal(number('select sum(deliveries) as number from delivery_count'), 2 * messages)
        connection.close()
      }
    } finally {
      await erase()
    }
  })
})
