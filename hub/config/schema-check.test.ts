import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { schemaCheck } from './schema-check.ts'

const signing = {
  type: 'object',
  required: ['scheme'],
  properties: {
    scheme: { enum: ['none', 'keyed'] },
  },
  oneOf: [
    { properties: { scheme: { const: 'none' } } },
    { properties: { scheme: { const: 'keyed' }, key: { type: 'string' } }, required: ['key'] },
  ],
}
const schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    pace: { type: 'integer', default: 3 },
    day: { type: 'string', format: 'date' },
    signing,
  },
  required: ['name'],
}
const check = schemaCheck(schema, { strict: false })
const places = (value: unknown): string[] =>
  check(value, 'f', '/base').map(({ code, path }) => `${code} ${path}`)

describe('schemaCheck', () => {
  it('fills defaults in', () => {
    const value = { name: 'x' }
    assert.deepEqual(check(value, 'f'), [])
    assert.deepEqual(value, { name: 'x', pace: 3 })
  })

  it('finds everything that is wrong', () => {
    assert.deepEqual(places({ pace: 'quick', day: '2026-02-30' }).sort(), [
      'CONFIG_REQUIRED /base/name',
      'CONFIG_TYPE /base/pace',
      'CONFIG_VALUE /base/day',
    ])
  })

  it('says of alternatives what is wrong with the one that was meant', () => {
    assert.deepEqual(places({ name: 'x', signing: { scheme: 'keyed' } }), [
      'CONFIG_REQUIRED /base/signing/key',
    ])
  })

  it('says of alternatives that none fits where it cannot tell which was meant', () => {
    assert.ok(
      places({ name: 'x', signing: { scheme: 'other' } }).includes('CONFIG_VALUE /base/signing/scheme'),
    )
  })

  it('reads numbers from text where it is told to', () => {
    const coercing = schemaCheck(
      { type: 'object', properties: { port: { type: 'integer' } } },
      { strict: true, coerceTypes: true },
    )
    const value = { port: '8080' }
    assert.deepEqual(coercing(value, 'f'), [])
    assert.deepEqual(value, { port: 8080 })
    assert.equal(coercing({ port: '80a' }, 'f')[0]?.path, '/port')
  })

  it('refuses a schema of ours that has a mistyped keyword', () => {
    assert.throws(() => schemaCheck({ type: 'object', requird: [] }, { strict: true }), /requird/)
  })

  it('need not look whether the schemas that are shipped are schemas: they are', () => {
    const root = join(import.meta.dirname, '..', '..')
    const files = globSync('{hub,adapters,schemas}/**/*.schema.json', { cwd: root })
    assert.ok(files.length > 30, files.join(' '))
    const ajv = new Ajv2020({ strict: false, logger: false })
    for (const file of files) {
      const schema = JSON.parse(readFileSync(join(root, file), 'utf8'))
      assert.ok(ajv.validateSchema(schema), `${file}: ${ajv.errorsText()}`)
    }
  })
})
