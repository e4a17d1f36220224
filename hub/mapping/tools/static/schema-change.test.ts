import assert from 'node:assert/strict'
import { schemaChanges } from './schema-change.ts'
import { type JsonSchema, plainTree } from './schema-tree.ts'

const BEFORE: JsonSchema = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string', maxLength: 20 },
    code: { type: 'string', enum: ['1', '2'] },
    rows: {
      type: 'array',
      items: { type: 'object', properties: { name: { type: 'string' }, size: { type: 'integer' } } },
    },
  },
}

function changesTo(
  change: (properties: Record<string, JsonSchema>) => unknown,
  required = BEFORE.required,
): string[] {
  const properties = structuredClone(BEFORE.properties) as Record<string, JsonSchema>
  change(properties)
  return schemaChanges(
    plainTree(BEFORE),
    plainTree({ ...BEFORE, properties, ...(required === undefined ? {} : { required }) }),
  ).map(
    ({ kind, path, from, to, breaking }) =>
      `${kind} ${path} ${JSON.stringify(from)} ${JSON.stringify(to)}${breaking ? ' !' : ''}`,
  )
}

describe('changes of a schema', () => {
  it('are none between equal schemas', () => {
    assert.deepEqual(
      changesTo(() => undefined),
      [],
    )
  })

  const table: readonly (readonly [
    string,
    (properties: Record<string, JsonSchema>) => void,
    readonly string[],
  ])[] = [
    [
      'a longer limit',
      (all) => Object.assign(all, { id: { type: 'string', maxLength: 30 } }),
      ['maxLength id 20 30 !'],
    ],
    [
      'another type',
      (all) => Object.assign(all, { id: { type: 'integer', maxLength: 20 } }),
      ['type id "string" "integer" !'],
    ],
    [
      'one type more',
      (all) => Object.assign(all, { id: { type: ['string', 'integer'], maxLength: 20 } }),
      ['type id "string" "integer/string"'],
    ],
    [
      'a value more',
      (all) => Object.assign(all, { code: { type: 'string', enum: ['1', '2', '3'] } }),
      ['enum code ["1","2"] ["1","2","3"] !'],
    ],
    [
      'values in another order',
      (all) => Object.assign(all, { code: { type: 'string', enum: ['2', '1'] } }),
      [],
    ],
    [
      'a new form',
      (all) => Object.assign(all, { id: { type: 'string', maxLength: 20, pattern: '^\\d+$' } }),
      ['format id {} {"pattern":"^\\\\d+$"} !'],
    ],
    [
      'a member more',
      (all) => Object.assign(all, { extra: { type: 'string' } }),
      ['added extra undefined "optional"'],
    ],
    ['an object that went, once', (all) => delete all.rows, ['removed rows undefined undefined !']],
    [
      'a member of another name, and what else changed about it',
      (all) => {
        delete all.code
        all.codes = { type: 'string', enum: ['1'] }
      },
      ['enum code ["1","2"] ["1"] !', 'renamed code "code" "codes" !'],
    ],
  ]
  for (const [what, change, expected] of table) {
    it(`tell ${what}`, () => {
      assert.deepEqual(changesTo(change).sort(), [...expected].sort())
    })
  }

  it('tell what became required, and what no longer is', () => {
    assert.deepEqual(
      changesTo(() => undefined, ['code']),
      ['required code "optional" "required" !', 'required id "required" "optional" !'],
    )
  })
})
