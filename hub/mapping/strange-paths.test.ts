import assert from 'node:assert/strict'
import type { AstNode } from './ast.ts'
import { parse } from './engine/parse.ts'
import { lineageOf } from './lineage.ts'
import type { MappingFile } from './package-reader.ts'
import { type SchemaNode, schemaPaths } from './schema-paths.ts'
import { strangeReads, strangeTargets, unreadPaths } from './strange-paths.ts'

const partner: SchemaNode = {
  $ref: '#/$defs/top',
}
const definitions: Readonly<Record<string, SchemaNode>> = {
  '#/$defs/top': {
    properties: {
      body: { properties: { applicant: {}, form: {}, materials: { items: { $ref: '#/$defs/material' } } } },
    },
  },
  '#/$defs/material': { properties: { name: {}, size: {} } },
}
const source = schemaPaths(partner, (ref) => definitions[ref])
const target = schemaPaths(
  { properties: { data: { properties: { name: {}, materials: { items: { properties: { size: {} } } } } } } },
  () => undefined,
)

function mapping(text: string, name = 'in/X'): MappingFile {
  return {
    name,
    source,
    target,
    lineage: lineageOf(parse(text) as AstNode, source.isArray),
  } as unknown as MappingFile
}

describe('strange paths', () => {
  it('finds misspelt fields of the source and suggests the one that was meant', () => {
    const found = strangeReads(
      mapping(
        '{ "data": { "name": body.aplicant, "materials": [body.materials.{ "size": sise }], "x": body.form.any.thing, "y": $sender.id } }',
      ),
    )
    assert.deepEqual(found, [
      { path: 'body.aplicant', suggestion: 'body.applicant' },
      { path: 'body.materials[].sise', suggestion: 'body.materials[].size' },
    ])
  })

  it('finds misspelt fields of the target; what a draft has besides data is left to the intake', () => {
    const found = strangeTargets(
      mapping(
        '{ "externalId": body.form, "data": { "nmae": body.applicant, "materials": [body.materials.{ "size": size }] } }',
      ),
    )
    assert.deepEqual(found, [{ path: 'data.nmae', suggestion: 'data.name' }])
    assert.deepEqual(strangeTargets(mapping('{ "externalId": 1 }', 'out/x')), [{ path: 'externalId' }])
  })

  it('lists what a mapping does not look at', () => {
    assert.deepEqual(unreadPaths(mapping('{ "data": { "name": body.form, "x": [body.materials.name] } }')), [
      'body.applicant',
      'body.materials[].size',
    ])
    assert.deepEqual(unreadPaths(mapping('{ "data": body }')), [])
  })
})
