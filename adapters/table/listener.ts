/** Polls exchange tables on one session, comes back by itself when the database went away, and says how it is. */
import { randomFraction } from '../../hub/contract/clock.ts'
import type { Listener, ListenerState, ListenerStatus, ListenServices } from '../../hub/contract/listener.ts'
import { statusAfter } from '../shared/listener-status.ts'
import { defaultsOf } from '../shared/options.ts'
import { configFault, type DatabaseConfig, type OpenSession, sessionsOf } from './address.ts'
import { CatalogueFault } from './catalogue.ts'
import { Handover } from './handover.ts'
import listenSchema from './listen.schema.json' with { type: 'json' }
import { DatabaseFault, reasonOf, type Session } from './session.ts'
import { type Mark, Source, type SourceConfig } from './source.ts'

/** As checked by listen.schema.json, which describes every field and holds the defaults. */
export interface TableListenConfig extends Pick<DatabaseConfig, 'database' | 'tls' | 'allowAddresses'> {
  readonly sources: readonly SourceConfig[]
  readonly pollEveryMs?: number
  readonly orderPatienceMs?: number
  readonly connectTimeoutMs?: number
  readonly lockTimeoutMs?: number
  readonly statementTimeoutMs?: number
}

type Settings = Required<Omit<TableListenConfig, 'tls' | 'allowAddresses'>> & DatabaseConfig

const FIRST_BACKOFF_MS = 500
const LAST_BACKOFF_MS = 30_000

/** @throws ConfigError where the address cannot work, or a marked row would be handed over again and again */
export function openTableListener(config: TableListenConfig, services: ListenServices): Listener {
  const settings = { ...defaultsOf(listenSchema.properties), ...config } as Settings
  for (const [index, source] of settings.sources.entries()) {
    for (const fate of ['taken', 'refused'] as const) {
      if (source[fate].some((mark) => leaves(mark, source))) continue
      throw configFault(
        `/sources/${index}/${fate}`,
        `A row of ${source.table} that is marked so would still fit \`when\`, and be handed over for ever.`,
        'Set a column of `when` to a value that it does not list.',
      )
    }
  }
  return new TableListener(settings, services, sessionsOf(settings, services))
}

/** Whether the mark takes its row out of those that wait. */
function leaves(mark: Mark, { when }: SourceConfig): boolean {
  const condition = when.find(({ column }) => column === mark.column)
  if (condition === undefined) return false
  if ('value' in mark) return !condition.in.includes(mark.value)
  // A moment, a number or a text of ours is none of a few listed codes; a null may become one.
  return 'from' in mark && mark.from !== 'words' && condition.in.every((value) => value === null)
}

class TableListener implements Listener {
  readonly #settings: Settings
  readonly #services: ListenServices
  readonly #open: OpenSession
  readonly #closing = new AbortController()
  readonly #handover: Handover
  readonly #running: Promise<void>
  #status: ListenerStatus
  /** Sessions in a row that ended without a row settled or a pass done. */
  #failures = 0
  /** What is wrong with single sources. */
  #faults: string[] = []
  #wake: () => void = () => {}

  constructor(settings: Settings, services: ListenServices, open: OpenSession) {
    this.#settings = settings
    this.#services = services
    this.#open = open
    this.#status = { state: 'opening', sinceMs: services.clock.now() }
    this.#handover = new Handover(services, {
      orderPatienceMs: settings.orderPatienceMs,
      isStopping: () => this.#closing.signal.aborted,
      onSettled: () => {
        this.#failures = 0
        // A long queue is no reason to be called lost until its end.
        if (this.#faults.length === 0 && !this.#closing.signal.aborted) this.#become('open')
      },
    })
    this.#running = this.#run()
  }

  status(): ListenerStatus {
    return this.#status
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      let session: Session | undefined
      try {
        session = await this.#open(signal)
        await this.#serve(session)
      } catch (error) {
        this.#lose(error)
      } finally {
        await session?.close()
      }
      if (!signal.aborted) await this.#sleep(this.#backoffMs())
    }
    this.#become('closed')
  }

  /** Polls until the session ends or the listener is closed. */
  async #serve(session: Session): Promise<void> {
    session.onEnd((reason) => {
      if (this.#status.state === 'open' && !this.#closing.signal.aborted) this.#become('lost', reason)
      this.#wake()
    })
    const sources = new Map<SourceConfig, Source>()
    while (!this.#closing.signal.aborted && !session.isEnded) {
      this.#faults = await this.#describe(session, sources)
      const { pauseMs } = await this.#handover.pass([...sources.values()], (source, fault) => {
        sources.delete(source.config)
        this.#faults.push(`${source.config.table}: ${fault.message}`)
      })
      if (session.isEnded) return
      this.#failures = 0
      if (this.#faults.length === 0) this.#become('open')
      else this.#become(this.#away(), this.#faults.join('; '))
      await this.#sleep(pauseMs || this.#settings.pollEveryMs, session)
    }
  }

  /** Sources that the catalogue knows; those that it does not know are asked for again each time. */
  async #describe(session: Session, sources: Map<SourceConfig, Source>): Promise<string[]> {
    const faults: string[] = []
    for (const config of this.#settings.sources) {
      if (sources.has(config)) continue
      try {
        sources.set(config, await Source.open(config, session))
      } catch (error) {
        if (!(error instanceof CatalogueFault) && !(error instanceof DatabaseFault && error.kind !== 'lost'))
          throw error
        faults.push(error.message)
      }
    }
    return faults
  }

  #lose(error: unknown): void {
    this.#failures++
    if (error instanceof DatabaseFault) this.#become(this.#away(), adviceFor(error))
    else {
      this.#services.log.error({ error }, 'polling met an error of its own')
      this.#become(this.#away(), reasonOf(error))
    }
  }

  /** `opening` until it was open once. */
  #away(): ListenerState {
    return this.#status.state === 'opening' ? 'opening' : 'lost'
  }

  #become(state: ListenerState, words?: string): void {
    const before = this.#status
    if (before.state === state && before.words === words) return
    this.#status = statusAfter(before, state, this.#services.clock.now(), words)
    const about = { system: this.#services.system.id, state, words }
    if (state === 'lost' || words !== undefined)
      this.#services.log.warn(about, 'exchange tables cannot be read')
    else this.#services.log.info(about, 'exchange tables')
  }

  /** Doubles up to half a minute; between half and all of it, so that many nodes do not come back at once. */
  #backoffMs(): number {
    const most = Math.min(
      LAST_BACKOFF_MS,
      FIRST_BACKOFF_MS * 2 ** Math.min(Math.max(0, this.#failures - 1), 10),
    )
    return Math.round(most * (0.5 + randomFraction(this.#services.randomBytes) / 2))
  }

  #sleep(delayMs: number, session?: Session): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#services.clock.after(delayMs, resolve)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
      if (this.#closing.signal.aborted || session?.isEnded) this.#wake()
    })
  }
}

function adviceFor({ kind, message }: DatabaseFault): string {
  switch (kind) {
    case 'credential':
      return `${message}. 请检查账号、密码和权限 / Check the account, its password and its rights.`
    case 'contract':
      return `${message}. 请检查数据库地址 / Check the address of the database.`
    default:
      return `${message}. 枢纽会自行重连 / The hub reconnects by itself.`
  }
}
