import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepSecrets } from './secrets.ts'

describe('the secrets of a simulated province', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-secrets-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('are drawn once, each different, in a file that only its owner reads', () => {
    const file = join(folder, 'secrets.json')
    const first = keepSecrets(file, ['A', 'B'])
    assert.deepEqual([...first.keys()], ['A', 'B'])
    assert.equal(new Set(first.values()).size, 2)
    assert.deepEqual(keepSecrets(file, ['A', 'B']), first)
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  it('are kept when a system is added', () => {
    const file = join(folder, 'secrets.json')
    const first = keepSecrets(file, ['A'])
    const second = keepSecrets(file, ['A', 'B'])
    assert.equal(second.get('A'), first.get('A'))
    assert.ok(second.has('B'))
  })

  it('are not overwritten where the file holds something else', () => {
    const file = join(folder, 'secrets.json')
    writeFileSync(file, '{"A":1}')
    assert.throws(() => keepSecrets(file, ['A']), /should be one JSON object/)
  })
})
