/** The tracer on a program of a few lines that writes and syncs: which call it hits, and that it hits nothing else. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callsIn, hasHappened, type Point, tracer, tracerMissing } from './tracer.ts'

/** Writes and syncs two files five times, and prints how often the first of them was written and synced. */
const PROGRAM = `
  import { openSync, writeSync, fsyncSync } from 'node:fs'
  const [watched, other] = process.argv.slice(1).map((file) => openSync(file, 'w'))
  for (let round = 1; round <= 5; round++) {
    writeSync(other, 'x', round)
    try {
      writeSync(watched, Buffer.from('x'), 0, 1, round)
      fsyncSync(watched)
      console.log(round)
    } catch ({ code }) {
      console.log(code)
    }
  }`

describe('tracer', function () {
  this.timeout(30_000)
  let folder: string

  before(function () {
    const missing = tracerMissing()
    // Said out loud: a machine without a tracer proves nothing about system calls.
    if (missing !== undefined) {
      console.log(`      skipped: ${missing}`)
      this.skip()
    }
  })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-tracer-'))
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  async function run(point?: Point): Promise<{ printed: string[]; signal: string | null; log: string }> {
    const log = join(folder, 'log')
    const [watched, other] = [join(folder, 'watched'), join(folder, 'other')]
    const [command = '', ...prefix] = tracer({ files: [watched], log, point })
    const program = [process.execPath, '--input-type=module', '-e', PROGRAM, watched, other]
    const child = spawn(command, [...prefix, ...program], { stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.on('data', (piece) => {
      printed += piece
    })
    const exit = once(child, 'exit')
    await once(child, 'close')
    const [, signal] = (await exit) as [number | null, string | null]
    return { printed: printed.trim().split('\n'), signal, log }
  }

  it('counts the calls on the watched file alone', async () => {
    const { log, printed } = await run()
    assert.deepEqual(printed, ['1', '2', '3', '4', '5'])
    assert.deepEqual([callsIn(log).get('pwrite64'), callsIn(log).get('fsync')], [5, 5])
  })

  it('kills the program itself at the call that was named', async () => {
    const point: Point = { call: 'pwrite64', number: 3, fault: 'kill' }
    const { printed, signal, log } = await run(point)
    assert.deepEqual([printed, signal, hasHappened(log, point)], [['1', '2'], 'SIGKILL', true])
  })

  it('lets one call fail', async () => {
    const point: Point = { call: 'fsync', number: 2, fault: 'EIO' }
    const { printed, log } = await run(point)
    assert.deepEqual([printed, hasHappened(log, point)], [['1', 'EIO', '3', '4', '5'], true])
  })

  it('keeps the disk full for a while', async () => {
    const point: Point = { call: 'pwrite64', number: 4, fault: 'ENOSPC' }
    assert.deepEqual((await run(point)).printed, ['1', '2', '3', 'ENOSPC', 'ENOSPC'])
  })

  it('says where the fault did not come about', async () => {
    const point: Point = { call: 'pwrite64', number: 6, fault: 'kill' }
    const { signal, log } = await run(point)
    assert.deepEqual([signal, hasHappened(log, point)], [null, false])
  })
})
