import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { loadValidator } from '../canonical/validator.ts'
import { type CaseText, caseTitles, documentOf, readCase } from './case-files.ts'
import type { LoadedPackage } from './load-package.ts'
import { loadFormatPackages, readCanonicalSchemas } from './load-packages.ts'
import { runCases } from './run-cases.ts'
import { strangeReads, strangeTargets } from './strange-paths.ts'
import { isWhole, roundTripReport } from './tools/round-trip-report.ts'

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const validator = loadValidator()
const schemas = readCanonicalSchemas()
const { packages, faults } = loadFormatPackages(join(project, 'mappings'))

/** Documents of the partner's side that the package's cases show, by the inbound message. */
function inboundSamples(format: LoadedPackage): { readonly name: string; readonly document: unknown }[] {
  const inputs = caseTitles(format.cases).flatMap((title) => {
    const read = readCase(format.cases, title)
    if ('problems' in read || read.stored.file.direction !== 'in') return []
    return decodedInput(format, read.stored.input)
  })
  return inputs.flatMap((document) => {
    const name = format.identify(document)
    return name === undefined || !format.inbound.has(name) ? [] : [{ name, document }]
  })
}

/** None where the case is about a text that cannot be read. */
function decodedInput(format: LoadedPackage, input: CaseText): unknown[] {
  try {
    return [documentOf(format, input)]
  } catch {
    return []
  }
}

describe('the format packages', () => {
  it('load without faults', () => {
    assert.deepEqual(faults, [])
    assert.ok(packages.size >= 4, `only ${[...packages.keys()].join(', ')}`)
  })
})

/** Those that read a partner's documents. A package that only gives canonical messages away has no interface to keep to. */
const partners = [...packages.values()].filter(({ inbound }) => inbound.size > 0)

for (const format of partners) {
  describe(`the format package ${format.id}`, () => {
    it('passes its own cases, which show both directions, refusals and answers', async () => {
      const results = await runCases(format, { validator })
      for (const { title, differences: found, problems } of results) {
        assert.deepEqual({ title, found, problems }, { title, found: [], problems: [] })
      }
      for (const direction of ['in', 'out'] as const) {
        const cases = results.filter((result) => result.direction === direction)
        assert.ok(cases.length >= 3, `${cases.length} cases ${direction}`)
        assert.ok(
          cases.some(({ actual }) => Object.hasOwn(actual as object, 'faults')),
          `no expected refusal ${direction}`,
        )
      }
      assert.ok(results.some(({ direction }) => direction === 'answer'))
    })

    it('knows where every value of its output comes from', () => {
      for (const { name, lineage } of format.mappings.values()) {
        const orphans = lineage.entries.filter(({ sources, constant }) => sources.length === 0 && !constant)
        assert.deepEqual({ name, orphans }, { name, orphans: [] })
      }
    })

    it('reads only fields that its source has, and makes only fields that its target has', () => {
      for (const mapping of format.mappings.values()) {
        const { name } = mapping
        const read = strangeReads(mapping)
        const made = strangeTargets(mapping)
        assert.deepEqual({ name, read, made }, { name, read: [], made: [] })
      }
    })

    it('has a partner schema for every message', () => {
      const without = [...format.mappings.values()].filter(({ schema }) => schema === undefined)
      assert.deepEqual(
        without.map(({ name }) => name),
        [],
      )
    })

    it('never breaks on a document of the right kind, whatever its fields hold', async () => {
      const samples = inboundSamples(format)
      const values = [
        null,
        '',
        '无',
        0,
        -1.5,
        true,
        'x'.repeat(300),
        '2026-02-31',
        '𠮷',
        [],
        {},
        [null],
        [[1]],
        { a: { b: 1 } },
      ]
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...samples),
          fc.array(fc.tuple(fc.nat(), fc.option(fc.constantFrom(...values), { nil: undefined })), {
            minLength: 1,
            maxLength: 4,
          }),
          async ({ name, document }, changes) => {
            const spoilt = changes.reduce(
              (before, [place, value]) => replaced(before, place, value),
              structuredClone(document),
            )
            const mapping = format.inbound.get(name)
            const { draft, faults: refused } =
              (await mapping?.map(spoilt, { nowMs: 0, sender: { id: 'a', region: '410000' } })) ??
              assert.fail()
            const formal = validator.validate(mapping?.type ?? assert.fail(), draft.data)
            for (const fault of [...refused, ...formal]) assert.ok(fault.reason.zh)
            for (const { pointer } of formal) mapping?.sourceOf(pointer ?? '')
          },
        ),
        { numRuns: 400 },
      )
    })

    it('brings back what it carried, but for its declared losses', async () => {
      const { paths, idle, problems } = await roundTripReport(format, schemas, fc, { runs: 60, seed: 41 })
      const types = new Set(paths.map(({ type }) => type))
      const read = new Set([...format.inbound.values()].map(({ type }) => type))
      const bothWays = [...format.outbound.keys()].filter((type) => read.has(type))
      assert.deepEqual([...types].sort(), bothWays.sort())
      assert.deepEqual(problems, [])
      assert.deepEqual(
        paths.filter((trip) => !isWhole(trip) && trip.declared === undefined),
        [],
      )
      assert.deepEqual(idle, [])
    })
  })
}

/** `document` with the member at the `place`-th position of a walk through it replaced; removed where `value` is undefined. */
function replaced(document: unknown, place: number, value: unknown): unknown {
  const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const key of Object.keys(node)) {
      places.push({ holder: node as Record<string, unknown>, key })
      visit((node as Record<string, unknown>)[key])
    }
  }
  visit(document)
  const chosen = places[place % Math.max(1, places.length)]
  if (chosen === undefined) return document
  if (value === undefined && !Array.isArray(chosen.holder)) delete chosen.holder[chosen.key]
  else chosen.holder[chosen.key] = structuredClone(value ?? null)
  return document
}
