import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { VersionShelf } from './version-shelf.ts'

const WRITER = fileURLToPath(new URL('./crash-activator.ts', import.meta.url))

/** Runs the activator until it has printed `lines`, kills it in the middle of the next, and gives what it printed. */
function killedAfter(dataDir: string, from: number, lines: number): Promise<string[]> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [WRITER, dataDir, String(from)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8')
      if (text.split('\n').length > lines) child.kill('SIGKILL')
    })
    child.on('close', () => resolve(text.split('\n').filter((line) => line !== '')))
  })
}

describe('activation', () => {
  it('survives kill -9 at any moment: what is in the history is whole, what was told is in the history', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'hub-activation-'))
    try {
      const told: string[] = []
      for (let round = 0; round < 6; round++) {
        told.push(...(await killedAfter(dataDir, told.length + round, 1 + round)))
        const shelf = new VersionShelf(dataDir)
        const history = shelf.history('crashing').map(({ version }) => version)
        for (const version of told)
          assert.ok(history.includes(version), `${version} was told and is not there`)
        for (const version of history) {
          const { files, shared } = shelf.source('crashing', version) ?? assert.fail(`${version} is not kept`)
          assert.equal(files.size, 20)
          for (const text of files.values()) assert.equal(text, `${version} `.repeat(500))
          assert.equal(shared.get('a.jsonata'), version)
        }
      }
      assert.ok(told.length >= 15)
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})
