import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { canonicalTypesFile, generateCanonicalTypes } from './generate-types.ts'

describe('generated canonical types', () => {
  it('are what the schemas say now; otherwise run: npm run generate', async () => {
    assert.equal(readFileSync(canonicalTypesFile, 'utf8'), await generateCanonicalTypes())
  })

  it('declare every name once, and leave no object open but the form', async () => {
    const text = await generateCanonicalTypes()
    const names = [...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name)
    assert.deepEqual(names, [...new Set(names)])
    assert.ok(
      names.every((name) => /^[A-Z][A-Za-z]*$/.test(name ?? '')),
      names.join(' '),
    )
    const open = text.match(/\[k: string\]/g) ?? []
    assert.equal(open.length, (text.match(/ form\?: \{/g) ?? []).length)
  })
})
