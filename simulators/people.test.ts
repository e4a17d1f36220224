import assert from 'node:assert/strict'
import { residentId } from './people.ts'

describe('made-up people', () => {
  it('have identity numbers that pass the check of GB 11643 and differ from each other', () => {
    const numbers = Array.from({ length: 30_000 }, (_, number) => residentId(number))
    assert.equal(new Set(numbers).size, numbers.length)
    for (const number of numbers) {
      // GB 11643 by its definition: weights are powers of two modulo 11, the weighted sum is 1 modulo 11.
      const sum = [...number].reduce(
        (total, digit, index) => total + (digit === 'X' ? 10 : Number(digit)) * (2 ** (17 - index) % 11),
        0,
      )
      assert.equal(sum % 11, 1, number)
      assert.ok(
        !Number.isNaN(Date.parse(`${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`)),
        number,
      )
    }
  })
})
