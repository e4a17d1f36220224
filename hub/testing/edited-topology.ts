/** For tests: the project's own topology, copied to a folder of its own, edited and read again. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KindOutline } from '../config/checks/check-adapters.ts'
import type { Environment } from '../config/environment.ts'
import { readTopology, type TopologySurroundings } from '../config/load-topology.ts'
import type { ConfigFault } from '../contract/errors.ts'

export const shippedTopology = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'topology')

/** Made-up stand-ins of the kinds that the shipped topology names; only `rest` asks for anything. */
export const someKinds: readonly KindOutline[] = [
  {
    name: 'rest',
    configSchema: { type: 'object', required: ['url'], properties: { url: { type: 'string' } } },
    listenSchema: {},
  },
  ...otherKinds().map((name) => ({ name, configSchema: {}, listenSchema: {} })),
  { name: 'mailbox', configSchema: {}, traits: { collected: true } },
]

/** Names of the other kinds, whichever of its files a system takes part by. */
function otherKinds(): string[] {
  const folder = join(shippedTopology, 'systems')
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  const names = texts.flatMap((text) => [...text.matchAll(/adapter: ([a-z]+)/g)].map(([, name = '']) => name))
  return [...new Set(names)].filter((name) => name !== 'rest' && name !== 'mailbox')
}

/** Ids of the format packages that the project ships. */
export const shippedFormats: readonly string[] = readdirSync(
  join(dirname(shippedTopology), 'mappings'),
).filter((name) => !name.startsWith('_'))

/** The stand-ins, with other options for links of the kind `rest`. */
export function kindsWith(configSchema: object): readonly KindOutline[] {
  return someKinds.map((kind) => (kind.name === 'rest' ? { ...kind, configSchema } : kind))
}

/** What becomes of a file's text, empty for a new file; undefined removes the file. */
export type Edit = (text: string) => string | undefined

/** Reads the topology after the edits, by file name. */
export function readEdited(
  edits: Readonly<Record<string, Edit>>,
  { environment = {}, ...surroundings }: TopologySurroundings & { readonly environment?: Environment } = {},
): ReturnType<typeof readTopology> {
  const folder = mkdtempSync(join(tmpdir(), 'hub-topology-'))
  try {
    cpSync(shippedTopology, folder, { recursive: true })
    for (const [file, edit] of Object.entries(edits)) {
      const text = edit(textOf(join(folder, file)))
      if (text === undefined) rmSync(join(folder, file))
      else writeFileSync(join(folder, file), text)
    }
    return readTopology(folder, environment, { kinds: someKinds, ...surroundings })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** An edit that puts `to` in the place of `from`, which must stand there exactly once. */
export function swap(from: string, to: string): Edit {
  return (text) => {
    assert.equal(text.split(from).length, 2, `"${from}" must stand in the file once`)
    return text.replace(from, () => to)
  }
}

export function append(more: string): Edit {
  return (text) => text + more
}

export const remove: Edit = () => undefined

/** Each fault as `CODE file#path`, having made sure that it says what is wrong and what to do. */
export function placesOf(faults: readonly ConfigFault[]): string[] {
  return faults.map(({ code, file, path, reason, remedy }) => {
    assert.match(reason, /\S\.$/)
    assert.match(remedy, /\S\.?$/)
    return `${code} ${file}#${path}`
  })
}
