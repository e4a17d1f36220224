import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '../contract/errors.ts'
import { shippedTopology } from '../testing/edited-topology.ts'
import { loadTopology } from './load-topology.ts'
import { loadSecrets, missingSecrets, secretNames } from './secrets.ts'

const topology = loadTopology(shippedTopology, {})

function codesOf(run: () => unknown): string[] {
  let codes: string[] = []
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof ConfigError)
    assert.doesNotMatch(error.message, /hush/)
    codes = error.faults.map(({ code }) => code)
    return true
  })
  return codes
}

describe('loadSecrets', () => {
  let folder: string
  let file: string
  const write = (text: string, mode = 0o600): void => {
    writeFileSync(file, text)
    chmodSync(file, mode)
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-secrets-'))
    file = join(folder, 'secrets.json')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('finds a secret in the environment, else in the file', () => {
    write('{"A":"hush-a","B":"hush-b","C":""}')
    const secret = loadSecrets({ A: 'hush-environment', B: '' }, file)
    assert.equal(secret('A'), 'hush-environment')
    assert.equal(secret('B'), 'hush-b')
    assert.deepEqual(
      codesOf(() => secret('C')),
      ['SECRET_MISSING'],
    )
  })

  it('names the secret that is missing', () => {
    assert.throws(() => loadSecrets({})('HEALTH_KEY'), /HEALTH_KEY/)
    assert.deepEqual(
      codesOf(() => loadSecrets({})('toString')),
      ['SECRET_MISSING'],
    )
  })

  it('refuses a file that others may read', function () {
    if (process.platform === 'win32') this.skip()
    for (const mode of [0o640, 0o604, 0o620]) {
      write('{"A":"hush"}', mode)
      assert.deepEqual(
        codesOf(() => loadSecrets({}, file)),
        ['SECRETS_FILE_MODE'],
      )
    }
  })

  it('refuses a file that is missing or no object of texts, without quoting it', () => {
    assert.deepEqual(
      codesOf(() => loadSecrets({}, file)),
      ['SECRETS_FILE'],
    )
    for (const text of ['{"A": hush}', '["hush"]', '{"A":{"hush":1}}', 'null']) {
      write(text)
      assert.deepEqual(
        codesOf(() => loadSecrets({}, file)),
        ['SECRETS_FILE'],
        text,
      )
    }
  })
})

describe('secretNames', () => {
  it('finds the secret of every key, and each name once', () => {
    const names = secretNames(topology).map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    assert.ok(
      [...topology.systems.values()].every(({ keys }) => keys.every(({ secret }) => names.includes(secret))),
    )
    assert.ok(names.includes('OPERATOR_DUTY_KEY'))
  })

  it('finds secrets that only a link names', () => {
    const system = topology.systems.get('health')
    assert.ok(system?.outbound)
    const linked = {
      ...system,
      outbound: { ...system.outbound, config: { signing: { secret: 'OTHER_KEY' } } },
    }
    assert.deepEqual(secretNames({ systems: new Map([['health', linked]]), operators: new Map() }), [
      { name: 'HEALTH_KEY', file: 'systems/health.yaml', path: '/keys/0/secret' },
      { name: 'OTHER_KEY', file: 'systems/health.yaml', path: '/outbound/config/signing/secret' },
    ])
  })
})

describe('missingSecrets', () => {
  it('names every missing secret by the place that needs it', () => {
    const all = Object.fromEntries(secretNames(topology).map(({ name }) => [name, 'hush']))
    const { HEALTH_KEY: _, ...most } = all
    assert.deepEqual(missingSecrets(topology, loadSecrets(all)), [])
    const [fault, ...others] = missingSecrets(topology, loadSecrets(most))
    assert.deepEqual(others, [])
    assert.deepEqual(
      [fault?.code, fault?.file, fault?.path],
      ['SECRET_MISSING', 'systems/health.yaml', '/keys/0/secret'],
    )
  })
})
