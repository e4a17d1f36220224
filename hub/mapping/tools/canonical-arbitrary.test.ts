import assert from 'node:assert/strict'
import fc from 'fast-check'
import { loadValidator } from '../../canonical/validator.ts'
import { MESSAGE_TYPES } from '../../contract/message.ts'
import { readCanonicalSchemas } from '../load-packages.ts'
import { canonicalMessage, generateMessages, loadFastCheck } from './canonical-arbitrary.ts'

const schemas = readCanonicalSchemas()
const validator = loadValidator()

describe('arbitrary canonical messages', () => {
  for (const type of MESSAGE_TYPES) {
    it(`keep to the schema of ${type}`, () => {
      fc.assert(
        fc.property(canonicalMessage(fc, type, schemas), (message) => {
          const faults = validator.validateMessage(message)
          assert.deepEqual(
            faults.map(({ pointer, code, facts }) => ({ pointer, code, facts })),
            [],
          )
        }),
        { numRuns: 40 },
      )
    })
  }

  it('are the same for the same seed, and others for another', async () => {
    const made = (seed: number) => generateMessages(fc, 'case.submitted', schemas, { runs: 5, seed })
    assert.deepEqual(made(7), made(7))
    assert.notDeepEqual(made(7), made(8))
    assert.deepEqual(
      generateMessages(await loadFastCheck(), 'case.accepted', schemas, { runs: 0, seed: 1 }),
      [],
    )
  })

  it('reach the longest text that is permitted', () => {
    const made = generateMessages(fc, 'case.withdrawn', schemas, { runs: 100, seed: 1 })
    const lengths = made.map(({ data }) => [...((data as { reason?: string }).reason ?? '')].length)
    assert.ok(Math.max(...lengths) >= 200, `longest is ${Math.max(...lengths)}`)
  })
})
