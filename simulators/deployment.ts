/** Reads from `topology/` who is connected and what can be applied for: the same data as the hub reads, read on our own. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Environment } from './placeholders.ts'

export interface SimulatedSystem {
  readonly id: string
  readonly name: { readonly zh: string; readonly en: string }
  readonly role: 'acceptance' | 'department' | 'notice'
  readonly region: string
  readonly format: string
  readonly key: {
    readonly id: string
    readonly algorithm: 'hmac-sm3' | 'hmac-sha256'
    readonly secretName: string
  }
  /** Names of the secrets that the hub shares with it, besides the key. */
  readonly sharedSecrets: readonly string[]
  /** How the hub reaches it; absent where the system collects from its inbox. */
  readonly outbound: WireConfig | undefined
  /** How it reaches the hub, beside the front door. */
  readonly inbound: readonly WireConfig[]
  /** Where it is pushed to over HTTP, and how the hub proves there that it is the hub. */
  readonly door: Door | undefined
}

/** One way in or out, as its topology file has it, placeholders included. */
export interface WireConfig {
  readonly adapter: string
  readonly config: unknown
}

/** A file that takes no part, because the variable that it waits for is not set. */
export interface LeftOut {
  readonly system: string
  readonly kinds: readonly string[]
  readonly variable: string
}

export interface Door {
  /** First part of the path at the simulators' server. */
  readonly prefix: string
  readonly signing: Signing
}

/** How the hub proves over HTTP that it is the hub. */
export type Signing =
  | {
      readonly scheme: 'hub-hmac'
      readonly keyId: string
      readonly algorithm: 'hmac-sm3' | 'hmac-sha256'
      readonly secretName: string
    }
  | { readonly scheme: 'national-gateway'; readonly sid: string; readonly secretName: string }
  | { readonly scheme: 'none' }

export interface CatalogueItem {
  readonly catalogCode: string
  readonly taskCode: string
  readonly version: number
  readonly name: { readonly zh: string; readonly en: string }
  readonly owner: string
  readonly promisedDays: number
  readonly scenarios: readonly {
    readonly code: string
    readonly name: { readonly zh: string; readonly en: string }
    readonly handleItem: string
  }[]
  readonly materials: readonly CatalogueMaterial[]
}

export interface CatalogueMaterial {
  readonly code: string
  readonly name: { readonly zh: string; readonly en: string }
  readonly originals: number
  readonly copies: number
  readonly required: boolean
  readonly requiredWhen?: { readonly scenarios: readonly string[] }
}

export interface Deployment {
  readonly systems: ReadonlyMap<string, SimulatedSystem>
  readonly leftOut: readonly LeftOut[]
  /** Where the hub publishes what nobody here reads; only what it leaves there is of interest. */
  readonly streams: readonly WireConfig[]
  /** By implementing code. */
  readonly items: ReadonlyMap<string, CatalogueItem>
  /** Names of the secrets of those who tend the hub: nobody simulates them, but the hub asks for them. */
  readonly operatorSecrets: readonly string[]
  /** Chinese and English names by region code. */
  readonly regionNames: ReadonlyMap<string, { readonly zh: string; readonly en: string }>
}

/** The folder that the hub reads too. */
const TOPOLOGY_DIR = process.env.HUB_TOPOLOGY_DIR || join(import.meta.dirname, '..', 'topology')

/** @throws Error where a system pushes to an address that is not the simulators' */
export function readDeployment(
  topologyDir = TOPOLOGY_DIR,
  environment: Environment = process.env,
): Deployment {
  const files = yamlFiles<SystemFile>(join(topologyDir, 'systems'))
  const taking = files.filter((system) => takesPart(system, environment))
  const systems = taking.filter(({ role }) => role !== 'stream').map(systemOf)
  const streams = taking.filter(({ role }) => role === 'stream')
  const items = yamlFiles<CatalogueItem>(join(topologyDir, 'items'))
  const { operators } = parse(readFileSync(join(topologyDir, 'operators.yaml'), 'utf8')) as OperatorsFile
  const { province, regions } = parse(readFileSync(join(topologyDir, 'regions.yaml'), 'utf8')) as RegionsFile
  return {
    systems: new Map(systems.map((system) => [system.id, system])),
    leftOut: files
      .filter(({ enabledBy }) => enabledBy !== undefined && !environment[enabledBy])
      .map(({ id, enabledBy = '', ...ways }) => ({ system: id, kinds: kindsOf(ways), variable: enabledBy })),
    streams: streams.flatMap(({ outbound }) => outbound ?? []),
    items: new Map(items.map((item) => [item.taskCode, item])),
    operatorSecrets: operators.flatMap(({ keys }) => keys.map(({ secret }) => secret)),
    regionNames: new Map([province, ...regions].map(({ code, name }) => [code, name])),
  }
}

