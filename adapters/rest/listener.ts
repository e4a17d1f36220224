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
import { configFaultsOf, defaultsOf, type NamedSecret } from '../shared/options.ts'
import { envelopeCodec } from '../shared/signing/sm-envelope.ts'
import { type Answer, ownAnswer, problem, write } from './answer.ts'
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

/** A listener that may also be asked where it listens, for tests and the log. */
export interface RestListener extends Listener {
  /** Port of `bind`; undefined at the front door. */
  readonly port: number | undefined
}

const configFault = configFaultsOf('rest')

/**
 * Schemes whose proof covers the headers. Elsewhere a copied request could be sent with another `Idempotency-Key` and become
 * a second message; the document itself gives the key then.
 */
const KEY_SCHEMES: ReadonlySet<VerifyConfig['scheme']> = new Set(['certificate'])

/** When a partner asks again whose proof could not be looked up. */
const JUDGE_AGAIN_MS = 5_000

/** Whether a nonce was used could not be looked up: neither yes nor no. */
class CannotJudge extends Error {}

function judging(services: ListenServices): ListenServices {
  return {
    ...services,
    once: async (scope, value, expiresAtMs) => {
      try {
        return await services.once(scope, value, expiresAtMs)
      } catch (cause) {
        throw new CannotJudge('It could not be looked up whether this was used before.', { cause })
      }
    },
  }
}

/** Where at the front door partners come in, unless the listener has a port of its own. */
export function doorOf({ path }: Pick<RestListenConfig, 'path'>, system: { readonly id: string }): string {
  return path ?? `/partners/${system.id}`
}

/** @throws ConfigError where the path or the port is taken, or no certificate is asked for although the scheme rests on it */
export async function openRestListener(
  config: RestListenConfig,
  services: ListenServices,
): Promise<RestListener> {
  const settings = { ...defaultsOf(listenSchema.properties), ...config } as Settings
  const { verify, bind } = settings
  if (verify.scheme === 'certificate' && bind === undefined)
    throw configFault(
      '/bind',
      'The scheme certificate needs a port of its own that asks for one.',
      'Add bind.',
    )
  const desk = new Desk(settings, services, openVerifier(verify, judging(services)))
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    void desk.serve(request, response)
  }
  if (bind === undefined) {
    const leave = services.door.mount(doorOf(settings, services.system), handle)
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

  /** Never rejects: whoever calls is a server, which has nobody to tell. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const work = this.#serve(request, response).finally(() => this.#underWay.delete(work))
    this.#underWay.add(work)
    await work
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(request).catch((error: unknown) => this.#failed(error))
    if (answer === undefined) return
    try {
      write(response, this.#sealed(answer), request)
    } catch (error) {
      this.#failed(error)
      // A cut connection is the one answer left: its sender does not know, and repeats.
      response.destroy()
    }
  }

  #failed(error: unknown): Answer {
    const { system, log } = this.#services
    if (error instanceof CannotJudge) {
      log.warn({ system: system.id, error: error.cause }, 'a request could not be judged')
      return { ...problem('STORE_UNAVAILABLE'), retryAfterMs: JUDGE_AGAIN_MS }
    }
    log.error({ system: system.id, error }, 'a request could not be answered')
    return problem('INTERNAL')
  }

  /** Undefined where nobody waits for one any more. */
  async #answer(request: IncomingMessage): Promise<Answer | undefined> {
    if (request.method !== 'POST' && request.method !== 'PUT') return problem('METHOD_NOT_ALLOWED')
    const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
    if (encoding !== 'identity') return problem('REQUEST_MEDIA_TYPE')
    const sent = await bodyOf(request, this.#settings.maxBodyBytes)
    if (sent.kind === 'gone') return undefined
    if (sent.kind === 'too-large') return problem('REQUEST_TOO_LARGE')
    const { method, headers } = request
    const verdict = await this.#verify({ method, headers, body: sent.body })
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
    const { traceparent } = headers
    const key = KEY_SCHEMES.has(this.#settings.verify.scheme) ? headers['idempotency-key'] : undefined
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

/** `gone`: the sender left before its last byte. */
type Sent =
  | { readonly kind: 'whole'; readonly body: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'gone' }

/** Of what is larger than `limit` the rest is not read. */
async function bodyOf(request: IncomingMessage, limit: number): Promise<Sent> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return { kind: 'too-large' }
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    // The stream must outlive the reading: its connection carries the answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      size += chunk.length
      if (size > limit) return { kind: 'too-large' }
      chunks.push(chunk)
    }
  } catch {
    // A request's stream fails with its connection and with nothing else.
    return { kind: 'gone' }
  }
  return { kind: 'whole', body: Buffer.concat(chunks) }
}

/** Who comes slowly, or in crowds, does not keep the others out. */
const HEADERS_TIMEOUT_MS = 15_000
const REQUEST_TIMEOUT_MS = 120_000
const MAX_CONNECTIONS = 256

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
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
    },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate()
      if (clientName === undefined || subject?.CN === clientName) handle(request, response)
      else write(response, problem('AUTH_FAILED'), request)
    },
  )
  server.maxConnections = MAX_CONNECTIONS
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
