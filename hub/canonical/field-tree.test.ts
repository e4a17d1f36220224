import assert from 'node:assert/strict'
import { fieldAt, fieldTree, nearestField, personalFieldsOf } from './field-tree.ts'
import type { Schema } from './schema-files.ts'

const parts: Schema = {
  $id: 'urn:parts',
  $defs: {
    Person: {
      description: '人；自然人 / Person; a natural one',
      type: 'object',
      properties: {
        kind: { description: '种类 / Kind', type: 'string' },
        name: {
          description: '姓名 / Name',
          type: 'string',
          'x-personal': 'name',
          'x-personal-unless': { sibling: 'kind', values: ['2'] },
        },
      },
    },
  },
}
const root = fieldTree(
  {
    description: '名单 / List',
    type: 'object',
    properties: {
      people: { description: '人员 / People', type: 'array', items: { $ref: 'urn:parts#/$defs/Person' } },
      head: { description: '负责人 / Head', $ref: 'urn:parts#/$defs/Person' },
      'a/b~c': { description: '斜线 / Slash', type: 'string' },
    },
  },
  parts,
)

describe('field tree', () => {
  it('names a property by its own description, before that of the part', () => {
    assert.deepEqual(fieldAt(root, '/head')?.label, { zh: '负责人', en: 'Head' })
    assert.equal(fieldAt(root, '/head')?.note, undefined)
  })

  it('names an element by the part, its note apart', () => {
    const element = fieldAt(root, '/people/7')
    assert.deepEqual(element?.label, { zh: '人', en: 'Person' })
    assert.deepEqual(element?.note, { zh: '自然人', en: 'a natural one' })
  })

  it('follows escaped pointers', () => {
    assert.deepEqual(fieldAt(root, '/a~1b~0c')?.label, { zh: '斜线', en: 'Slash' })
  })

  it('finds the closest defined field above an unknown one', () => {
    assert.equal(fieldAt(root, '/people/0/age/0'), undefined)
    assert.equal(nearestField(root, '/people/0/age/0').label.en, 'Person')
    assert.equal(nearestField(root, '/unknown').label.en, 'List')
  })

  it('lists personal fields with a star for every index', () => {
    const unless = { sibling: 'kind', values: ['2'] }
    assert.deepEqual(personalFieldsOf(root), [
      { pointer: '/people/*/name', kind: 'name', unless },
      { pointer: '/head/name', kind: 'name', unless },
    ])
  })

  it('refuses a reference to no part', () => {
    assert.throws(
      () => fieldTree({ $ref: 'urn:parts#/$defs/Ghost' }, parts),
      /Ghost is not defined in urn:parts/,
    )
  })
})
