/** The wiring of the hub, by hand, in one place; read it from top to bottom. Nothing runs on import. */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { adapterKinds } from '../adapters/index.ts'
import { openObjectStore } from '../adapters/object-store/object-store.ts'
import { thirdPartyKinds } from '../adapters/third-party.ts'
import { makeApp } from './api/app.ts'
import { makeDoor } from './api/door.ts'
import { loadValidator } from './canonical/validator.ts'
import { adapterNames } from './config/adapter-names.ts'
import { type CheckReport, checkAll } from './config/check.ts'
import { publishedAt } from './config/door-paths.ts'
import type { Environment } from './config/environment.ts'
import { OBJECT_STORE_SECRET, type ObjectStoreSettings } from './config/file-settings.ts'
import { loadSecrets } from './config/secrets.ts'
import { readSettings, type Settings, settingsOf } from './config/settings.ts'
import type { AdapterKind } from './contract/adapter.ts'
import type { Clock } from './contract/clock.ts'
import type { ContentStore } from './contract/content-store.ts'
import { ConfigError } from './contract/errors.ts'
import { Arrivals } from './dispatch/arrivals.ts'
import { makeDispatcher } from './dispatch/dispatcher.ts'
import { makeIntake } from './intake/intake.ts'
import { openListeners } from './intake/listeners.ts'
import type { FormatPackage } from './mapping/format-package.ts'
import { loadFormatPackages } from './mapping/load-packages.ts'
import { openPackageRegistry, type PackageRegistry } from './mapping/registry/package-registry.ts'
import { openMaterials } from './materials/materials.ts'
import { ticketKey } from './materials/ticket-key.ts'
import { makeLog } from './observe/log.ts'
import { confirmationKey, makeConfirmations } from './operations/confirmation.ts'
import { makeDeadlineWatch } from './operations/deadline-watch.ts'
import { makeAuthenticator } from './security/authenticator.ts'
import { makeNonceGuard } from './security/nonce-guard.ts'
import { openStore } from './store/open-store.ts'

export interface Hub {
  /** Where the hub answers, `http://host:port`. */
  readonly address: string
  /** Takes no new requests, lets what is under way finish, closes. Safe twice. */
  stop(): Promise<void>
}

/** The machine's own time; only the entry points use it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    // setTimeout counts in 31 bits; a longer wait is cut and its callback finds that it is early.
    const timer = setTimeout(callback, Math.min(delayMs, 2 ** 31 - 1))
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

/** A client that sends slower than this is cut off (slow-loris). */
const HEADERS_TIMEOUT_MS = 15_000
const REQUEST_TIMEOUT_MS = 120_000
const MAX_CONNECTIONS = 5_000

/**
 * The kinds of this build, and those that packages named by the topology bring.
 * @throws ConfigError where such a package is no adapter kind
 */
export async function loadKinds(environment: Environment): Promise<readonly AdapterKind[]> {
  const { settings } = settingsOf(environment)
  if (settings === undefined) return adapterKinds
  const own = new Set(adapterKinds.map(({ name }) => name))
  const others = adapterNames(settings.topologyDir, environment).filter((name) => !own.has(name))
  return [...adapterKinds, ...(await thirdPartyKinds(others, settings.topologyDir))]
}

/** Everything the hub is configured with, and everything wrong with it. `secrets`: also look for each secret that is named. */
export function readConfiguration(
  environment: Environment,
  {
    secrets,
    kinds,
    packages,
  }: {
    readonly secrets: boolean
    readonly kinds: readonly AdapterKind[]
    /** The packages as the hub will use them; by default the working copies, without their versions. */
    readonly packages?: Pick<PackageRegistry, 'formats' | 'faults'> | undefined
  },
): CheckReport {
  return checkAll({
    environment,
    kinds,
    readFormats(directory) {
      const { formats, faults } = packages ?? workingCopies(directory)
      return { formats: new Map([...formats].map(([id, format]) => [id, typesOf(format)])), faults }
    },
    secrets,
  })
}

function workingCopies(directory: string): Pick<PackageRegistry, 'formats' | 'faults'> {
  const { packages: formats, faults } = loadFormatPackages(directory)
  return { formats, faults }
}

function typesOf(format: FormatPackage) {
  return {
    inbound: new Set([...format.inbound.values()].map(({ type }) => type)),
    outbound: new Set(format.outbound.keys()),
  }
}

