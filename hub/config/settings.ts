/** The hub's own settings, from the environment: settings.schema.json describes each. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError, type ConfigFault } from '../contract/errors.ts'
import type { Environment } from './environment.ts'
import { type FileSettings, fileSettingsOf } from './file-settings.ts'
import { schemaCheck } from './schema-check.ts'
import schema from './settings.schema.json' with { type: 'json' }

export interface Settings {
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  readonly dataDir: string
  /** PostgreSQL, with its password; absent: the embedded store in `dataDir`. Never logged. */
  readonly databaseUrl?: string
  readonly topologyDir: string
  readonly mappingsDir: string
  /** `auto`: working copies that pass their cases become active at the start. `pinned`: only what a person activated. */
  readonly packages: 'auto' | 'pinned'
  /** JSON file of secrets; absent: secrets come from the environment alone. */
  readonly secretsFile?: string
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  readonly maxBodyBytes: number
  /** Working days before the end of its last day at which a deadline is warned of, in halves; 0 = never. */
  readonly warningLeadDays: number
  /** Where partners reach the hub; absent: where it listens. */
  readonly publicUrl?: string
  readonly files: FileSettings
}

/** Where settings come from, as a fault names it. */
const SOURCE = 'environment'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The settings, absent where there are faults. A variable that is empty counts as unset. */
export function settingsOf(environment: Environment): {
  readonly settings?: Settings
  readonly faults: readonly ConfigFault[]
} {
  const known = Object.keys(schema.properties)
  const given = known.filter((name) => Object.hasOwn(environment, name) && environment[name])
  const values: Record<string, unknown> = Object.fromEntries(given.map((name) => [name, environment[name]]))
  const faults = schemaCheck(schema, { strict: true, coerceTypes: true })(values, SOURCE)
  if (faults.length > 0) return { faults }
  const settings: Settings = {
    host: values.HUB_HOST as string,
    port: values.HUB_PORT as number,
    dataDir: values.HUB_DATA_DIR as string,
    ...(values.HUB_DATABASE_URL === undefined ? {} : { databaseUrl: values.HUB_DATABASE_URL as string }),
    topologyDir: (values.HUB_TOPOLOGY_DIR as string | undefined) ?? join(root, 'topology'),
    mappingsDir: (values.HUB_MAPPINGS_DIR as string | undefined) ?? join(root, 'mappings'),
    packages: values.HUB_PACKAGES as Settings['packages'],
    ...(values.HUB_SECRETS_FILE === undefined ? {} : { secretsFile: values.HUB_SECRETS_FILE as string }),
    logLevel: values.HUB_LOG_LEVEL as Settings['logLevel'],
    maxBodyBytes: values.HUB_MAX_BODY_BYTES as number,
    warningLeadDays: values.HUB_WARNING_LEAD_DAYS as number,
    ...(values.HUB_PUBLIC_URL === undefined ? {} : { publicUrl: values.HUB_PUBLIC_URL as string }),
    files: Object.freeze(fileSettingsOf(values)),
  }
  return { settings: Object.freeze(settings), faults }
}

/** @throws ConfigError with every fault */
export function readSettings(environment: Environment): Settings {
  const { settings, faults } = settingsOf(environment)
  if (settings === undefined) throw new ConfigError(faults)
  return settings
}
