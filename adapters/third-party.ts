/**
 * Adapter kinds that are not ours: a system names the package, and the kind is the package's default export. The package is
 * looked up from the topology folder upwards, as Node looks up any package, so it is installed beside the deployment and not
 * in the hub.
 */
import { findPackageJSON, registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AdapterKind } from '../hub/contract/adapter.ts'
import { ConfigError } from '../hub/contract/errors.ts'

/**
 * The kinds among `names` that packages bring; a name that is no package is left to the check of the topology.
 * @param from folder that holds the topology
 * @throws ConfigError where a package is there and is no adapter kind, or fails while it is loaded
 */
export async function thirdPartyKinds(names: readonly string[], from: string): Promise<AdapterKind[]> {
  const parent = pathToFileURL(join(from, 'systems.yaml')).href
  const kinds: AdapterKind[] = []
  for (const name of names) {
    const url = resolved(name, parent)
    if (url !== undefined) kinds.push({ ...(await loaded(name, url)), name })
  }
  return kinds
}

/** Where the package starts, as an `import` in `parent` would find it; undefined where there is none of that name. */
function resolved(name: string, parent: string): string | undefined {
  // Node resolves as seen from the asking module only; for the length of one question, that is the topology.
  const asked = registerHooks({
    resolve: (specifier, context, next) => next(specifier, { ...context, parentURL: parent }),
  })
  try {
    const url = import.meta.resolve(name)
    return url.startsWith('node:') ? undefined : url
  } catch (error) {
    if (!isInstalled(name, parent)) return undefined
    throw fault(
      name,
      `The package is there, and has nothing to import: ${(error as Error).message}`,
      'Its package.json must name a file under exports (or main) that exists.',
    )
  } finally {
    asked.deregister()
  }
}

/** A package of that name is there, whatever it is worth. */
function isInstalled(name: string, parent: string): boolean {
  try {
    return findPackageJSON(name, parent) !== undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_INVALID_MODULE_SPECIFIER') return false
    return true
  }
}

async function loaded(name: string, url: string): Promise<AdapterKind> {
  let kind: unknown
  try {
    const module = (await import(url)) as { readonly default?: unknown }
    kind = module.default
  } catch (error) {
    throw fault(
      name,
      `The package fails when it is loaded: ${(error as Error).message}`,
      'Mend or update the package.',
    )
  }
  const missing = missingOf(kind)
  if (missing.length > 0)
    throw fault(
      name,
      `Its default export lacks ${missing.join(', ')}.`,
      'docs/writing-an-adapter.md says what a kind is.',
    )
  return kind as AdapterKind
}

/** What a kind must have and this one has not, by name. */
function missingOf(kind: unknown): string[] {
  if (typeof kind !== 'object' || kind === null) return ['everything: it is no object']
  const { summary, configSchema, traits, open, listen, listenSchema } = kind as Partial<AdapterKind>
  const wanted: readonly [string, boolean][] = [
    ['summary', typeof summary === 'string'],
    ['configSchema', typeof configSchema === 'object'],
    ['traits', typeof traits === 'object'],
    ['open or listen', typeof open === 'function' || typeof listen === 'function'],
    ['listenSchema, which goes with listen', (listen === undefined) === (listenSchema === undefined)],
  ]
  return wanted.filter(([, there]) => !there).map(([part]) => part)
}

function fault(name: string, reason: string, remedy: string): ConfigError {
  return new ConfigError([{ file: `adapter ${name}`, path: '', code: 'ADAPTER_PACKAGE', reason, remedy }])
}
