/** The secrets of the machine that a command runs on: as the hub finds them, or where `npm start` keeps them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from './environment.ts'
import { loadSecrets } from './secrets.ts'
import type { Settings } from './settings.ts'

/** @throws ConfigError as `loadSecrets` does */
export function ownSecrets(
  environment: Environment,
  { dataDir, secretsFile }: Pick<Settings, 'dataDir' | 'secretsFile'>,
): (name: string) => string {
  const drawn = join(dataDir, 'secrets.json')
  return loadSecrets(environment, secretsFile ?? (existsSync(drawn) ? drawn : undefined))
}
