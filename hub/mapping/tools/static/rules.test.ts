import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))

describe('the list of lint rules', () => {
  it('has every rule that the code reports, and no other', () => {
    const code = readdirSync(folder)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n')
    const reported = new Set([...code.matchAll(/'([A-Z]{4,}(?:_[A-Z]+)*)'/g)].map(([, rule]) => rule))
    const loader = (rule: string | undefined) => rule?.startsWith('FORMAT_') === true
    const readme = readFileSync(join(folder, 'README.md'), 'utf8')
    const rows = readme.split('\n').filter((line) => line.startsWith('| `'))
    const listed = rows.flatMap((line) =>
      [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, rule]) => rule),
    )
    const profile = listed.filter((rule) => rule?.startsWith('PROFILE_'))
    assert.deepEqual(
      listed.filter((rule) => !loader(rule)).sort(),
      [...reported, ...profile].filter((rule) => !loader(rule)).sort(),
    )
  })
})
