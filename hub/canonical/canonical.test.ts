/** The canonical schemas as a whole: what they promise to mapping authors, and the samples that prove it. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { MESSAGE_TYPES } from '../contract/message.ts'
import { PROBLEMS } from '../contract/problems.ts'
import { type Field, fieldsOf, fieldTree } from './field-tree.ts'
import { FORMATS } from './formats.ts'
import { normaliseResidentId } from './resident-id.ts'
import { readSchemas, type Schema } from './schema-files.ts'
import { loadValidator } from './validator.ts'

interface Sample {
  readonly title: string
  readonly data: unknown
  readonly expect?: readonly { readonly pointer: string; readonly code: string }[]
}

const samplesFolder = new URL('../../schemas/canonical/samples/', import.meta.url)
const { parts, envelope, types } = readSchemas()
const validator = loadValidator()

function samplesOf(type: string): readonly (readonly [string, Sample])[] {
  const folder = new URL(`${type}/`, samplesFolder)
  return readdirSync(folder)
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Sample])
}

describe('canonical schemas', () => {
  it('are one for each message type, and none besides', () => {
    assert.deepEqual([...types.keys()], [...MESSAGE_TYPES])
    const files = readdirSync(new URL('..', samplesFolder)).filter((name) => name.endsWith('.json'))
    const wanted = ['envelope', 'parts', ...MESSAGE_TYPES].map((name) => `${name}.schema.json`)
    assert.deepEqual(files.sort(), wanted.sort())
    for (const [type, schema] of types) {
      assert.equal(schema.$id, `urn:hub:canonical:${type}:1`)
      assert.equal(validator.dataschema(type), schema.$id)
    }
    assert.deepEqual([...(envelope.properties?.type?.enum ?? [])].sort(), [...MESSAGE_TYPES].sort())
  })

  it('are valid against the meta-schema of 2020-12', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    for (const schema of [parts, envelope, ...types.values()]) {
      assert.ok(ajv.validateSchema(schema), `${schema.$id}: ${ajv.errorsText()}`)
    }
  })

  it('describe every property in Chinese and in English', () => {
    everyField(({ at, field }) => {
      const description = field.schema.description ?? ''
      assert.match(
        description,
        /^[^/]*\p{Script=Han}.* \/ [A-Z][^\p{Script=Han}]*$/u,
        `${at}: ${description}`,
      )
      assert.notEqual(field.label.en.trim(), '', at)
      assert.ok(field.label.zh.length <= 30, `${at}: the Chinese label is too long for a sentence`)
    })
  })

  it('explain every code value in both languages', () => {
    everyField(({ at, field: { schema } }) => {
      if (schema.enum === undefined || at === 'envelope/type') return
      assert.deepEqual(Object.keys(schema['x-values'] ?? {}).sort(), [...schema.enum].sort(), at)
      for (const words of Object.values(schema['x-values'] ?? {})) assert.match(words, /^[^/]+ \/ [^/]+$/, at)
    })
  })

  it('close every object but the form', () => {
    everyField(({ at, field: { schema } }) => {
      if (schema.type !== 'object' || at.endsWith('/form') || at === 'envelope/data') return
      assert.equal(schema.additionalProperties, false, at)
      for (const name of schema.required ?? []) assert.ok(schema.properties?.[name], `${at} requires ${name}`)
    })
  })

  it('limit every text, number and list', () => {
    everyField(({ at, field: { schema } }) => {
      const limits = schema as Schema & Readonly<Record<string, unknown>>
      if (schema.enum !== undefined || schema.const !== undefined) return
      if (schema.type === 'string') {
        assert.equal(typeof limits.maxLength, 'number', at)
        if (schema.format === undefined) assert.equal(limits.minLength, 1, at)
        else
          assert.ok(
            FORMATS[schema.format]?.('') !== undefined,
            `${at}: an unknown format, or one that takes ''`,
          )
        if (schema.pattern !== undefined && schema.pattern !== '\\S')
          assert.match(schema['x-form'] ?? '', / \/ /, at)
      }
      if (schema.type === 'array') assert.equal(typeof limits.maxItems, 'number', at)
      if (schema.type === 'integer')
        assert.deepEqual([typeof limits.minimum, typeof limits.maximum], ['number', 'number'], at)
    })
  })

  it('mark national names and personal data in known words', () => {
    everyField(({ at, field: { schema, properties }, parent }) => {
      assert.match(schema['x-national'] ?? 'NONE', /^[A-Z][A-Z0-9_]*$/, at)
      assert.ok(['id', 'name', 'phone', 'address', 'form', undefined].includes(schema['x-personal']), at)
      const sibling = schema['x-personal-unless']?.sibling
      if (sibling !== undefined) {
        const values = parent?.properties.get(sibling)?.schema.enum ?? []
        for (const value of schema['x-personal-unless']?.values ?? []) assert.ok(values.includes(value), at)
      }
      // What looks like the number, telephone or address of a person is marked as such.
      for (const [name, property] of properties) {
        if (
          ['mobile', 'phone', 'complainant', 'postcode'].includes(name) &&
          property.schema.type === 'string'
        ) {
          assert.equal(property.schema['x-personal'] !== undefined, name !== 'postcode', `${at}/${name}`)
        }
      }
    })
  })

  it('use only keywords for which a fault is worded', () => {
    const worded = new Set(
      '$schema $id $ref $defs title description type enum const required properties additionalProperties items format pattern minLength maxLength minItems maxItems minimum maximum maxProperties allOf anyOf if then'.split(
        ' ',
      ),
    )
    const visit = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return
      for (const [keyword, value] of Object.entries(schema)) {
        assert.ok(worded.has(keyword) || keyword.startsWith('x-'), keyword)
        if (keyword === 'properties' || keyword === '$defs')
          for (const child of Object.values(value)) visit(child)
        else if (keyword === 'allOf' || keyword === 'anyOf') for (const child of value) visit(child)
        else if (['items', 'if', 'then'].includes(keyword)) visit(value)
      }
    }
    for (const schema of [parts, envelope, ...types.values()]) visit(schema)
  })

  it('use every shared part', () => {
    const text = JSON.stringify([parts, envelope, ...types.values()])
    for (const name of Object.keys(parts.$defs ?? {})) {
      assert.ok(text.includes(`"urn:hub:canonical:parts:1#/$defs/${name}"`), `${name} is used nowhere`)
    }
  })
})

describe('canonical samples', () => {
  it('exist for each message type, and for none besides', () => {
    assert.deepEqual(readdirSync(samplesFolder).sort(), [...MESSAGE_TYPES].sort())
    for (const type of MESSAGE_TYPES) {
      const names = samplesOf(type).map(([name]) => name)
      assert.ok(names.includes('valid-rich.json') && names.includes('valid-minimal.json'), type)
      assert.ok(names.filter((name) => name.startsWith('invalid-')).length >= 2, type)
      assert.ok(
        names.every((name) => /^(?:in)?valid-[a-z0-9-]+\.json$/.test(name)),
        type,
      )
    }
  })

  it('fill every field between them', () => {
    for (const [type, schema] of types) {
      const filled = new Set<string>()
      for (const [name, { data }] of samplesOf(type))
        if (name.startsWith('valid-')) pointersOf(data, '', filled)
      for (const { pointer } of fieldsOf(fieldTree(schema, parts)))
        assert.ok(filled.has(pointer), `${type}${pointer}`)
    }
  })

  it('leave out of the minimal one whatever may be left out', () => {
    for (const [type] of types) {
      const minimal = samplesOf(type).find(([name]) => name === 'valid-minimal.json')?.[1].data as Record<
        string,
        unknown
      >
      for (const name of Object.keys(minimal)) {
        const { [name]: _, ...less } = minimal
        assert.notDeepEqual(validator.validate(type, less), [], `${type} does not need ${name}`)
      }
    }
  })

  for (const type of MESSAGE_TYPES) {
    describe(type, () => {
      for (const [name, { title, data, expect }] of samplesOf(type)) {
        if (expect === undefined) {
          it(`takes ${name}: ${title}`, () => {
            assert.ok(name.startsWith('valid-'))
            assert.deepEqual(validator.validate(type, data), [])
          })
          continue
        }
        it(`refuses ${name}: ${title}`, () => {
          assert.ok(name.startsWith('invalid-') && expect.length > 0)
          for (const { code } of expect) assert.ok(code in PROBLEMS, code)
          const told = validator.validate(type, data).map(({ pointer, code }) => `${pointer} ${code}`)
          assert.deepEqual(told.sort(), expect.map(({ pointer, code }) => `${pointer} ${code}`).sort())
        })
      }
    })
  }

  it('hold made-up people only', () => {
    const madeUpNames = /^(?:.?测试.*|𠮷䶮㛃|\s*|测试\ud842)$/
    const madeUpNumbers = [
      '410101190001010015',
      '410101199001010016',
      '11010519491231002X',
      '91410100MA0000001X',
      'E00000001',
    ]
    for (const [type] of types) {
      for (const [file, { data }] of samplesOf(type)) {
        if (!file.startsWith('valid-')) continue
        for (const { pointer, kind } of validator.personalFields(type)) {
          for (const value of valuesAt(data, pointer.split('/').slice(1))) {
            const at = `${type}/${file}${pointer}`
            if (kind === 'name') assert.match(value as string, madeUpNames, at)
            if (kind === 'id')
              assert.ok(madeUpNumbers.includes(normaliseResidentId(value as string) ?? (value as string)), at)
            if (kind === 'phone') assert.match(value as string, /^(?:1380000000\d|0377-6300000\d)$/, at)
            if (kind === 'address') assert.match(value as string, /测试/, at)
          }
        }
      }
    }
  })
})

/** Runs a check on every field of every schema, each shared part included where it is used. */
function everyField(check: (place: { at: string; field: Field; parent: Field | undefined }) => void): void {
  for (const [name, schema] of [['envelope', envelope] as const, ...types]) {
    const visit = (field: Field, at: string, parent: Field | undefined) => {
      check({ at, field, parent })
      for (const [key, property] of field.properties) visit(property, `${at}/${key}`, field)
      if (field.items !== undefined) visit(field.items, `${at}/*`, field)
    }
    visit(fieldTree(schema, parts), name, undefined)
  }
}

/** Pointers of all values, `*` for indexes. */
function pointersOf(data: unknown, at: string, found: Set<string>): void {
  found.add(at)
  if (Array.isArray(data)) for (const element of data) pointersOf(element, `${at}/*`, found)
  else if (typeof data === 'object' && data !== null) {
    for (const [key, value] of Object.entries(data)) pointersOf(value, `${at}/${key}`, found)
  }
}

function valuesAt(data: unknown, path: readonly string[]): unknown[] {
  const [first, ...rest] = path
  if (first === undefined) return [data]
  if (typeof data !== 'object' || data === null) return []
  if (first === '*') return Object.values(data).flatMap((element) => valuesAt(element, rest))
  return first in data ? valuesAt((data as Record<string, unknown>)[first], rest) : []
}
