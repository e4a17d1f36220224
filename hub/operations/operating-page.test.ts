import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { operationCommands } from './command.ts'
import { duplicateRisk } from './duplicate-risk.ts'

const root = new URL('../..', import.meta.url).pathname
const page = readFileSync(join(root, 'docs/operating.md'), 'utf8')

/** Reason codes as the sources of the hub have them. */
function codesInSources(...folders: readonly string[]): Set<string> {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  )
  return new Set(
    files.flatMap((text) =>
      [...text.matchAll(/code: '(DELIVERY_[A-Z_]+)'|again\(\s*'(DELIVERY_[A-Z_]+)'/g)].map(
        ([, one, other]) => one ?? (other as string),
      ),
    ),
  )
}

describe('docs/operating.md', () => {
  it('explains every reason that a delivery can have, and no other', () => {
    const explained = new Set(
      [...page.matchAll(/^\| `(DELIVERY_[A-Z_]+)` \|/gm)].map(([, code]) => code as string),
    )
    const known = codesInSources('hub/dispatch', 'hub/api', 'hub/operations')
    assert.deepEqual([...explained].sort(), [...known].sort())
  })

  it('explains every kind of duplicate risk', () => {
    const outbound = (dedupes: boolean, queryable: boolean) => ({ outbound: { dedupes, queryable } }) as never
    const kinds = [outbound(true, false), outbound(false, true), outbound(false, false), {}, undefined]
    for (const { kind } of kinds.map((system) => duplicateRisk(system)))
      assert.match(page, new RegExp(`^\\| \`${kind}\` \\|`, 'm'))
  })

  it('prints only commands that are understood as printed, and asks what it says', async () => {
    const calls = [...page.matchAll(/^npm run -s hub -- (deliveries|replay|redirect|remap|reconcile)(.*)$/gm)]
    assert.ok(calls.length >= 9)
    for (const [, name, rest = ''] of calls) {
      const asked: string[] = []
      const commands: readonly Command[] = operationCommands(
        {
          environment: {},
          clock: new VirtualClock(),
          user: 'tester',
          print: () => {},
          complain: (text) => assert.fail(`${name}${rest}: ${text}`),
          finish: () => {},
          stopping: new AbortController().signal,
        },
        async (method, path) => {
          asked.push(`${method} ${path.split('?')[0]?.replace(/[0-9a-f-]{36}/, '{id}')}`)
          return {
            deliveries: [],
            destinations: [],
            totals: {},
            needsAPerson: { byOwner: {}, byCode: {} },
            count: 0,
            leftAlone: {},
          }
        },
      )
      // A list of one's own, and answers of a hub, are the business of hub/scenarios.
      if (name === 'reconcile') {
        const options = [...rest.matchAll(/--[a-z]+/g)].map(([option]) => option)
        const known = commands.find((command) => command.name() === name)?.options.map(({ long }) => long)
        assert.deepEqual(
          options.filter((option) => !known?.includes(option)),
          [],
        )
        continue
      }
      const words = [...rest.matchAll(/"([^"]*)"|(\S+)/g)].map(
        ([, quoted, bare]) => quoted ?? (bare as string),
      )
      await commands.find((command) => command.name() === name)?.parseAsync(words, { from: 'user' })
      assert.equal(asked.length, 1, `${name}${rest}`)
      assert.ok(page.includes(asked[0] ?? '?'), `${asked[0]} is not on the page`)
    }
  })

  it('shows JSON that is JSON', () => {
    const blocks = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, text]) => text as string)
    const bodies = [...page.matchAll(/^echo '(.*)' >/gm)].map(([, text]) => text as string)
    assert.ok(blocks.length > 0 && bodies.length > 1)
    for (const text of [...blocks, ...bodies]) assert.equal(typeof JSON.parse(text), 'object')
  })
})
