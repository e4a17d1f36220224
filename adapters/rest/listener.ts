/** Takes the requests of one partner that proves by its own scheme who it is, and answers each with what became of it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type {
  Inbound,
  InboundOutcome,
  Listener,
  ListenerStatus,
  ListenServices,
} from '../../hub/contract/listener.ts'
import { PROBLEMS, type ProblemCode, statusOf } from '../../hub/contract/problems.ts'
import { configFaultsOf, defaultsOf, type NamedSecret } from '../shared/options.ts'
import { envelopeCodec } from '../shared/signing/sm-envelope.ts'
import listenSchema from './listen.schema.json' with { type: 'json' }
import { openVerifier, type VerifyConfig } from './verifying/schemes.ts'
import type { Verifier } from './verifying/verifier.ts'

/** As checked by listen.schema.json, which describes every field and holds the defaults. */
export interface RestListenConfig {
  readonly path?: string
  readonly verify: VerifyConfig
  readonly contentType?: string
  readonly alwaysOk?: boolean
  readonly maxBodyBytes?: number
  readonly bind?: {
    readonly host?: string
    readonly port: number
    readonly cert: NamedSecret
    readonly key: NamedSecret
    readonly clientCa: NamedSecret
    readonly clientName?: string
  }
}

type Settings = RestListenConfig &
  Required<Pick<RestListenConfig, 'contentType' | 'alwaysOk' | 'maxBodyBytes'>>

/** What is answered, before a scheme seals it. */
interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
  readonly retryAfterMs?: number
}

/** A listener that may also be asked where it listens, for tests and the log. */
export interface RestListener extends Listener {
  /** Port of `bind`; undefined at the front door. */
  readonly port: number | undefined
}

const configFault = configFaultsOf('rest')

/** @throws ConfigError where the path or the port is taken, or no certificate is asked for although the scheme rests on it */
export async function openRestListener(
  config: RestListenConfig,
  services: ListenServices,
): Promise<RestListener> {
  const settings = { ...defaultsOf(listenSchema.properties), ...config } as Settings
  const { verify, bind, path = `/partners/${services.system.id}` } = settings
  if (verify.scheme === 'certificate' && bind === undefined)
    throw configFault(
      '/bind',
      'The scheme certificate needs a port of its own that asks for one.',
      'Add bind.',
    )
  const desk = new Desk(settings, services, openVerifier(verify, services))
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    void desk.serve(request, response)
  }
  if (bind === undefined) {
    const leave = services.door.mount(path, handle)
    return listenerOf(desk, services, undefined, async () => leave())
  }
  const server = await ownDoor(bind, handle, services)
  const { port } = server.address() as AddressInfo
  return listenerOf(desk, services, port, () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    return closed
  })
}

function listenerOf(
  desk: Desk,
  { clock }: ListenServices,
  port: number | undefined,
  leave: () => Promise<void>,
): RestListener {
  let status: ListenerStatus = { state: 'open', sinceMs: clock.now() }
  let closed: Promise<void> | undefined
  return {
    port,
    status: () => status,
    close: () => {
      closed ??= Promise.all([leave(), desk.finish()]).then(() => {
        status = { state: 'closed', sinceMs: clock.now() }
      })
      return closed
    },
  }
}

class Desk {
  readonly #settings: Settings
  readonly #services: ListenServices
  readonly #verify: Verifier
  readonly #underWay = new Set<Promise<void>>()

  constructor(settings: Settings, services: ListenServices, verify: Verifier) {
    this.#settings = settings
    this.#services = services
    this.#verify = verify
  }