/** Names of all secrets that the systems and the operators use, each once. Addresses that the environment gives are none. */
export function secretNames({ systems, operatorSecrets }: Deployment): string[] {
  const names = [...systems.values()].flatMap(({ key, sharedSecrets }) => [key.secretName, ...sharedSecrets])
  return [...new Set([...names, ...operatorSecrets])].sort()
}

/** Kinds of both ways, each once. */
export function kindsOf({
  outbound,
  inbound = [],
}: {
  readonly outbound?: WireConfig | undefined
  readonly inbound?: readonly WireConfig[]
}): string[] {
  return [...new Set([outbound?.adapter ?? 'mailbox', ...inbound.map(({ adapter }) => adapter)])]
}

/** Secret names as the topology spells them. */
interface SystemFile extends Pick<SimulatedSystem, 'id' | 'name' | 'region' | 'format'> {
  /** A stream is no party of a case: nobody stands behind it here. */
  readonly role: SimulatedSystem['role'] | 'stream'
  readonly enabledBy?: string
  readonly disabledBy?: string
  readonly keys?: readonly {
    readonly id: string
    readonly algorithm: 'hmac-sm3' | 'hmac-sha256'
    readonly secret: string
  }[]
  readonly inbound?: readonly WireConfig[]
  readonly outbound?: WireConfig
}

/** As a topology file has it. */
export type SigningFile =
  | {
      readonly scheme: 'hub-hmac'
      readonly keyId: string
      readonly algorithm: 'hmac-sm3' | 'hmac-sha256'
      readonly secret: string
    }
  | { readonly scheme: 'national-gateway'; readonly sid: string; readonly secret: string }
  | { readonly scheme: 'none' }

interface OperatorsFile {
  readonly operators: readonly { readonly keys: readonly { readonly secret: string }[] }[]
}

interface RegionsFile {
  readonly province: { readonly code: string; readonly name: { readonly zh: string; readonly en: string } }
  readonly regions: readonly RegionsFile['province'][]
}

function yamlFiles<Content>(folder: string): Content[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  return names.sort().map((name) => parse(readFileSync(join(folder, name), 'utf8')) as Content)
}

function takesPart({ enabledBy, disabledBy }: SystemFile, environment: Environment): boolean {
  return (
    (enabledBy === undefined || Boolean(environment[enabledBy])) &&
    (disabledBy === undefined || !environment[disabledBy])
  )
}

function systemOf(file: SystemFile): SimulatedSystem {
  const { id, name, role, region, format, keys = [], inbound = [], outbound, enabledBy } = file
  const [key] = keys
  if (key === undefined)
    throw new Error(`topology/systems/${id}.yaml has no key; the simulator cannot sign as ${id}.`)
  return {
    id,
    name,
    role: role as SimulatedSystem['role'],
    region,
    format,
    key: { id: key.id, algorithm: key.algorithm, secretName: key.secret },
    sharedSecrets: secretsIn([outbound, inbound]).filter((secret) => secret !== enabledBy),
    outbound,
    inbound,
    door: outbound?.adapter === 'rest' ? doorOf(id, outbound.config as RestConfig) : undefined,
  }
}

/** Every text that stands under the name `secret`, however deep. */
function secretsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'secret' && typeof inner === 'string' ? [inner] : secretsIn(inner),
  )
}

const SIMULATORS_ADDRESS = /^\$\{SIMULATORS_URL(?::-[^}]*)?\}\/([^/?]+)/

interface RestConfig {
  readonly url: string
  readonly signing?: SigningFile
}

function doorOf(id: string, { url, signing }: RestConfig): Door {
  return {
    prefix: prefixOf(id, url),
    signing: signingOf(signing),
  }
}

/** First part of the path at the simulators' server. @throws Error where the address is not the simulators' */
export function prefixOf(id: string, url: string): string {
  const [, prefix] = SIMULATORS_ADDRESS.exec(url) ?? []
  if (prefix === undefined) {
    throw new Error(
      `topology/systems/${id}.yaml names ${url}; the simulated province stands behind \${SIMULATORS_URL} only.`,
    )
  }
  return prefix
}

export function signingOf(signing: SigningFile | undefined): Signing {
  if (signing === undefined || signing.scheme === 'none') return { scheme: 'none' }
  const { secret, ...rest } = signing
  return { ...rest, secretName: secret }
}
