/** Made-up documents for tests: every shape that a medium can carry there and back. */
import fc from 'fast-check'
import type { Charset, DelimitedLayout } from '../document/media.ts'

/** What partners call things: plain, Chinese, and names that mean something to the language. */
const NAMES = [
  'SBLSH',
  'applyerName',
  '申请人',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'a-b.c',
  '_x',
  'length',
  'RECORD',
]
// Dots are no part of names that paths have to reach; these documents are not addressed.
const name = fc.constantFrom(...NAMES)

/** Texts that libraries like to take for something else. */
const TRAPS = [
  '000123',
  '1e5',
  '0x1F',
  'true',
  'null',
  '410101190001010015',
  ' ',
  '　',
  '',
  '-0',
  'NaN',
  ']]>',
  '&amp;',
  '<a>',
  '%41',
  'a+b=c&d',
  'H|D',
  '"',
  "'",
]

/** In GBK; the last five have `|` (0x7C) for their second byte, 丂 `@` and 乗 a backslash. */
const OF_GBK = [...'测试甲乙二级建造师注册資格東€·—（）／｜ａ　丂乗珅梶縷鹼鱸']
const BEYOND_GBK = ['𠮷', '㛃', '䶮', 'é', '한', '🀄', '\u{10FFFD}']

/** A character of the set, control characters left out. */
export function characterOf(charset: Charset): fc.Arbitrary<string> {
  const ascii = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code))
  switch (charset) {
    case 'gbk':
      return fc.oneof(ascii, fc.constantFrom(...OF_GBK))
    case 'gb18030':
      return fc.oneof(ascii, fc.constantFrom(...OF_GBK, ...BEYOND_GBK))
    case 'utf-8':
      return fc.oneof(ascii, fc.constantFrom(...OF_GBK, ...BEYOND_GBK), anyCharacter)
  }
}

/** Any character that XML can hold but the controls. */
const anyCharacter = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 1 })
  .filter((one) => /^[\u{A0}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]$/u.test(one))

export function textOf(charset: Charset, extra: readonly string[] = []): fc.Arbitrary<string> {
  const unit =
    extra.length === 0 ? characterOf(charset) : fc.oneof(characterOf(charset), fc.constantFrom(...extra))
  return fc.oneof(fc.string({ unit, maxLength: 20 }), fc.constantFrom(...TRAPS))
}

/** One root; elements hold text, or members; lists have two elements at least, because one is no list in XML. */
export function xmlDocument(charset: Charset): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const text = textOf(charset, ['\n', '\r', '\t'])
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, text, tie('element')),
    element: fc
      .tuple(
        fc.dictionary(name, fc.oneof(tie('value'), fc.array(tie('value'), { minLength: 2, maxLength: 4 })), {
          maxKeys: 4,
        }),
        fc.dictionary(name, text, { maxKeys: 3 }),
        fc.option(text, { nil: undefined }),
      )
      .map(([members, attributes, beside]) => elementOf(members, attributes, beside)),
  }))
  return fc.tuple(name, value).map(([root, content]) => ({ [root]: content }))
}

function elementOf(
  members: Readonly<Record<string, unknown>>,
  attributes: Readonly<Record<string, string>>,
  beside: string | undefined,
): unknown {
  const named = Object.entries(attributes).map(([key, value]) => [`@${key}`, value])
  const hasText = beside !== undefined && beside.trim() !== ''
  // An element with neither is the empty text.
  if (named.length === 0 && Object.keys(members).length === 0) return hasText ? beside : ''
  return { ...Object.fromEntries(named), ...members, ...(hasText ? { '#text': beside } : {}) }
}

export function formDocument(charset: Charset): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const text = textOf(charset, ['\n', '\r', '\u0001'])
  return fc.dictionary(fc.oneof(name, text), fc.oneof(text, fc.array(text, { minLength: 2, maxLength: 4 })), {
    minKeys: 1,
    maxKeys: 5,
    noNullPrototype: true,
  })
}

/** Records of the layout, the free-text column with delimiters in it. */
export function delimitedDocument(
  { records, freeText, delimiter }: DelimitedLayout,
  charset: Charset,
): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const free = textOf(charset)
  const plain = free.map((text) => text.replaceAll(delimiter, ''))
  const kinds = Object.entries(records).map(([kind, columns]) => {
    const fields = columns.map((column, at) => [
      column,
      at === 0 ? fc.constant(kind) : freeText[kind] === column ? free : plain,
    ])
    const record = fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<string>>, {
      noNullPrototype: true,
    })
    return [kind, fc.oneof(record, fc.array(record, { minLength: 2, maxLength: 3 }))]
  })
  return fc
    .record(Object.fromEntries(kinds) as Record<string, fc.Arbitrary<unknown>>, {
      requiredKeys: [],
      noNullPrototype: true,
    })
    .filter((document) => Object.keys(document).length > 0)
}