  /** Resolves once everything that came in is answered. */
  async finish(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const work = this.#answer(request)
      .catch((error: unknown) => {
        this.#services.log.error(
          { system: this.#services.system.id, error },
          'a request could not be answered',
        )
        return problem('INTERNAL')
      })
      .then((answer) => write(response, this.#sealed(answer), request))
      .finally(() => this.#underWay.delete(work))
    this.#underWay.add(work)
    await work
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'POST' && request.method !== 'PUT') return problem('METHOD_NOT_ALLOWED')
    const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
    if (encoding !== 'identity') return problem('REQUEST_MEDIA_TYPE')
    const sent = await bodyOf(request, this.#settings.maxBodyBytes)
    if (sent === undefined) return problem('REQUEST_TOO_LARGE')
    const verdict = await this.#verify({ method: request.method, headers: request.headers, body: sent })
    if (!verdict.genuine) {
      this.#services.log.warn(
        { system: this.#services.system.id, words: verdict.words },
        'a request was not the partner’s',
      )
      return problem('AUTH_FAILED')
    }
    return this.#told(await this.#services.receive(this.#inbound(request, verdict.body)))
  }

  #inbound({ headers }: IncomingMessage, body: Uint8Array): Inbound {
    const { 'idempotency-key': key, traceparent } = headers
    return {
      body,
      contentType: headers['content-type'] ?? this.#settings.contentType,
      ...(typeof key === 'string' && /^[\x21-\x7e]{1,200}$/.test(key) ? { idempotencyKey: key } : {}),
      ...(typeof traceparent === 'string' ? { traceparent } : {}),
    }
  }

  #told(outcome: InboundOutcome): Answer {
    const own = ownAnswer(outcome)
    return {
      ...own,
      ...outcome.reply,
      status: this.#settings.alwaysOk ? 200 : own.status,
    }
  }

  /** Who seals its requests gets sealed answers, but for what it cannot be sure to be asked by. */
  #sealed(answer: Answer): Answer {
    const { verify } = this.#settings
    if (verify.scheme !== 'sm-envelope' || answer.status === 401 || answer.status === 413) return answer
    const envelope = envelopeCodec(verify, this.#services).seal(answer.body, this.#services.clock.now())
    return {
      ...answer,
      contentType: 'application/json; charset=utf-8',
      body: Buffer.from(JSON.stringify(envelope)),
    }
  }
}

function ownAnswer(outcome: InboundOutcome): Answer {
  if (outcome.kind === 'accepted') {
    const { caseNo, messageId, type, sequence, repeated, recordedAt, digest } = outcome
    const receipt = { caseNo, messageId, type, sequence, repeated, receipt: { recordedAt, digest } }
    return json(200, receipt, 'application/json')
  }
  const { code, title, words } = outcome
  const about = { title: `${title.zh} / ${title.en}`, code, detail: words }
  if (outcome.kind === 'refused') {
    const status = statusOf(code)
    return json(status, { type: `urn:hub:problem:${code}`, status, ...about, faults: outcome.faults })
  }
  const status = outcome.because === 'hub' ? 503 : 409
  return {
    ...json(status, { type: `urn:hub:problem:${code}`, status, ...about }),
    retryAfterMs: outcome.afterMs,
  }
}

function problem(code: ProblemCode): Answer {
  const { zh, en } = PROBLEMS[code]
  const status = statusOf(code)
  return json(status, { type: `urn:hub:problem:${code}`, title: `${zh} / ${en}`, status, code })
}

function json(status: number, value: object, contentType = 'application/problem+json'): Answer {
  return { status, contentType: `${contentType}; charset=utf-8`, body: Buffer.from(JSON.stringify(value)) }
}

/** Undefined where there is more than `limit`; the rest is not read. */
async function bodyOf(request: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  // The stream must outlive the reading: its connection carries the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function write(response: ServerResponse, answer: Answer, request: IncomingMessage): void {
  if (response.destroyed) return
  const { status, contentType, body, retryAfterMs } = answer
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.length,
    ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
    ...(status === 405 ? { allow: 'POST, PUT' } : {}),
  })
  response.end(body)
  if (!request.complete) discard(request)
}

/** How much of a body that nobody wants is read, so that its sender comes to reading our answer. */
const DISCARDED_BYTES = 16 * 2 ** 20

/** A connection that is dropped with something unread takes the answer with it. */
function discard(request: IncomingMessage): void {
  let size = 0
  request.on('data', (chunk: Uint8Array) => {
    size += chunk.length
    if (size > DISCARDED_BYTES) request.destroy()
  })
  request.on('error', () => {})
}

/** A port with TLS that takes nobody without the partner's certificate. */
async function ownDoor(
  { host = '0.0.0.0', port, cert, key, clientCa, clientName }: NonNullable<RestListenConfig['bind']>,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  { secret }: ListenServices,
): Promise<Server> {
  const server = createServer(
    {
      cert: secret(cert.secret),
      key: secret(key.secret),
      ca: secret(clientCa.secret),
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate()
      if (clientName === undefined || subject?.CN === clientName) handle(request, response)
      else write(response, problem('AUTH_FAILED'), request)
    },
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        configFault('/bind/port', `It cannot be listened on: ${error.message}.`, 'Choose another port.'),
      ),
    )
    server.listen(port, host, resolve)
  })
  return server
}
