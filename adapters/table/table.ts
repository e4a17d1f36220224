/** Exchange tables (前置库): writes each message as rows in one transaction; reads rows by their flag and marks them. */
import type { AdapterKind, Link, LinkServices, Outbound, Receipt } from '../../hub/contract/adapter.ts'
import { Rejected } from '../../hub/contract/errors.ts'
import type { ListenServices } from '../../hub/contract/listener.ts'
import { defaultsOf } from '../shared/options.ts'
import { configFault, type DatabaseConfig, sessionsOf } from './address.ts'
import { assertWritable, CatalogueFault, factsOf } from './catalogue.ts'
import configSchema from './config.schema.json' with { type: 'json' }
import type { TableFacts } from './dialect.ts'
import { judge } from './judge.ts'
import listenSchema from './listen.schema.json' with { type: 'json' }
import { openTableListener, type TableListenConfig } from './listener.ts'
import { Pool } from './pool.ts'
import { namedColumns, type PlannedRow, rowsOf, type TableConfig } from './rows.ts'
import { DatabaseFault, type Session } from './session.ts'
import { allStand, type FittingRow, writeRows } from './writer.ts'

/** As checked by config.schema.json, which describes every field and holds the defaults. */
export interface TableLinkConfig extends Pick<DatabaseConfig, 'database' | 'tls' | 'allowAddresses'> {
  readonly tables: readonly TableConfig[]
  readonly readBack?: boolean
  readonly maxConnections?: number
  readonly connectTimeoutMs?: number
  readonly lockTimeoutMs?: number
  readonly statementTimeoutMs?: number
}

type Settings = Required<Omit<TableLinkConfig, 'tls' | 'allowAddresses'>> & DatabaseConfig

export const table = {
  name: 'table',
  summary:
    'Writes each message as rows of exchange tables in PostgreSQL, MariaDB or MySQL; reads rows by their flag.',
  configSchema,
  traits: { ordered: true, queryable: true },
  open: async (config: TableLinkConfig, services: LinkServices) => openTableLink(config, services),
  listenSchema,
  listen: async (config: TableListenConfig, services: ListenServices) => openTableListener(config, services),
} satisfies AdapterKind<TableLinkConfig, TableListenConfig>

/** @throws ConfigError where the address or a table's options cannot work */
function openTableLink(config: TableLinkConfig, services: LinkServices): Link {
  const settings = { ...defaultsOf(configSchema.properties), ...config } as Settings
  const names = settings.tables.map(({ name }) => name)
  for (const [index, { name, version, key }] of settings.tables.entries()) {
    if (names.indexOf(name) !== index) {
      throw configFault(`/tables/${index}/name`, `Table ${name} is listed twice.`, 'List it once.')
    }
    if (version !== undefined && !key.includes(version)) {
      throw configFault(
        `/tables/${index}/version`,
        `The version ${version} does not belong to the key, so a second version would meet the first.`,
        'Add it to key.',
      )
    }
  }
  const open = sessionsOf(settings, services)
  return new TableLink(settings, services, new Pool(open, settings.maxConnections))
}

class TableLink implements Link {
  readonly #settings: Settings
  readonly #services: LinkServices
  readonly #pool: Pool
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  /** By name of the table; asked again after anything that did not fit. */
  readonly #facts = new Map<string, TableFacts>()

  constructor(settings: Settings, services: LinkServices, pool: Pool) {
    this.#settings = settings
    this.#services = services
    this.#pool = pool
  }

  async deliver(message: Outbound, signal: AbortSignal): Promise<Receipt> {
    const rows = rowsOf(message, this.#settings.tables, this.#services.clock.now())
    const progress = { isCommitting: false }
    return this.#use(signal, progress, async (session) => {
      await session.run('start transaction')
      const fitting = await this.#fitting(session, rows)
      const { inserted } = await writeRows(session, fitting, this.#settings.readBack)
      progress.isCommitting = true
      await session.run('commit')
      progress.isCommitting = false
      return inserted === 0 ? { duplicate: true } : {}
    })
  }

  async query(message: Outbound, signal: AbortSignal): Promise<Receipt | undefined> {
    const rows = rowsOf(message, this.#settings.tables, this.#services.clock.now())
    const stand = await this.#use(signal, { isCommitting: false }, async (session) => {
      await session.run('start transaction')
      const there = await allStand(session, await this.#fitting(session, rows))
      await session.run('rollback')
      return there
    })
    return stand ? { duplicate: true } : undefined
  }

  /** Asks the catalogue for every configured table and column; reads and writes no row. */
  async probe(signal: AbortSignal): Promise<void> {
    await this.#use(signal, { isCommitting: false }, async (session) => {
      this.#facts.clear()
      for (const config of this.#settings.tables) await this.#factsOf(session, config)
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#underWay)
    await this.#pool.close()
  }

  async #fitting(session: Session, rows: readonly PlannedRow[]): Promise<readonly FittingRow[]> {
    const fitting: FittingRow[] = []
    for (const row of rows) fitting.push({ ...row, facts: await this.#factsOf(session, row.table) })
    return fitting
  }

  async #factsOf(session: Session, config: TableConfig): Promise<TableFacts> {
    const known = this.#facts.get(config.name)
    if (known !== undefined) return known
    const facts = await factsOf(session, config, namedColumns(config))
    assertWritable(facts, config.key)
    this.#facts.set(config.name, facts)
    return facts
  }

  /** Lends a session to `work`, drops it when the signal fires, and says what a failure means. */
  async #use<Result>(
    signal: AbortSignal,
    progress: { isCommitting: boolean },
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    const attempt = this.#attempt(AbortSignal.any([signal, this.#closing.signal]), progress, work)
    this.#underWay.add(attempt)
    try {
      return await attempt
    } catch (error) {
      if (error instanceof CatalogueFault) throw new Rejected('contract', error.message, { cause: error })
      if (error instanceof DatabaseFault) throw judge(error, progress.isCommitting)
      throw error
    } finally {
      this.#underWay.delete(attempt)
    }
  }

  async #attempt<Result>(
    stop: AbortSignal,
    progress: { readonly isCommitting: boolean },
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    const session = await this.#pool.take(stop)
    const drop = (): void => session.destroy()
    stop.addEventListener('abort', drop)
    if (stop.aborted) drop()
    let isClean = false
    try {
      const result = await work(session)
      isClean = true
      return result
    } catch (error) {
      this.#facts.clear()
      if (!progress.isCommitting) isClean = await rolledBack(session)
      throw error
    } finally {
      stop.removeEventListener('abort', drop)
      this.#pool.giveBack(session, isClean)
    }
  }
}

async function rolledBack(session: Session): Promise<boolean> {
  return session.run('rollback').then(
    () => true,
    () => false,
  )
}
