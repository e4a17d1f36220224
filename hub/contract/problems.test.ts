import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { PROBLEMS } from './problems.ts'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

/** Code → status, as the tables of the page have it. */
const documented = new Map(
  [...page.matchAll(/^\| `([A-Z_]+)` \|(?: (\d{3}) \|)?/gm)].map((match) => [
    match[1] as string,
    match[2] === undefined ? undefined : Number(match[2]),
  ]),
)

describe('docs/errors.md', () => {
  it('lists every code with its status', () => {
    for (const [code, problem] of Object.entries(PROBLEMS)) {
      assert.ok(documented.has(code), `${code} is not documented`)
      assert.equal(documented.get(code), 'status' in problem ? problem.status : undefined, code)
    }
  })

  it('lists no code that does not exist', () => {
    assert.deepEqual(
      [...documented.keys()].filter((code) => !(code in PROBLEMS)),
      [],
    )
  })

  it('has a title in both languages for every code', () => {
    for (const [code, { zh, en }] of Object.entries(PROBLEMS)) {
      assert.match(zh, /\p{Script=Han}/u, code)
      assert.match(en, /^[A-Z]/, code)
    }
  })
})