/** @throws ConfigError with every fault; StoreError where the data directory cannot be used. */
export async function startHub(environment: Environment): Promise<Hub> {
  const { mappingsDir, dataDir, packages: mode, logLevel } = readSettings(environment)
  const clock = systemClock
  const log = makeLog(logLevel)
  const kinds = await loadKinds(environment)
  const validator = loadValidator()
  // The folder holds personal data: nobody but the hub's own account reads it.
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const packages = await openPackageRegistry({ mappingsDir, dataDir, clock, mode, validator })
  for (const notice of packages.notices) log.warn({}, notice)
  const { settings, topology, faults } = readConfiguration(environment, {
    secrets: true,
    kinds,
    packages,
  })
  if (settings === undefined || topology === undefined || faults.length > 0) throw new ConfigError(faults)
  const { formats } = packages
  const secret = loadSecrets(environment, settings.secretsFile)
  const { objectStore } = settings.files
  const contents = objectStore && objectStoreOf(objectStore, secret, clock)
  const store = await openStore({ ...settings, clock })
  const arrivals = new Arrivals()
  const stopping = new AbortController()

  let listensAt = ''
  const materials = await openMaterials({
    settings: settings.files,
    dataDir,
    store,
    clock,
    ...(contents === undefined ? {} : { contents }),
    ticketKey: ticketKey(topology, secret),
    base: () => settings.publicUrl ?? listensAt,
    log,
  }).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  const parts = {
    topology,
    formats,
    packages,
    validator,
    store,
    materials,
    arrivals,
    clock,
    randomBytes,
    secret,
    log,
  }
  const intake = makeIntake({ ...parts, announce: (destinations) => arrivals.announce(destinations) })
  const dispatcher = makeDispatcher({
    ...parts,
    kinds,
    owner: `${process.pid}-${randomBytes(4).toString('hex')}`,
  })
  const deadlineWatch = makeDeadlineWatch({
    ...parts,
    announce: (destinations) => arrivals.announce(destinations),
    leadDays: settings.warningLeadDays,
  })
  const authenticate = makeAuthenticator({ topology, secret, clock })
  const door = makeDoor()
  for (const { name, publishes } of kinds) if (publishes) door.mount(publishedAt(name), publishes)
  const listeners = await openListeners({ ...parts, kinds, intake, door }).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  const app = makeApp({
    ...parts,
    door,
    listeners,
    confirmations: makeConfirmations(confirmationKey(topology, secret), clock),
    breakerOf: (destination) => dispatcher.breakerOf(destination),
    intake,
    authenticate,
    nonces: makeNonceGuard(store),
    maxBodyBytes: settings.maxBodyBytes,
    stopping: stopping.signal,
  })

  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }, app)
  server.maxConnections = MAX_CONNECTIONS
  const address = await listen(server, settings).catch(async (error: unknown) => {
    await listeners.close()
    await store.close()
    throw error
  })
  listensAt = address
  // What other nodes bring is announced here as what this one takes in is.
  const stopListening = await store.listen?.((destinations, news) => {
    if (news === 'released' || destinations.length === 0) dispatcher.lookAround()
    if (destinations.length === 0) arrivals.announceAll()
    else arrivals.announce(destinations)
  })
  materials.start()
  dispatcher.start()
  deadlineWatch.start()
  log.info(
    { address, systems: topology.systems.size, items: topology.items.size, formats: formats.size },
    'listening',
  )

  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    log.info({}, 'stopping')
    stopping.abort()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    await Promise.all([closed, listeners.close()])
    await deadlineWatch.stop()
    await dispatcher.stop()
    await stopListening?.()
    await materials.stop()
    await store.close()
    log.info({}, 'stopped')
  }
  return {
    address,
    stop: () => (stopped ??= stop()),
  }
}

function objectStoreOf(
  { url, region, keyId }: ObjectStoreSettings,
  secret: (name: string) => string,
  clock: Clock,
): ContentStore {
  return openObjectStore({ url, key: { id: keyId, region, secret: secret(OBJECT_STORE_SECRET) }, clock })
}

function listen(server: Server, { host, port }: Settings): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const { address, family, port: bound } = server.address() as AddressInfo
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`)
    })
  })
}
