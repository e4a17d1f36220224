import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DEFAULT_LIMITS } from '../limits.ts'
import { State } from '../state.ts'
import { ambiguityOf } from './ambiguity.ts'
import { Re2Pattern } from './re2.ts'
import { LinearRegex, refusalOf } from './regex-engine.ts'
import { readPattern, UnsupportedPattern } from './syntax.ts'

function aState(): State {
  return new State(DEFAULT_LIMITS, { nowMs: 0 }, '', undefined)
}

function isLeftToJavaScript(regex: RegExp): boolean {
  const { ways, degree } = ambiguityOf(readPattern(regex.source, regex.ignoreCase))
  return ways <= 64 && degree <= 1
}

describe('the regular expression engine', () => {
  it('leaves patterns to JavaScript that it reads in few ways', () => {
    for (const regex of [
      /\d+/,
      /^\s+|\s+$/,
      /[^0-9]/,
      /^1[3-9]\d{9}$/,
      /^(\d{3,4}-)?\d{7,8}$/,
      /,\s*/,
      /.*x/,
      /[\u4e00-\u9fa5]+省/,
      /^[1-9]\d{5}(18|19|20)\d{2}((0[1-9])|(1[0-2]))(([0-2][1-9])|10|20|30|31)\d{3}[0-9Xx]$/,
    ]) {
      assert.ok(isLeftToJavaScript(regex), String(regex))
    }
  })

  it('does not leave those to JavaScript that can backtrack without bound', () => {
    for (const regex of [/(a+)+$/, /(a|a)*b/, /(\w+\s?)*$/, /.*a.*b.*c.*d/, /(?:a?){30}a/, /(a|b|ab)*c/i]) {
      assert.ok(!isLeftToJavaScript(regex), String(regex))
      assert.equal(refusalOf(regex), undefined, String(regex))
    }
  })

  it('gives reasons for what it refuses', () => {
    assert.match(refusalOf(/(a)\1/) ?? '', /refers back/)
    assert.match(refusalOf(/(?=a)/) ?? '', /looks ahead/)
    assert.match(refusalOf(/(?<!a)b/) ?? '', /looks behind/)
  })

  it('finds the same on both engines as JavaScript does', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '[ab]',
      '[^a]',
      '.',
      '\\d',
      '\\s',
      '\\w',
      '(a|b)',
      '(?:ab)',
      '1',
      '中',
      '\\b',
    )
    const quantified = fc
      .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '*?', '+?'))
      .map(([one, quantifier]) => (one === '\\b' ? one : one + quantifier))
    const sequence = fc.array(quantified, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))
    const pattern = fc.array(sequence, { minLength: 1, maxLength: 2 }).map((parts) => parts.join('|'))
    const letter = fc.constantFrom('a', 'b', 'A', '1', ' ', '\u3000', '中', '\n', '-')
    const text = fc.array(letter, { maxLength: 10 }).map((letters) => letters.join(''))
    fc.assert(
      fc.property(pattern, text, fc.constantFrom('g', 'gi', 'gm'), (source, subject, flags) => {
        const regex = new RegExp(source, flags)
        const expected = regex.exec(subject)
        const wanted = expected === null ? undefined : { start: expected.index, groups: expected.slice(1) }
        let re2: Re2Pattern | undefined
        try {
          re2 = new Re2Pattern(readPattern(source, flags.includes('i')), flags)
        } catch (error) {
          assert.ok(error instanceof UnsupportedPattern)
        }
        if (re2 !== undefined) {
          const found = re2.exec(subject, 0)
          assert.deepEqual(found && { start: found.start, groups: found.groups }, wanted)
        }
        if (refusalOf(regex) === undefined) {
          const found = new LinearRegex(regex).exec(aState(), subject, 0)
          assert.deepEqual(found && { start: found.start, groups: found.groups }, wanted)
          assert.equal(found?.match, expected?.[0])
        }
      }),
      { numRuns: 3000, seed: 7 },
    )
  })
})
