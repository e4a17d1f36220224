/** The partner's side of this kind's tests: exchange tables of a real database, behind a door that behaves as it is told. */
import fc from 'fast-check'
import { type Arrival, anOutbound, type Behaviour, type Bench, type Receiver } from '../conformance.ts'
import type { Fate, Sender, SenderBench, Sending } from '../listener-conformance.ts'
import { unusedPort } from '../unused-port.ts'
import { aCounterpart, type Counterpart, type EngineName } from './counterpart.ts'
import { type CommitTreatment, DatabaseProxy } from './database-proxy.ts'
import type { TableListenConfig } from './listener.ts'
import type { TableLinkConfig } from './table.ts'

/** Receivers and senders of one engine; `drop` erases what they had. */
export interface TableBench {
  readonly receivers: Bench<TableLinkConfig>
  readonly senders: SenderBench<TableListenConfig>
  counterpart(): Promise<Counterpart>
  drop(): Promise<void>
}

let count = 0

/** A name of a secret or table that no other test uses. */
export function freshName(kind: string): string {
  return `${kind}_${count++}`
}

export function benchFor(engine: EngineName): TableBench {
  let opened: Promise<Counterpart> | undefined
  const counterpart = (): Promise<Counterpart> => {
    opened ??= aCounterpart(engine)
    return opened
  }
  const secrets: Record<string, string> = {}
  return {
    counterpart,
    async drop() {
      await (await opened)?.drop()
      opened = undefined
    },
    receivers: {
      async start() {
        return TableReceiver.start(await counterpart(), secrets)
      },
      async unreachable() {
        const { url } = await counterpart()
        secrets.DATABASE_ABSENT = url(await unusedPort())
        return configOf('DATABASE_ABSENT', TABLE)
      },
      readAnswer: () => ({ verdict: 'unreadable' }),
      secrets,
      bodies: {
        any: fc.record({ PROJID: fc.string({ maxLength: 50 }), CONTENT: anyText() }).map(payload),
        sample: SAMPLE,
      },
      lacks: {
        reference: 'the row that stands in the table is the receipt; a database has no number for it',
        'content-type': 'a table has columns, no media types',
        busy: 'a database does not say when to come back; locks, connection limits and read-only accounts have tests of their own',
        flood: 'the answer to a commit has a fixed length',
        gibberish: 'what is not of the protocol ends the connection, as a cut does',
        redirect: 'a database sends nobody elsewhere',
      },
    },
    senders: {
      start: async () => TableSender.start(await counterpart(), secrets),
      secrets,
      documents: {
        any: fc
          .record({ id: fc.stringMatching(/^[A-Za-z0-9-]{1,40}$/), body: anyText() })
          .map(({ id, body }): Sending => ({ id, body: Buffer.from(body ?? ''), contentType: JSON_TYPE })),
        sample: (id) => ({
          id,
          body: Buffer.from(`<SQR>${id} 410101190001010015 测试甲𠮷</SQR>`),
          contentType: JSON_TYPE,
        }),
      },
      arrives: ({ id, body }) => ({
        body: Buffer.from(
          JSON.stringify({ table: 'INBOX', row: { ID: id, BODY: body.toString() } }).replace('INBOX', inbox),
        ),
        contentType: JSON_TYPE,
      }),
      tooLarge: (id) => ({ id, body: Buffer.alloc(2 ** 20 + 1, 'x'), contentType: JSON_TYPE }),
    },
  }
}

const JSON_TYPE = 'application/json; charset=utf-8'
/** Table of the sender that was started last. */
let inbox = ''

/** Any text that both engines hold. */
function anyText(): fc.Arbitrary<string> {
  return fc.string({ unit: 'binary', maxLength: 3_000, size: 'max' }).map((text) => text.replaceAll('\0', ''))
}

interface Content {
  readonly PROJID: string
  readonly CONTENT: string
}

const TABLE = 'EXCHANGE'

function payload(row: Content): { body: Uint8Array; contentType: string } {
  const clean = { PROJID: row.PROJID, CONTENT: row.CONTENT }
  return {
    body: Buffer.from(JSON.stringify({ rows: [{ table: TABLE, row: clean }] })),
    contentType: JSON_TYPE,
  }
}

