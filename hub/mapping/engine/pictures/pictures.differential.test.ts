/** Made-up pictures and values, read and written by this engine and by the reference. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import jsonata from 'jsonata'
import { compile } from '../compile.ts'
import { ExpressionError } from '../expression-error.ts'

const RUNS = Number(process.env.ENGINE_FUZZ_RUNS ?? 600)
const SEED = Number(process.env.ENGINE_FUZZ_SEED ?? 20261123)

const presentation = fc.constantFrom(
  '',
  '1',
  '01',
  '001',
  '0001',
  'n',
  'N',
  'Nn',
  'w',
  'Ww',
  'W',
  'i',
  'I',
  'a',
  'A',
  '1o',
  '#0',
)
const width = fc.constantFrom('', '', '', ',2', ',2-2', ',*-3', ',3-3', ',4', ',*-2')
const component = fc.constantFrom(...'YMDdFWwXxHhPmsfZzCE'.split(''))
const zone = fc.constantFrom(
  '[Z]',
  '[Z0]',
  '[Z00]',
  '[Z0000]',
  '[Z01:01]',
  '[z]',
  '[Z01:01t]',
  '[z0000]',
  '[Z00:00]',
)
const marker = fc
  .tuple(component, presentation, width)
  .map(([letter, how, wide]) => `[${letter}${how}${wide}]`)
const usual = fc.constantFrom(
  '[Y0001]-[M01]-[D01]',
  '[H01]:[m01]:[s01]',
  '[Y]年[M]月[D]日',
  '[D1o] [MNn] [Y]',
  '[h]:[m01] [P]',
)
const glue = fc.constantFrom('', ' ', '-', '/', 'T', '[[', ']]', '年', '.')
const datePicture = fc
  .array(fc.tuple(fc.oneof(marker, marker, usual, zone), glue), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map((part) => part.join('')).join(''))
const millis = fc.oneof(
  fc.integer({ min: -2_000_000_000_000, max: 4_000_000_000_000 }),
  fc.constantFrom(0, 1_521_801_216_617, 1_230_757_500_000),
)
const timezone = fc.constantFrom(undefined, '+0800', '-0500', '+0530', '-0330', '0000')

const integerPicture = fc.oneof(
  fc.constantFrom(
    'w',
    'W',
    'Ww',
    'i',
    'I',
    'a',
    'A',
    'w;o',
    'Ww;o',
    '1;o',
    '000',
    '#,##0',
    '#,##0;o',
    '٠',
    '##,##,##0',
    '0:0,0',
  ),
  fc
    .array(fc.constantFrom('0', '#', ',', '1', '.', '９'), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join('')),
)
const integer = fc.oneof(
  fc.integer({ min: -3000, max: 100_000 }),
  fc.integer(),
  fc.constantFrom(0, 1e12, 123456789012),
)

const numberPicture = fc.oneof(
  fc.constantFrom(
    '#,##0.00',
    '0',
    '00.00',
    '#.#',
    '0.00%',
    '#0‰',
    '0e0',
    '00.000e0',
    '#,##0.00;(#,##0.00)',
    "'0",
    '#0.0#e00',
  ),
  fc
    .array(fc.constantFrom('0', '#', ',', '.', '%', 'e', ';', 'x', '0', '#'), { minLength: 1, maxLength: 7 })
    .map((parts) => parts.join('')),
)
const number = fc.oneof(
  fc.integer({ min: -100_000, max: 10_000_000 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => Math.round(value * 1000) / 1000),
  fc.constantFrom(0, 0.5, 1.5, 0.0001, 1e15, -0.5, 12345.6789),
)

async function reference(source: string, input: unknown): Promise<string> {
  try {
    return JSON.stringify(await jsonata(source).evaluate(input)) ?? 'nothing'
  } catch (error) {
    const { code } = error as { code?: string }
    return code === undefined ? 'a crash' : `error ${code}`
  }
}

function ours(source: string, input: unknown): string {
  try {
    return JSON.stringify(compile(source).evaluate(input, { nowMs: 0 })) ?? 'nothing'
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return `error ${error.code}`
  }
}

async function assertSame(source: string, input: unknown): Promise<void> {
  const theirs = await reference(source, input)
  // Where the reference crashes there is nothing to agree with.
  if (theirs !== 'a crash') assert.equal(ours(source, input), theirs)
}

/** What fits into a picture string is cut off at twenty digits by both, but not alike. */
const isPlainNumber = (text: string): boolean => !/\d{21}|e\+/.test(text)

describe('pictures, against the reference', function () {
  this.timeout(Math.max(60_000, RUNS * 20))
  const settings = { numRuns: RUNS, seed: SEED }

  it('write dates alike', async () => {
    await fc.assert(
      fc.asyncProperty(datePicture, millis, timezone, (picture, value, offset) =>
        assertSame('$fromMillis(m, p, z)', { m: value, p: picture, z: offset }),
      ),
      settings,
    )
  })

  it('read back the dates that the reference wrote', async () => {
    await fc.assert(
      fc.asyncProperty(datePicture, millis, async (picture, value) => {
        const text: unknown = await jsonata('$fromMillis(m, p)')
          .evaluate({ m: value, p: picture })
          .catch(() => undefined)
        if (typeof text !== 'string' || /year|YEAR/.test(picture)) return
        // Parts that are missing come from the present, which the reference takes from its own clock.
        if (!picture.includes('[Y')) return
        await assertSame('$toMillis(t, p)', { t: text, p: picture })
      }),
      settings,
    )
  })

  it('write and read integers alike', async () => {
    await fc.assert(
      fc.asyncProperty(integerPicture, integer, async (picture, value) => {
        await assertSame('$formatInteger(n, p)', { n: value, p: picture })
        const text: unknown = await jsonata('$formatInteger(n, p)')
          .evaluate({ n: value, p: picture })
          .catch(() => undefined)
        if (typeof text === 'string') await assertSame('$parseInteger(t, p)', { t: text, p: picture })
      }),
      settings,
    )
  })

  it('write numbers alike', async () => {
    await fc.assert(
      fc.asyncProperty(numberPicture, number, async (picture, value) => {
        if (isPlainNumber(String(value))) await assertSame('$formatNumber(n, p)', { n: value, p: picture })
      }),
      settings,
    )
  })

  it('write numbers in other bases and rounded alike', async () => {
    const small = fc.integer({ min: -5, max: 40 })
    await fc.assert(
      fc.asyncProperty(number, small, async (value, by) => {
        await assertSame('[$round(n, b), $formatBase(n, b)]', { n: value, b: by })
        await assertSame('$round(n, b)', { n: value, b: by })
      }),
      settings,
    )
  })
})
