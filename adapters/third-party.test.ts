import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '../hub/contract/errors.ts'
import { thirdPartyKinds } from './third-party.ts'

const KIND = `{
  summary: 'Sends letters by pigeon.',
  configSchema: { type: 'object' },
  traits: { ordered: true, queryable: false },
  open: async () => { throw new Error('not in this test') },
}`

describe('packages that bring adapter kinds', () => {
  let folder: string
  let topology: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-packages-'))
    topology = join(folder, 'deployment', 'topology')
    mkdirSync(topology, { recursive: true })
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  function install(
    name: string,
    description: object | string,
    files: Readonly<Record<string, string>>,
  ): void {
    const place = join(folder, 'deployment', 'node_modules', name)
    mkdirSync(place, { recursive: true })
    const text = typeof description === 'string' ? description : JSON.stringify({ name, ...description })
    writeFileSync(join(place, 'package.json'), text)
    for (const [file, content] of Object.entries(files)) writeFileSync(join(place, file), content)
  }

  async function found(name: string): Promise<readonly string[]> {
    return (await thirdPartyKinds([name], topology)).map((kind) => `${kind.name}: ${kind.summary}`)
  }

  const module = { 'index.js': `export default ${KIND}` }
  const layouts: readonly (readonly [string, object, Readonly<Record<string, string>>])[] = [
    ['for import only', { type: 'module', exports: { '.': { import: './index.js' } } }, module],
    [
      'for import and require',
      { exports: { import: './a.mjs', require: './b.cjs' } },
      {
        'a.mjs': `export default ${KIND}`,
        'b.cjs': 'throw new Error("the wrong half")',
      },
    ],
    [
      'under node and default conditions',
      { type: 'module', exports: { node: { default: './index.js' } } },
      module,
    ],
    ['by a plain path', { type: 'module', exports: './index.js' }, module],
    ['by main', { type: 'module', main: 'index.js' }, module],
    ['by nothing but a file index.js, in CommonJS', {}, { 'index.js': `module.exports = ${KIND}` }],
  ]
  for (const [title, description, files] of layouts) {
    it(`are found where they export ${title}`, async () => {
      for (const name of ['pigeon', '@vendor/pigeon']) {
        install(name, description, files)
        assert.deepEqual(await found(name), [`${name}: Sends letters by pigeon.`])
      }
    })
  }

  it('are those beside the topology, not those of the hub', async () => {
    install('yaml', { type: 'module', exports: './index.js' }, module)
    assert.deepEqual(await found('yaml'), ['yaml: Sends letters by pigeon.'])
  })

  it('are none where nothing of that name is installed, or the name is none of a package', async () => {
    for (const name of ['pigeon', '@vendor/pigeon', '@vendor', 'fs', 'node:fs', 'no such%2fname'])
      assert.deepEqual(await found(name), [], name)
  })

  const broken: readonly (readonly [string, object | string, RegExp])[] = [
    ['exports nothing', { exports: { './other': './index.js' } }, /is there.*No "exports" main/s],
    ['lacks the file', { exports: './gone.js' }, /fails when it is loaded|is there/],
    ['has neither exports nor a file', {}, /is there, and has nothing to import/],
    ['cannot be read', '{', /is there.*Invalid package config/s],
  ]
  for (const [title, description, words] of broken) {
    it(`are named where the package ${title}`, async () => {
      install('@vendor/pigeon', description, {})
      await assert.rejects(found('@vendor/pigeon'), (error: unknown) => {
        assert.ok(error instanceof ConfigError)
        assert.match(error.message, /^adapter @vendor\/pigeon: /)
        assert.match(error.message, words)
        return true
      })
    })
  }
})
