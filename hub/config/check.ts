/** Everything that can be known to be wrong before the hub starts, in one run: what `hub check` prints. */
import { ConfigError, type ConfigFault } from '../contract/errors.ts'
import type { KindOutline } from './checks/check-adapters.ts'
import type { FormatTypes } from './checks/check-formats.ts'
import type { Environment } from './environment.ts'
import { readTopology } from './load-topology.ts'
import { loadSecrets, missingSecrets } from './secrets.ts'
import { type Settings, settingsOf } from './settings.ts'
import type { System, Topology } from './topology.ts'

export interface CheckInput {
  readonly environment: Environment
  readonly kinds: readonly KindOutline[]
  /** Reads the format packages of a folder; where absent, formats are not checked. */
  readonly readFormats?: (mappingsDir: string) => {
    readonly formats: ReadonlyMap<string, FormatTypes>
    readonly faults: readonly ConfigFault[]
  }
  /** Also look for every secret that the topology names: on the machine that will run the hub, not where only files are checked. */
  readonly secrets?: boolean
}

export interface CheckReport {
  readonly faults: readonly ConfigFault[]
  /** One line of what was read; empty where there are faults. */
  readonly summary: string
  readonly settings?: Settings
  readonly topology?: Topology
}

/** Never throws for what is wrong in the configuration. Where the settings are wrong nothing else can be found, and they stand alone. */
export function checkAll({ environment, kinds, readFormats, secrets = false }: CheckInput): CheckReport {
  const { settings, faults: wrong } = settingsOf(environment)
  if (settings === undefined) return { faults: wrong, summary: '' }
  const packages = readFormats?.(settings.mappingsDir)
  const formats = packages?.formats
  const {
    topology,
    faults: found,
    leftOut,
  } = readTopology(settings.topologyDir, environment, {
    kinds,
    ...(formats === undefined ? {} : { formats }),
  })
  const faults = [
    ...(packages?.faults ?? []),
    ...found,
    ...(secrets && topology !== undefined ? secretFaults(topology, environment, settings) : []),
  ]
  const summary =
    topology === undefined || faults.length > 0 ? '' : summaryOf(topology, leftOut, formats?.size)
  return { faults, summary, settings, ...(topology === undefined ? {} : { topology }) }
}

function secretFaults(
  topology: Topology,
  environment: Environment,
  { secretsFile }: Settings,
): readonly ConfigFault[] {
  try {
    return missingSecrets(topology, loadSecrets(environment, secretsFile))
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

function summaryOf(
  { regions, systems, items, routes, calendar }: Topology,
  leftOut: readonly System[],
  formats: number | undefined,
): string {
  const years = calendar.filter(({ complete }) => complete).map(({ year }) => year)
  const parts = [
    `${regions.size} regions`,
    `${systems.size} systems`,
    `${items.size} items`,
    `${routes.length} routes`,
    ...(formats === undefined ? [] : [`${formats} formats`]),
    `calendar ${years.length === 0 ? 'without a complete year' : years.join(', ')}`,
    ...leftOut
      .filter(({ id }) => !systems.has(id))
      .map(({ id, enabledBy }) => `without ${id} (${enabledBy} is not set)`),
  ]
  return parts.join(', ')
}