const SAMPLE_ROW: Content = { PROJID: '41130020260930000017', CONTENT: '测试甲 410101190001010015 𠮷' }
const SAMPLE = payload(SAMPLE_ROW)

function configOf(secret: string, name: string): TableLinkConfig {
  return {
    database: { secret },
    tables: [
      {
        name,
        columns: ['PROJID', 'CONTENT'],
        key: ['MSG_ID'],
        messageId: 'MSG_ID',
        flag: { column: 'SIGNSTATE' },
      },
    ],
  }
}

class TableReceiver implements Receiver<TableLinkConfig> {
  readonly config: TableLinkConfig
  readonly arrivals: Arrival[] = []
  readonly #counterpart: Counterpart
  readonly #proxy: DatabaseProxy
  readonly #seen = new Set<string>()
  #committed = 0

  private constructor(counterpart: Counterpart, proxy: DatabaseProxy, config: TableLinkConfig) {
    this.#counterpart = counterpart
    this.#proxy = proxy
    this.config = config
    // What the adapter is told must be true of the reader too, or a test could look before the rows are there.
    proxy.beforeAnswer = async () => {
      await this.#look()
      this.#committed++
    }
  }

  static async start(counterpart: Counterpart, secrets: Record<string, string>): Promise<TableReceiver> {
    const quote = counterpart.quote
    const sequence = counterpart.engine === 'postgresql' ? 'bigserial unique' : 'bigint auto_increment unique'
    const text = counterpart.engine === 'postgresql' ? 'text' : 'longtext'
    await counterpart.exec(`drop table if exists ${quote(TABLE)}`)
    await counterpart.exec(
      `create table ${quote(TABLE)} (${quote('MSG_ID')} varchar(80) primary key, ${quote('SEQ')} ${sequence},
         ${quote('PROJID')} varchar(50), ${quote('CONTENT')} ${text}, ${quote('SIGNSTATE')} char(1))`,
    )
    if (counterpart.engine === 'postgresql') {
      await counterpart.exec(
        `grant usage on all sequences in schema ${counterpart.account} to ${counterpart.account}`,
      )
    }
    await counterpart.grant('select, insert', TABLE)
    const proxy = await new DatabaseProxy(counterpart).open()
    const secret = freshName('DATABASE')
    secrets[secret] = counterpart.url(proxy.port)
    return new TableReceiver(counterpart, proxy, configOf(secret, TABLE))
  }

  behave(behaviour: Behaviour): void {
    this.#proxy.treatment = treatmentOf(behaviour)
    const prepare = this.#preparation(behaviour)
    if (prepare !== undefined) this.#proxy.ready = prepare
  }

  /** Every transaction that is committed is a message that was read, one that repeats another included. */
  arrived(wanted: number): Promise<void> {
    return this.#proxy.until(() => this.#committed >= wanted)
  }

  strayed(): number {
    return 0
  }

  quiet(): Promise<void> {
    return this.#proxy.quiet()
  }

  async stop(): Promise<void> {
    await this.#proxy.shut()
    await this.#counterpart.exec(`drop table ${this.#counterpart.quote(TABLE)}`)
  }

  #preparation(behaviour: Behaviour): Promise<unknown> | undefined {
    const { quote, exec, engine, revoke } = this.#counterpart
    if (behaviour.kind === 'deny') return revoke('insert', TABLE)
    if (behaviour.kind === 'duplicate') {
      const columns = ['MSG_ID', 'PROJID', 'CONTENT', 'SIGNSTATE'].map(quote).join(', ')
      const { PROJID, CONTENT } = SAMPLE_ROW
      const values = [anOutbound().messageId, PROJID, CONTENT, '1'].map((value) => `'${value}'`)
      return exec(`insert into ${quote(TABLE)} (${columns}) values (${values.join(', ')})`)
    }
    if (behaviour.kind !== 'refuse') return undefined
    if (engine === 'mariadb') {
      return exec(
        `create trigger refusing before insert on ${quote(TABLE)} for each row
           signal sqlstate '45000' set message_text = '${behaviour.words}'`,
      )
    }
    return exec(
      `create or replace function refusing() returns trigger language plpgsql as
         $$ begin raise exception '${behaviour.words}'; end $$;
       create trigger refusing before insert on ${quote(TABLE)} for each row execute function refusing()`,
    )
  }

  async #look(): Promise<void> {
    const { quote, exec } = this.#counterpart
    const columns = ['MSG_ID', 'PROJID', 'CONTENT'].map(quote).join(', ')
    for (const [id, project, content] of await exec(
      `select ${columns} from ${quote(TABLE)} order by ${quote('SEQ')}`,
    )) {
      if (id == null || this.#seen.has(id)) continue
      this.#seen.add(id)
      this.arrivals.push({ messageId: id, ...payload({ PROJID: project ?? '', CONTENT: content ?? '' }) })
    }
  }
}

