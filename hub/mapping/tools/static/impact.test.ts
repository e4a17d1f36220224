import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Impact, impactOf, StrangeSchema } from './impact.ts'
import { type PackageSource, readSources, SHIPPED } from './package-source.ts'
import type { JsonSchema } from './schema-tree.ts'

const { packages } = readSources(SHIPPED)
const two = packages.filter(({ folder }) => folder === 'gateway-json' || folder === 'housing-registry')
const gateway = packages.filter(({ folder }) => folder === 'gateway-json')
const canonical = join(SHIPPED.mappings, '../schemas/canonical')

interface Loose {
  properties: Record<string, Loose>
  $defs: Record<string, Loose>
  required: string[]
  maxLength: number
  enum: string[]
  $id: string
}

async function impact(
  file: string,
  change: (schema: Loose) => void,
  sources: readonly PackageSource[] = gateway,
): Promise<Impact> {
  const before = JSON.parse(readFileSync(file, 'utf8')) as JsonSchema
  const after = structuredClone(before)
  change(after as unknown as Loose)
  return impactOf(sources, before, after)
}

const withdrawn = join(canonical, 'case.withdrawn.schema.json')
const partner = join(SHIPPED.formatSchemas, 'gateway-json/messages.schema.json')
const touchesOf = ({ changes }: Impact) =>
  changes.map(({ kind, message, path, touches }) => ({
    change: `${kind} ${message} ${path}`,
    touches: touches.map(
      ({ side, file, targets }) => `${side} ${file.replace('mappings/', '')}: ${targets.join()}`,
    ),
  }))

describe('impact of a schema change', () => {
  it('names the mappings that make a canonical field and those that read it, with their target fields', async () => {
    const found = await impact(
      withdrawn,
      (schema) => {
        ;(schema.properties.reason as Loose).maxLength = 20
      },
      two,
    )
    const [{ change, touches }] = touchesOf(found) as [{ change: string; touches: string[] }]
    assert.equal(change, 'maxLength case.withdrawn data.reason')
    for (const expected of [
      'makes gateway-json/in/CASE_WITHDRAW.jsonata: data.reason',
      'reads gateway-json/out/case.withdrawn.jsonata: body.reason',
      'reads housing-registry/out/case.withdrawn.jsonata: msgBody.withdraw.reason',
    ])
      assert.ok(touches.includes(expected), touches.join('\n'))
    const [finding] = found.findings
    assert.equal(finding?.rule, 'TARGET_LENGTH')
    assert.equal(finding?.file, 'mappings/gateway-json/in/CASE_WITHDRAW.jsonata')
  }).timeout(30_000)

  it('tells a renamed field and the cases that would fail', async () => {
    const found = await impact(
      withdrawn,
      ({ properties, required }) => {
        properties.withdrawnTime = properties.withdrawnAt as Loose
        delete properties.withdrawnAt
        required.splice(required.indexOf('withdrawnAt'), 1, 'withdrawnTime')
      },
      two,
    )
    assert.equal(touchesOf(found)[0]?.change, 'renamed case.withdrawn data.withdrawnAt')
    assert.ok(found.failing.some(({ title }) => title === '撤回申请'))
    for (const { problems } of found.failing) assert.ok(problems.length > 0)
  }).timeout(30_000)

  it('follows a part that many message types share, and a change of version in its id', async () => {
    const found = await impact(join(canonical, 'parts.schema.json'), (schema) => {
      schema.$id = 'urn:hub:canonical:parts:2'
      const part = schema.$defs.Handler as Loose
      ;(part.properties.name as Loose).maxLength = 5
    })
    const messages = new Set(found.changes.map(({ message }) => message))
    assert.ok(messages.has('case.accepted') && messages.has('case.decided'))
    assert.ok(found.findings.some(({ rule }) => rule === 'TARGET_LENGTH'))
  }).timeout(30_000)

  it('follows a partner schema into both directions and through shared functions', async () => {
    const found = await impact(partner, (schema) => {
      delete (schema.$defs.file as Loose).properties.digest
    })
    const apply = touchesOf(found).find(
      ({ change }) => change === 'removed CASE_APPLY body.materials[].files[].digest',
    )
    assert.deepEqual(apply?.touches.sort(), [
      'makes gateway-json/shared/fileOut.jsonata: body.materials[].files[].digest',
      'reads gateway-json/shared/file.jsonata: data.materials[].files[].digest.algorithm,data.materials[].files[].digest.value',
    ])
    assert.ok(found.failing.length > 0)
    assert.deepEqual(new Set(found.findings.map(({ rule }) => rule)), new Set(['SOURCE_PATH', 'TARGET_PATH']))
  }).timeout(30_000)

  it('points a new required field at the object that lacks it', async () => {
    const found = await impact(partner, (schema) => {
      const body = (schema.$defs.CASE_WITHDRAW as Loose).properties.body as Loose
      body.properties.signature = { type: 'string' } as unknown as Loose
      body.required.push('signature')
    })
    assert.deepEqual(touchesOf(found), [
      {
        change: 'added CASE_WITHDRAW body.signature',
        touches: ['makes gateway-json/out/case.withdrawn.jsonata: body'],
      },
    ])
    assert.deepEqual(
      found.findings.map(({ rule }) => rule),
      ['TARGET_REQUIRED'],
    )
  }).timeout(30_000)

  it('gives the fault where a package would no longer load', async () => {
    const found = await impact(join(canonical, 'parts.schema.json'), (schema) => {
      ;(schema.$defs.Medium as Loose).enum.push('film')
    })
    assert.ok(found.faults.some(({ code }) => code === 'FORMAT_CODE_MISSING'))
    assert.ok(found.findings.some(({ rule, expression }) => rule === 'CODE_MISSING' && expression === 'film'))
  }).timeout(30_000)

  it('tells the changes of a schema that no package uses', async () => {
    const found = await impact(join(canonical, 'item.published.schema.json'), (schema) => {
      schema.required.pop()
    })
    assert.equal(found.changes.length, 1)
    assert.deepEqual(found.changes[0]?.touches, [])
  })

  it('finds nothing in a schema that did not change', async () => {
    const { changes, failing, faults, findings } = await impact(partner, () => undefined)
    assert.deepEqual(
      { changes, failing, faults, findings },
      { changes: [], failing: [], faults: [], findings: [] },
    )
  }).timeout(30_000)

  it('refuses files that are not versions of one schema', async () => {
    await assert.rejects(
      impact(withdrawn, (schema) => {
        schema.$id = 'urn:hub:canonical:case.refused:1'
      }),
      StrangeSchema,
    )
    await assert.rejects(impactOf(gateway, { $id: 'x' }, { $id: 'x' }), StrangeSchema)
    await assert.rejects(impactOf(gateway, {}, {}), StrangeSchema)
  })
})
