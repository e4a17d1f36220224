import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { codecOf } from '../../document/codec.ts'
import { openTools, type Tools } from '../../testing/captured-tools.ts'
import { readCodeTable } from '../code-table.ts'
import { compile } from '../engine/compile.ts'
import { FaultMarker, type Refusals } from '../fault-marker.ts'
import { readDeclaration } from '../format-declaration.ts'
import { hubFunctions } from '../functions/hub-functions.ts'
import { TIME_SHAPES } from '../time-shape.ts'

const page = readFileSync(
  fileURLToPath(new URL('../../../docs/writing-a-mapping.md', import.meta.url)),
  'utf8',
)

interface Block {
  readonly language: string
  /** What stands after the language: a file to write, or what the block is for. */
  readonly info: string
  readonly text: string
  readonly line: number
}

const blocks: Block[] = [...page.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map(
  ({ 1: language = '', 2: info = '', 3: text = '', index }) => ({
    language,
    info,
    text,
    line: page.slice(0, index).split('\n').length,
  }),
)

/** Versions change with every file a package uses, times with the clock. */
function settled(text: string): string[] {
  return text
    .replaceAll(/\+[0-9a-f]{12}/g, '+0123456789ab')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+\+08:00/g, 'TIME')
    .trimEnd()
    .split('\n')
}

/** A line `…` stands for any number of lines. */
function fits(shown: readonly string[], printed: readonly string[]): boolean {
  const [first, ...rest] = shown
  if (first === undefined) return printed.length === 0
  if (first.trim() === '…')
    return printed.some((_, index) => fits(rest, printed.slice(index))) || fits(rest, [])
  return printed[0] === first && fits(rest, printed.slice(1))
}

describe('docs/writing-a-mapping.md', () => {
  let tools: Tools
  const home = process.cwd()
  before(() => {
    tools = openTools()
    process.chdir(tools.root)
  })
  after(() => {
    process.chdir(home)
    tools.remove()
  })

  it('shows commands that print what it says, from nothing to active and back', async () => {
    let commands = 0
    for (const { language, info, text, line } of blocks) {
      if (/^[\w./\p{Script=Han}-]+\.\w+$/u.test(info)) {
        // The tools of a test look for schemas in a folder of their own.
        tools.write(info.replace('schemas/formats/', 'schemas/'), text)
        continue
      }
      if (language !== 'console') continue
      for (const part of text.split(/^(?=\$ )/m)) {
        const [command = '', ...shown] = part.trimEnd().split('\n')
        const words = /^\$ npm run -s hub -- mapping (.*)$/.exec(command)?.[1]
        assert.ok(words !== undefined, `line ${line}: ${command}`)
        const { out, err } = await tools.run(words.split(' '), { user: 'zhang' })
        const printed = settled([out, err].filter((text) => text !== '').join('\n'))
        const wanted = settled(shown.join('\n'))
        if (!fits(wanted, printed)) assert.deepEqual(printed, wanted, `line ${line}: ${command}`)
        commands++
      }
    }
    assert.ok(commands >= 15, `only ${commands} commands`)
  }).timeout(120_000)

  it('gives examples of functions and traps that come out as it says', () => {
    const { table } = readCodeTable(
      'way',
      'partner,canonical,label,note\n1,online,,\n2,window,,\n',
      { direction: 'both' },
      'way.csv',
    )
    const functions = hubFunctions(new Map([['way', table]]), new Set(['', 'null', '无']))
    const input = { name: '测试甲', none: null, word: '无', list: [1, 2], one: [1], deep: { a: 'x' } }
    let examples = 0
    for (const { info, text, line } of blocks.filter(({ info }) => info === 'examples')) {
      for (const row of text.trimEnd().split('\n')) {
        const [, expression = '', wanted = ''] =
          /^(.*?)\s*\/\* (?:right |wrong )?→ (.*) \*\/$/.exec(row) ?? []
        assert.ok(expression !== '', `line ${line}, ${info}: ${row}`)
        const context: Refusals = { markers: [] }
        let value: unknown
        try {
          value = compile(expression, { functions }).evaluate(input, { nowMs: 0, context })
        } catch (error) {
          value = `fails: ${(error as { code?: string }).code}`
        }
        const came =
          value instanceof FaultMarker
            ? `refused: ${value.fault.code}`
            : typeof value === 'string' && value.startsWith('fails: ')
              ? value
              : value === undefined
                ? 'nothing'
                : JSON.stringify(value)
        assert.equal(came, wanted, row)
        examples++
      }
    }
    assert.ok(examples >= 30, `only ${examples} examples`)
  })

  it('shows documents of other media as they are read, and settings that are settings', () => {
    const from = page.slice(0, page.indexOf('\n## Documents in XML')).split('\n').length
    const to = page.slice(0, page.indexOf('\n## The language')).split('\n').length
    const section = blocks.filter(({ line }) => line > from && line < to)
    const settings = section.filter(({ language }) => language === 'yaml').map(({ text }) => parse(text))
    const usual = {
      id: 'demo',
      version: '1.0.0',
      title: { zh: '示例', en: 'Demo' },
      identify: 'kind',
      in: {},
      out: {},
    }
    for (const one of settings) {
      const whole = { ...usual, media: 'xml', charset: 'utf-8', answer: { taken: 'true' }, ...one }
      assert.deepEqual(
        readDeclaration(JSON.stringify(whole), 'format.yaml', 'demo').faults,
        [],
        JSON.stringify(one),
      )
    }
    const layout = settings.find(({ media }) => media === 'delimited')
    let documents = 0
    for (const [index, { language, text }] of section.entries()) {
      const shown = section[index + 1]
      if ((language !== 'xml' && language !== 'text') || shown?.language !== 'json') continue
      const declared = language === 'xml' ? { media: 'xml' } : layout
      const { decode } = codecOf({ lists: [], embedded: [], ...declared, charset: 'utf-8' })
      assert.deepEqual(decode(Buffer.from(text.trimEnd()), '').document, JSON.parse(shown.text))
      documents++
    }
    assert.equal(documents, 2)
  })

  it('names every hub function and every date shape', () => {
    const names = hubFunctions(new Map(), new Set()).map(({ name }) => name)
    for (const name of names) assert.ok(page.includes(`\`$${name}(`), `$${name}`)
    for (const shape of TIME_SHAPES) assert.ok(page.includes(`\`${shape}\``), shape)
  })
})
