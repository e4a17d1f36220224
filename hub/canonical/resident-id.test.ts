import assert from 'node:assert/strict'
import fc from 'fast-check'
import { normaliseResidentId, residentIdCheck, residentIdFault } from './resident-id.ts'

const anyBirthday = fc
  .integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2099, 11, 31) })
  .map((instant) => new Date(instant).toISOString().slice(0, 10).replaceAll('-', ''))
const anySeventeen = fc
  .tuple(
    fc.constantFrom('4101', '1101', '4206', '8100'),
    fc.integer({ min: 0, max: 99 }),
    anyBirthday,
    fc.integer({ min: 0, max: 999 }),
  )
  .map(
    ([place, county, birthday, order]) =>
      `${place}${String(county).padStart(2, '0')}${birthday}${String(order).padStart(3, '0')}`,
  )
const anyResidentId = anySeventeen.map((digits) => digits + residentIdCheck(digits))

describe('resident identity number', () => {
  it('takes the examples of the standard', () => {
    // GB 11643-1999, annex A.
    assert.equal(residentIdFault('11010519491231002X'), undefined)
    assert.equal(residentIdFault('440524188001010014'), undefined)
    assert.equal(residentIdFault('410101190001010015'), undefined)
  })

  const wrong = {
    '': 'form',
    '41010119000101001': 'form',
    '4101011900010100155': 'form',
    '41010119000101001Y': 'form',
    '41010119000101001 5': 'form',
    '４１０１０１１９０００１０１００１５': 'form',
    '410101190001010015\n': 'form',
    '010101190001010015': 'region',
    '990101190001010015': 'region',
    '410101190002300015': 'date',
    '410101000101010015': 'date',
    '410101999912310015': 'date',
    '410101190013010015': 'date',
    '410101190001010016': 'check',
    '11010519491231002x': 'not-canonical',
    '410101900101001': 'not-canonical',
    '410101900231001': 'date',
  }
  for (const [text, fault] of Object.entries(wrong)) {
    it(`calls ${JSON.stringify(text)} wrong in its ${fault}`, () =>
      assert.equal(residentIdFault(text), fault))
  }

  it('refuses any single changed character', () => {
    fc.assert(
      fc.property(anyResidentId, fc.nat(17), fc.constantFrom(...'0123456789X'), (text, place, other) => {
        fc.pre(text[place] !== other)
        assert.notEqual(residentIdFault(text.slice(0, place) + other + text.slice(place + 1)), undefined)
      }),
    )
  })

  it('refuses two neighbours that changed places', () => {
    fc.assert(
      fc.property(anyResidentId, fc.nat(15), (text, place) => {
        const [left, right] = [text.charAt(place), text.charAt(place + 1)]
        fc.pre(left !== right)
        const swapped = text.slice(0, place) + right + left + text.slice(place + 2)
        assert.notEqual(residentIdFault(swapped), undefined)
      }),
    )
  })

  it('makes 18 characters of 15 digits', () => {
    assert.equal(normaliseResidentId('410101900101001'), '410101199001010016')
    fc.assert(
      fc.property(anyResidentId, (text) => {
        fc.pre(text.slice(6, 8) === '19')
        assert.equal(normaliseResidentId(text.slice(0, 6) + text.slice(8, 17)), text)
      }),
    )
  })

  it('makes a small x capital', () => {
    assert.equal(normaliseResidentId('11010519491231002x'), '11010519491231002X')
  })

  it('leaves a canonical number as it is', () => {
    fc.assert(fc.property(anyResidentId, (text) => assert.equal(normaliseResidentId(text), text)))
  })

  it('does not repair a number that is wrong', () => {
    for (const text of ['410101190001010016', '410101900231001', '11010519491231003x', 'x', '']) {
      assert.equal(normaliseResidentId(text), undefined)
    }
  })

  it('gives either nothing or a canonical number for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const normal = normaliseResidentId(text)
        assert.ok(normal === undefined || residentIdFault(normal) === undefined)
      }),
    )
  })
})