function treatmentOf(behaviour: Behaviour): CommitTreatment {
  switch (behaviour.kind) {
    case 'silent':
      return 'drop'
    case 'cut':
      return behaviour.when === 'before-answer' ? 'cut-before' : 'cut-within'
    default:
      return 'pass'
  }
}

class TableSender implements Sender<TableListenConfig> {
  readonly config: TableListenConfig
  readonly #counterpart: Counterpart
  readonly #proxy: DatabaseProxy
  readonly #table: string

  private constructor(counterpart: Counterpart, proxy: DatabaseProxy, secret: string, table: string) {
    this.#counterpart = counterpart
    this.#proxy = proxy
    this.#table = table
    this.config = {
      database: { secret },
      pollEveryMs: 50,
      sources: [
        {
          table,
          key: ['ID'],
          when: [{ column: 'SIGNSTATE', in: ['0'] }],
          columns: ['ID', 'BODY'],
          orderBy: ['SEQ'],
          taken: [{ column: 'SIGNSTATE', value: '1' }],
          refused: [
            { column: 'SIGNSTATE', value: '2' },
            { column: 'ERRMSG', from: 'words' },
          ],
        },
      ],
    }
  }

  static async start(counterpart: Counterpart, secrets: Record<string, string>): Promise<TableSender> {
    const { quote, exec, engine } = counterpart
    inbox = freshName('INBOX')
    const sequence = engine === 'postgresql' ? 'bigserial unique' : 'bigint auto_increment unique'
    const text = engine === 'postgresql' ? 'text' : 'longtext'
    await exec(
      `create table ${quote(inbox)} (${quote('ID')} varchar(100) primary key, ${quote('SEQ')} ${sequence},
         ${quote('BODY')} ${text}, ${quote('SIGNSTATE')} char(1) default '0', ${quote('ERRMSG')} varchar(200))`,
    )
    await counterpart.grant('select, update', inbox)
    const proxy = await new DatabaseProxy(counterpart).open()
    const secret = freshName('DATABASE')
    secrets[secret] = counterpart.url(proxy.port)
    return new TableSender(counterpart, proxy, secret, inbox)
  }

  async send({ id, body }: Sending): Promise<void> {
    const { quote, exec, engine } = this.#counterpart
    const [first, second] = engine === 'postgresql' ? ['$1', '$2'] : ['?', '?']
    await exec(
      `insert into ${quote(this.#table)} (${quote('ID')}, ${quote('BODY')}) values (${first}, ${second})`,
      [id, Buffer.from(body).toString()],
    )
  }

  async fate(id: string): Promise<Fate> {
    const { quote, exec } = this.#counterpart
    const [row] = await exec(
      `select ${quote('SIGNSTATE')}, ${quote('ERRMSG')} from ${quote(this.#table)} where ${quote('ID')} = '${id}'`,
    )
    if (row?.[0] === '1') return { kind: 'taken' }
    return row?.[0] === '2' ? { kind: 'refused', words: row[1] ?? '' } : { kind: 'open' }
  }

  cut(): Promise<void> {
    return this.#proxy.shut()
  }

  async mend(): Promise<void> {
    await this.#proxy.open()
  }

  async stop(): Promise<void> {
    await this.#proxy.shut()
    await this.#counterpart.exec(`drop table ${this.#counterpart.quote(this.#table)}`)
  }
}
