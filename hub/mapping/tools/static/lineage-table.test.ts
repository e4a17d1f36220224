import assert from 'node:assert/strict'
import { lineageTables, meets, reverseRows, within } from './lineage-table.ts'
import { type PackageSource, readSource, readSources, SHIPPED } from './package-source.ts'

const [gateway] = readSources(SHIPPED, 'gateway-json').packages as [PackageSource]
const rowOf = (message: string, target: string) =>
  lineageTables(gateway, message)[0]?.rows.find((row) => row.target === target)

describe('lineage tables', () => {
  it('tell sources, controls and the place of a target', () => {
    const row = rowOf('CASE_APPLY', 'data.applicant.mobile')
    assert.deepEqual(row?.sources, ['body.applyerMobile', 'body.contactMobile'])
    assert.deepEqual(row?.controls, ['body.contactName'])
    assert.equal(row?.at?.file, 'mappings/gateway-json/in/CASE_APPLY.jsonata')
    const line = gateway.files.get('in/CASE_APPLY.jsonata')?.split('\n')[(row?.at?.line ?? 0) - 1]
    assert.ok(line?.slice((row?.at?.column ?? 0) - 1).startsWith('"mobile":'), String(line))
  })

  it('place a target that a shared function makes in the file of that function', () => {
    const row = rowOf('case.submitted', 'head.apiCode')
    assert.equal(row?.constant, true)
    assert.equal(row?.at?.file, 'mappings/gateway-json/shared/head.jsonata')
  })

  it('list every target leaf of every mapping, and the fields that nothing looks at', () => {
    const tables = lineageTables(gateway)
    assert.equal(tables.length, gateway.mappings.length)
    for (const { mapping, rows } of tables) {
      assert.ok(rows.length > 3, mapping)
      for (const { target, sources, constant } of rows)
        assert.ok(sources.length > 0 || constant, `${mapping} ${target}`)
    }
    const files = new Map(gateway.files)
    const text = files.get('in/CASE_WITHDRAW.jsonata') ?? ''
    files.set('in/CASE_WITHDRAW.jsonata', text.replace('    "operatorId": $present(body.operatorId),\n', ''))
    const [before, after] = [gateway, readSource({ ...gateway, files })].map(
      (source) => new Set(lineageTables(source, 'CASE_WITHDRAW')[0]?.unused),
    )
    assert.deepEqual(
      [...(after as Set<string>)].filter((path) => !before?.has(path)),
      ['body.operatorId'],
    )
  })

  it('need no package that loads', () => {
    const files = new Map(gateway.files).set('in/CASE_APPLY.jsonata', '{')
    const tables = lineageTables(readSource({ ...gateway, files }))
    assert.equal(tables.length, gateway.mappings.length - 1)
  })

  it('can be read backwards, over all mappings', () => {
    const rows = reverseRows(lineageTables(gateway), 'body.contactName')
    assert.deepEqual(
      rows
        .map(({ mapping, target, feeds }) => [mapping, target, feeds])
        .filter(([mapping]) => mapping === 'in/CASE_APPLY'),
      [
        ['in/CASE_APPLY', 'data.applicant.mobile', false],
        ['in/CASE_APPLY', 'data.contact.certificate.number', false],
        ['in/CASE_APPLY', 'data.contact.certificate.type', false],
        ['in/CASE_APPLY', 'data.contact.mobile', false],
        ['in/CASE_APPLY', 'data.contact.name', true],
        ['in/CASE_APPLY', 'data.contact.phone', false],
      ],
    )
  })

  it('find a field in an object that is copied whole, and one below a list', () => {
    assert.deepEqual(
      reverseRows(lineageTables(gateway, 'CASE_APPLY'), 'body.formData.height').map(({ target }) => target),
      ['data.form'],
    )
    assert.ok(
      reverseRows(lineageTables(gateway, 'CASE_APPLY'), 'body.materials.files.size').some(
        ({ target }) => target === 'data.materials[].files[].size',
      ),
    )
  })
})

describe('paths', () => {
  it('lie within one another by whole names', () => {
    assert.equal(within('a.b.c', 'a.b'), true)
    assert.equal(within('a.bc', 'a.b'), false)
    assert.equal(within('a[].b', 'a.b'), true)
    assert.equal(meets('a', 'a.b'), true)
    assert.equal(meets('a.c', 'a.b'), false)
  })
})
