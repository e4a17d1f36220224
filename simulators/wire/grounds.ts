/** What the simulated systems bring along besides themselves: the agencies' SFTP server and the databases between. Opened when first asked for. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import type { Environment } from '../placeholders.ts'
import { type FrontDatabase, makeFrontDatabase } from './front-database.ts'
import { openSftpServer, type SftpServer } from './sftp-server.ts'

export interface Grounds {
  /** What a hub must find in its environment to meet them; complete once every wire is open. */
  readonly environment: Readonly<Record<string, string>>
  /** A folder of the SFTP server, made where it is missing, and an account that comes to it. */
  exchangeFolder(path: string, account: { readonly user: string; readonly password: string }): Promise<string>
  /** The database whose address the variable is to hold for the hub. */
  database(variable: string): Promise<FrontDatabase>
  /** Nobody is served any more. Safe twice. */
  close(): Promise<void>
  /** Removes what was made on machines of others. Called once, when the hub has stopped. */
  clear(): Promise<void>
}

export interface GroundsOptions {
  /** Lower-case letters and digits; tells what belongs to this run from what belongs to others. */
  readonly scope: string
  /** Where the SFTP server keeps its files. Absent: a temporary folder, removed at the end. */
  readonly folder: string | undefined
  readonly environment: Environment
}

export function openGrounds({ scope, folder, environment }: GroundsOptions): Grounds {
  const told: Record<string, string> = { SIMULATORS_SCOPE: `.${scope}` }
  const accounts = new Map<string, string>()
  const databases = new Map<string, Promise<FrontDatabase>>()
  let served: { readonly root: string; readonly server: Promise<SftpServer> } | undefined

  const serve = (): { readonly root: string; readonly server: Promise<SftpServer> } => {
    const root = folder ?? mkdtempSync(join(tmpdir(), 'hub-sftp-'))
    mkdirSync(root, { recursive: true, mode: 0o700 })
    const admits = (user: string, password: string): boolean => accounts.get(user) === password
    return { root, server: openSftpServer({ folder: root, admits }) }
  }
  const make = async (variable: string): Promise<FrontDatabase> => {
    const address = environment[variable]
    if (!address) throw new Error(`${variable} is not set: there is no database to meet the hub in.`)
    const made = await makeFrontDatabase(address, `${variable.toLowerCase()}_${scope}`).catch(
      (error: unknown) => {
        const words = error instanceof Error ? error.message : String(error)
        throw new Error(`The database of ${variable} cannot be used: ${words}`, { cause: error })
      },
    )
    told[variable] = made.url
    return made
  }

  return {
    environment: told,
    exchangeFolder: async (path, { user, password }) => {
      served ??= serve()
      const { port, fingerprint } = await served.server
      told.SIMULATORS_SFTP_HOST = '127.0.0.1'
      told.SIMULATORS_SFTP_PORT = String(port)
      told.SIMULATORS_SFTP_HOST_KEY = fingerprint
      accounts.set(user, password)
      const onDisk = join(served.root, posix.normalize(`/${path}`))
      mkdirSync(onDisk, { recursive: true, mode: 0o700 })
      return onDisk
    },
    database: (variable) => {
      const found = databases.get(variable) ?? make(variable)
      databases.set(variable, found)
      return found
    },
    close: async () => {
      await (await served?.server)?.close()
      for (const database of databases.values()) await (await database.catch(() => undefined))?.close()
      if (served !== undefined && folder === undefined) rmSync(served.root, { recursive: true, force: true })
    },
    clear: async () => {
      for (const database of databases.values()) await (await database.catch(() => undefined))?.drop()
    },
  }
}
