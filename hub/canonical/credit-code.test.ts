import assert from 'node:assert/strict'
import fc from 'fast-check'
import { creditCodeCheck, creditCodeFault } from './credit-code.ts'

const symbols = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const anyCreditCode = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...symbols), minLength: 2, maxLength: 2 }),
    fc.integer({ min: 0, max: 999_999 }),
    fc.string({ unit: fc.constantFrom(...symbols), minLength: 9, maxLength: 9 }),
  )
  .map(([head, region, body]) => `${head}${String(region).padStart(6, '0')}${body}`)
  .map((seventeen) => seventeen + creditCodeCheck(seventeen))

describe('unified social credit code', () => {
  it('takes the example of the standard', () => {
    // GB 32100-2015, annex: the code with which the check character is worked out.
    assert.equal(creditCodeFault('91350100M000100Y43'), undefined)
  })

  it('takes codes of companies and of organs of government', () => {
    for (const text of ['91410101MA9T00018X', '114100000000090136', '91410100MA0000001X']) {
      assert.equal(creditCodeFault(text), undefined)
    }
  })

  const wrong = {
    '': 'form',
    '91350100M000100Y4': 'form',
    '91350100M000100Y433': 'form',
    '91350100m000100y43': 'form',
    '9135O100M000100Y43': 'form',
    '91350A00M000100Y43': 'form',
    '91350100I000100Y43': 'form',
    '91350100M000100Y43\n': 'form',
    '91350100M000100Y44': 'check',
    '91350100M000100Y34': 'check',
  }
  for (const [text, fault] of Object.entries(wrong)) {
    it(`calls ${JSON.stringify(text)} wrong in its ${fault}`, () =>
      assert.equal(creditCodeFault(text), fault))
  }

  it('takes every code with its own check character', () => {
    fc.assert(fc.property(anyCreditCode, (text) => assert.equal(creditCodeFault(text), undefined)))
  })

  it('refuses any single changed character', () => {
    fc.assert(
      fc.property(anyCreditCode, fc.nat(17), fc.constantFrom(...symbols), (text, place, other) => {
        fc.pre(text[place] !== other)
        assert.notEqual(creditCodeFault(text.slice(0, place) + other + text.slice(place + 1)), undefined)
      }),
    )
  })
})
