import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'

const cli = new URL('../../cli.ts', import.meta.url).pathname

describe('the packages that are shipped', function () {
  this.timeout(60_000)

  for (const command of [['lint', '--all'], ['test'], ['coverage'], ['roundtrip']]) {
    it(`pass hub mapping ${command.join(' ')}`, () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'mapping', ...command, '--json'], {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
      })
      assert.equal(status, 0, `${stderr}\n${stdout.slice(-2000)}`)
      assert.equal(JSON.parse(stdout).ok, true)
    })
  }
})
