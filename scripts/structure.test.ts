import assert from 'node:assert/strict'
import { findBreaches, findCycles, readSources } from './structure.ts'

const rulesBroken = (path: string, text: string): string[] =>
  findBreaches([{ path, text }]).map(({ rule }) => rule.split(':')[0] as string)

describe('the structure of the project', () => {
  it('keeps its own rules', () => {
    const files = readSources()
    assert.ok(files.length > 50)
    assert.deepEqual(
      findBreaches(files).map(({ file, line, rule }) => `${file}:${line} ${rule}`),
      [],
    )
  })
})

describe('findBreaches', () => {
  it('finds a cycle of run-time imports and lets type imports be', () => {
    const a = { path: 'hub/a.ts', text: "import { b } from './b.ts'\n" }
    assert.deepEqual(findCycles([a, { path: 'hub/b.ts', text: "import {\n  a,\n} from './a.ts'\n" }]), [
      ['hub/a.ts', 'hub/b.ts', 'hub/a.ts'],
    ])
    assert.deepEqual(findCycles([a, { path: 'hub/b.ts', text: "import type { A } from './a.ts'\n" }]), [])
  })

  it('finds protocol words in the hub and only there', () => {
    assert.match(
      rulesBroken('hub/dispatch/x.ts', 'const url = base.startsWith("https")')[0] as string,
      /protocol word/,
    )
    assert.match(rulesBroken('hub/store/x.ts', '// as in SOAP')[0] as string, /protocol word/)
    assert.deepEqual(rulesBroken('hub/api/x.ts', '// an HTTP header'), [])
    assert.deepEqual(rulesBroken('adapters/rest/x.ts', "import axios from 'axios'"), [])
  })

  it('finds a clock or an environment that was not passed in', () => {
    assert.equal(rulesBroken('hub/intake/x.ts', 'const now = Date.now()').length, 1)
    assert.equal(rulesBroken('hub/intake/x.ts', 'setTimeout(go, 5)').length, 1)
    assert.equal(rulesBroken('hub/intake/x.ts', 'process.env.PORT').length, 1)
    assert.deepEqual(rulesBroken('hub/main.ts', 'Date.now(); process.env.PORT'), [])
  })

  it('finds imports across forbidden borders, type imports too', () => {
    assert.equal(rulesBroken('hub/contract/x.ts', "import type { X } from '../store/x.ts'").length, 1)
    assert.equal(
      rulesBroken('hub/dispatch/x.ts', "import { rest } from '../../adapters/rest/rest.ts'").length,
      1,
    )
    assert.equal(
      rulesBroken('adapters/rest/x.ts', "import { decide } from '../../hub/dispatch/decide.ts'").length,
      1,
    )
    assert.equal(rulesBroken('adapters/rest/x.ts', "import { y } from '../file/y.ts'").length, 1)
    assert.equal(
      rulesBroken('simulators/x.ts', "import { sign } from '../hub/security/signature.ts'").length,
      1,
    )
    assert.deepEqual(
      rulesBroken('adapters/rest/x.ts', "import type { Link } from '../../hub/contract/adapter.ts'"),
      [],
    )
  })
})
