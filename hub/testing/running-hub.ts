/** A whole hub behind its real door, on a free port and a fresh SQLite file, and partners' doors that note what reaches them. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readTopology } from '../config/load-topology.ts'
import type { System, SystemKey } from '../config/topology.ts'
import { type Hub, startHub, systemClock } from '../main.ts'
import { type SigningKey, signRequest } from '../security/signature.ts'

/** What came in at a partner's door. */
export interface Arrival {
  readonly system: string
  /** Below the system's own address. */
  readonly path: string
  readonly messageId: string
  readonly document: Record<string, unknown> & { body?: Record<string, unknown> }
}

export interface Reply {
  readonly status: number
  readonly body: unknown
  /** Cut the connection instead of answering. */
  readonly cut?: boolean
}

/** Answers as each format's receivers do: "taken". */
const TAKEN: Record<string, unknown> = {
  code: 200,
  message: 'ok',
  head: { code: '200', message: 'ok' },
  result: { code: 'OK', message: 'ok' },
  STATUS: '200',
}

export interface Partners {
  readonly url: string
  readonly arrivals: Arrival[]
  /** How the next requests are answered; by default everything is taken. */
  behave(behaviour: (arrival: Arrival) => Reply | undefined): void
  /** Resolves when `wanted` holds of what has arrived so far; rejects after ten seconds. */
  until(wanted: (arrivals: readonly Arrival[]) => boolean): Promise<void>
  stop(): Promise<void>
}

function readDocument(bytes: Uint8Array, contentType: string): Arrival['document'] {
  const charset = /charset=([\w-]+)/.exec(contentType)?.[1] ?? 'utf-8'
  return JSON.parse(new TextDecoder(charset, { fatal: true }).decode(bytes))
}

export async function openPartners(): Promise<Partners> {
  const arrivals: Arrival[] = []
  const waiting = new Set<() => void>()
  let behaviour: (arrival: Arrival) => Reply | undefined = () => undefined
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const [, system = '', ...path] = (request.url ?? '').split('/')
    const arrival: Arrival = {
      system,
      path: `/${path.join('/')}`,
      messageId: String(request.headers['idempotency-key']),
      document: readDocument(Buffer.concat(chunks), request.headers['content-type'] ?? ''),
    }
    const reply = behaviour(arrival) ?? { status: 200, body: TAKEN }
    arrivals.push(arrival)
    if (reply.cut) request.socket.destroy()
    else
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body))
    for (const look of [...waiting]) look()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    behave: (wanted) => (behaviour = wanted),
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!wanted(arrivals)) return
          clearTimeout(limit)
          waiting.delete(look)
          resolve()
        }
        const limit = setTimeout(() => {
          waiting.delete(look)
          const seen = arrivals.map(({ system, path }) => `${system}${path}`).join(', ')
          reject(new Error(`what was waited for did not arrive within 10 s; arrived: ${seen || 'nothing'}`))
        }, 10_000)
        waiting.add(look)
        look()
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export interface Asked {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by tests, field by field
  readonly body: any
}

export interface Question {
  readonly body?: unknown
  /** Sent as it is, instead of `body` as JSON. */
  readonly bytes?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** Seconds by which the signer's clock is off. */
  readonly skew?: number
  /** Changes the signed headers before they are sent. */
  readonly tamper?: (headers: Record<string, string>) => Record<string, string>
}

export interface RunningHub {
  readonly address: string
  readonly hub: Hub
  /** What a system, or an operator's account, signs with. */
  keyOf(id: string): SigningKey & { readonly keyId: string }
  /** A request signed by the own key of a system, or of an operator's account. */
  ask(system: string, method: string, path: string, question?: Question): Promise<Asked>
  stop(): Promise<void>
}

export interface HubWishes {
  readonly partnersUrl: string
  /** Kept after `stop` where given: the caller erases it. */
  readonly dataDir?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** What a hub is started with: its settings, a secret for every name that its topology has, and who signs with which. */
export function environmentOf({
  partnersUrl,
  dataDir,
  environment = {},
}: HubWishes & { readonly dataDir: string }): Pick<RunningHub, 'keyOf'> & {
  readonly variables: Readonly<Record<string, string>>
} {
  const settings = {
    HUB_PORT: '0',
    HUB_DATA_DIR: dataDir,
    HUB_LOG_LEVEL: 'silent',
    SIMULATORS_URL: partnersUrl,
    ...environment,
  }
  const { systems, senders } = topologyOf(settings)
  const secrets = Object.fromEntries(
    senders.flatMap(({ keys }) => keys.map((key) => [key.secret, `secret of ${key.id} for tests only`])),
  )
  return {
    variables: { ...secretNamesOf(systems), ...secrets, ...settings },
    keyOf(id) {
      const key = senders.find((sender) => sender.id === id)?.keys[0]
      if (key === undefined) throw new Error(`no system or operator ${id}`)
      return { keyId: key.id, algorithm: key.algorithm, secret: secrets[key.secret] as string }
    },
  }
}

export async function openHub({ partnersUrl, dataDir, environment = {} }: HubWishes): Promise<RunningHub> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'hub-')))
  const { variables, keyOf } = environmentOf({ partnersUrl, dataDir: folder, environment })
  const hub = await startHub(variables)
  return {
    address: hub.address,
    hub,
    keyOf,
    async ask(id, method, path, question = {}) {
      const bytes =
        question.bytes ??
        (question.body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(question.body)))
      const [pathname = '', query = ''] = path.split('?', 2)
      const signed = signRequest({ method, path: pathname, query, body: bytes }, keyOf(id), {
        timestampSeconds: Math.floor(systemClock.now() / 1000) + (question.skew ?? 0),
        nonce: randomBytes(16).toString('base64url'),
      })
      const headers = {
        'content-type': 'application/json',
        ...question.headers,
        ...(question.tamper?.({ ...signed }) ?? signed),
      }
      const response = await fetch(hub.address + path, {
        method,
        headers,
        ...(bytes.length === 0 ? {} : { body: bytes }),
      })
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? undefined : JSON.parse(text),
      }
    },
    async stop() {
      await hub.stop()
      if (dataDir === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Sender {
  readonly id: string
  readonly keys: readonly SystemKey[]
}

function topologyOf(environment: Readonly<Record<string, string>>): { systems: System[]; senders: Sender[] } {
  const directory = environment.HUB_TOPOLOGY_DIR ?? new URL('../../topology', import.meta.url).pathname
  const { topology } = readTopology(directory, environment)
  const systems = [...(topology?.systems.values() ?? [])]
  return { systems, senders: [...systems, ...(topology?.operators.values() ?? [])] }
}

/** Secrets that links and listeners name beside the systems' own keys. */
function secretNamesOf(systems: readonly System[]): Record<string, string> {
  const names = [
    ...JSON.stringify(systems.map(({ inbound, outbound }) => [inbound, outbound?.config ?? null])).matchAll(
      /"secret":"([^"]+)"/g,
    ),
  ]
  return Object.fromEntries(names.map(([, name]) => [name as string, `secret ${name} for tests only`]))
}
