import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'

const cli = new URL('../../cli.ts', import.meta.url).pathname

describe('the packages that are shipped', function () {
  this.timeout(60_000)

  const run = (command: readonly string[]): { readonly ok: boolean; readonly warnings?: number } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'mapping', ...command, '--json'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
    assert.equal(status, 0, `${stderr}\n${stdout.slice(-2000)}`)
    return JSON.parse(stdout)
  }

  for (const command of [['test'], ['coverage'], ['roundtrip']]) {
    it(`pass hub mapping ${command.join(' ')}`, () => {
      assert.equal(run(command).ok, true)
    })
  }

  it('pass hub mapping lint --all without a warning: each is mended at its cause or has its reason beside it', () => {
    const { ok, warnings } = run(['lint', '--all'])
    assert.deepEqual({ ok, warnings }, { ok: true, warnings: 0 })
  })
})
