import assert from 'node:assert/strict'
import fc from 'fast-check'
import { loadValidator } from '../canonical/validator.ts'
import { MESSAGE_TYPES } from '../contract/message.ts'
import { readCanonicalSchemas } from './load-packages.ts'
import { sampleMessage } from './sample-message.ts'

const schemas = readCanonicalSchemas()
const validator = loadValidator()

describe('sampleMessage', () => {
  it('makes messages of every type that the schemas accept', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...MESSAGE_TYPES),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999999, noNaN: true })),
        (type, stream) => {
          const message = sampleMessage(type, schemas, () => stream.next().value as number)
          assert.deepEqual(validator.validateMessage(message), [])
        },
      ),
      { numRuns: 500 },
    )
  })
})
