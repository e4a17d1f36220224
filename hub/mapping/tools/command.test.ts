import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openTools, type Tools } from '../../testing/captured-tools.ts'
import { VirtualClock } from '../../testing/virtual-clock.ts'
import { mappingCommand } from './command.ts'

const CLI = fileURLToPath(new URL('../../cli.ts', import.meta.url))

describe('hub mapping', () => {
  let tools: Tools
  before(() => {
    tools = openTools('gateway-json')
  })
  after(() => tools.remove())

  it('has a description and --json on every command', () => {
    const command = mappingCommand({
      environment: {},
      clock: new VirtualClock(),
      user: 'tester',
      print() {},
      complain() {},
      finish() {},
      stopping: new AbortController().signal,
    })
    const names = command.commands.map((one) => one.name())
    for (const name of [
      'new',
      'test',
      'preview',
      'roundtrip',
      'diff',
      'activate',
      'rollback',
      'versions',
      'lint',
    ])
      assert.ok(names.includes(name), name)
    for (const one of command.commands) {
      assert.ok(one.description().endsWith('.'), one.name())
      assert.ok(
        one.options.some(({ long }) => long === '--json'),
        one.name(),
      )
    }
  })

  it('ends the program with 0, 1 or 2 and writes complaints to the error output', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [CLI, 'mapping', ...args], {
        encoding: 'utf8',
        env: { HUB_MAPPINGS_DIR: `${tools.root}/mappings`, HUB_DATA_DIR: `${tools.root}/data` },
      })
    const fine = run('test', 'gateway-json', '--json')
    assert.deepEqual([fine.status, JSON.parse(fine.stdout).ok, fine.stderr], [0, true, ''])
    tools.write('mappings/gateway-json/cases/属地受理/expected.json', '{}')
    assert.equal(run('test').status, 1)
    const wrong = run('test', 'nothing')
    assert.deepEqual([wrong.status, wrong.stdout], [2, ''])
    assert.match(wrong.stderr, /^There is no format nothing/)
    const option = run('versions', '--all')
    assert.equal(option.status, 2)
    assert.match(option.stderr, /unknown option '--all'/)
    assert.equal(run('--help').status, 0)
    const unattended = run('test', 'gateway-json', '--update')
    assert.equal(unattended.status, 2)
    assert.match(unattended.stderr, /needs --yes/)
  }).timeout(60_000)
})
