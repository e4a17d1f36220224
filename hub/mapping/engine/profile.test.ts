import assert from 'node:assert/strict'
import { parse } from './parse.ts'
import { checkProfile } from './profile.ts'

function faults(source: string): { code: string; line: number; column: number }[] {
  return checkProfile(parse(source), source).map(({ code, line, column }) => ({ code, line, column }))
}

describe('the profile', () => {
  it('lets ordinary mappings through', () => {
    assert.deepEqual(faults('{"a": $map(items, function($i) { $replace($i.name, /\\s+/, " ") ?? "" })}'), [])
  })

  it('finds every fault, in order, with its place', () => {
    assert.deepEqual(faults('{\n"a": $eval(x),\n"b": items@$i.c,\n"c": $match(x, /(a)\\1/)\n}'), [
      { code: 'PROFILE_EVAL', line: 2, column: 6 },
      { code: 'PROFILE_TUPLE', line: 3, column: 6 },
      { code: 'PROFILE_REGEX', line: 4, column: 16 },
    ])
  })

  it('says what to do instead', () => {
    const [fault] = checkProfile(parse('items#$i.a'), 'items#$i.a')
    assert.match(fault?.remedy ?? '', /\$map/)
  })
})
