/** The outbound half: one message, one call of an operation of the partner's service. */
import type { Link, LinkServices, Outbound, Receipt } from '../../../hub/contract/adapter.ts'
import { LinkLost, Rejected, RetryLater } from '../../../hub/contract/errors.ts'
import type { Answer as HttpAnswer, HttpClient, HttpRequest, Reply } from '../../shared/http.ts'
import { configuredClient } from '../../shared/http-options.ts'
import { messageHeaders } from '../../shared/message-headers.ts'
import { configFaultsOf } from '../../shared/options.ts'
import { FileRefused } from '../local-file.ts'
import { HUB_NAMESPACE } from '../message/fault.ts'
import { type Credentials, writeUsernameToken } from '../message/username-token.ts'
import { escapeText } from '../xml/element.ts'
import { scanXml } from '../xml/scan.ts'
import { XmlRefused } from '../xml/tree.ts'
import { bodyFor, withToken } from './body.ts'
import type { SoapSettings } from './config.ts'
import { judge } from './judge.ts'
import {
  InterfaceRefused,
  type Operation,
  type PartnerInterface,
  readInterface,
} from './partner-interface.ts'

const ADDRESSING_NAMESPACE = 'http://www.w3.org/2005/08/addressing'

const configFault = configFaultsOf('soap')

/** @throws ConfigError where the options cannot work */
export async function openSoapLink(settings: SoapSettings, services: LinkServices): Promise<Link> {
  const address = new URL(settings.url)
  const probe = settings.probeUrl === undefined ? withWsdl(address) : new URL(settings.probeUrl)
  const client = configuredClient(settings, { url: address, probeUrl: probe }, services, configFault)
  const partner = await readInterface({
    folder: settings.wsdlFolder,
    file: settings.wsdl,
    port: settings.port,
    version: settings.soapVersion,
    address: address.href,
  }).catch((error: unknown) => {
    if (!(error instanceof InterfaceRefused || error instanceof FileRefused)) throw error
    throw configFault('/wsdl', `${error.message}.`, 'Mend the WSDL or the option.')
  })
  if (settings.operation !== undefined && !partner.operations.has(settings.operation))
    throw configFault(
      '/operation',
      `The WSDL has no operation ${settings.operation}.`,
      `It has ${[...partner.operations.keys()].join(', ')}.`,
    )
  const { usernameToken } = settings
  const credentials = usernameToken && {
    username: usernameToken.username,
    password: services.secret(usernameToken.secret),
  }
  const { elementToken } = settings
  const filled = elementToken && {
    element: elementToken.element,
    token: services.secret(elementToken.secret),
  }
  return new SoapLink({ settings, services, address, probe, partner, credentials, filled, client })
}

interface LinkParts {
  readonly settings: SoapSettings
  readonly services: LinkServices
  readonly address: URL
  readonly probe: URL
  readonly partner: PartnerInterface
  readonly credentials: Credentials | undefined
  readonly filled: { readonly element: string; readonly token: string } | undefined
  readonly client: HttpClient
}

class SoapLink implements Link {
  readonly #parts: LinkParts
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<Reply>>()

  constructor(parts: LinkParts) {
    this.#parts = parts
  }

  async deliver(message: Outbound, signal: AbortSignal): Promise<Receipt> {
    const { address, services, settings, filled } = this.#parts
    const operation = this.#operationFor(message)
    const body = bodyFor(message, operation)
    const { headers, envelope } = await operation.request({
      header: (action) => this.#header(message, action || defaultAction(operation)),
      body: filled === undefined ? body : withToken(body, filled),
    })
    const reply = await this.#exchange(
      {
        method: 'POST',
        url: address,
        headers: {
          ...settings.headers,
          ...headers,
          accept: 'text/xml, application/soap+xml',
          ...messageHeaders(message),
        },
        body: new TextEncoder().encode(checkedEnvelope(envelope)),
      },
      signal,
    )
    return judge(reply, services.readAnswer, operation.oneWay)
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#probed(signal)
  }

  async partnerClock(signal: AbortSignal): Promise<number | undefined> {
    return (await this.#probed(signal)).dateMs
  }

  async #probed(signal: AbortSignal): Promise<HttpAnswer> {
    const { probe, settings } = this.#parts
    const reply = await this.#exchange({ method: 'GET', url: probe, headers: settings.headers }, signal)
    const asked = `GET ${probe.pathname}${probe.search}`
    if (reply.kind !== 'answer')
      throw new LinkLost(`Probe ${asked} got no answer: ${reply.reason}`, { cause: reply.cause })
    const { status } = reply
    if (status < 300) return reply
    const said = `Probe ${asked} was answered HTTP ${status}`
    if (status >= 500 || status === 429) throw new RetryLater(said, { afterMs: reply.retryAfterMs })
    throw new Rejected(status === 401 || status === 403 ? 'credential' : 'contract', said)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#underWay)
    this.#parts.client.close()
  }

  #operationFor({ hints }: Outbound): Operation {
    const { operations } = this.#parts.partner
    const [only] = operations.size === 1 ? operations.keys() : []
    const name = hints.operation ?? this.#parts.settings.operation ?? only
    const operation = name === undefined ? undefined : operations.get(name)
    if (operation !== undefined) return operation
    const known = `the WSDL has ${[...operations.keys()].join(', ')}`
    throw new Rejected(
      'contract',
      name === undefined
        ? `Neither the format's hint operation nor the option operation says which operation is called; ${known}.`
        : `There is no operation ${name}; ${known}.`,
    )
  }

  #header({ messageId }: Outbound, action: string): string {
    const { settings, services, address, credentials } = this.#parts
    const id = escapeText(messageId)
    const own = `<hub:messageId xmlns:hub="${HUB_NAMESPACE}">${id}</hub:messageId>`
    const token =
      credentials === undefined
        ? ''
        : writeUsernameToken(credentials, settings.usernameToken?.password ?? 'digest', {
            nowMs: services.clock.now(),
            nonce: services.randomBytes(16),
            timestamp: settings.usernameToken?.timestamp ?? false,
          })
    if (!settings.addressing) return own + token
    // WS-Addressing 1.0 §3.2: an id is an IRI; UUIDs are written as in RFC 9562 §4.
    const iri = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(messageId)
      ? `urn:uuid:${id}`
      : `${HUB_NAMESPACE}:${encodeURIComponent(messageId)}`
    const block = (part: string, text: string): string =>
      `<wsa:${part} xmlns:wsa="${ADDRESSING_NAMESPACE}">${text}</wsa:${part}>`
    return `${own}${block('Action', escapeText(action))}${block('MessageID', iri)}${block('To', escapeText(address.href))}${token}`
  }

  async #exchange(request: HttpRequest, signal: AbortSignal): Promise<Reply> {
    const exchange = this.#parts.client.exchange(request, AbortSignal.any([signal, this.#closing.signal]))
    this.#underWay.add(exchange)
    try {
      return await exchange
    } finally {
      this.#underWay.delete(exchange)
    }
  }
}

/** The package puts the WSDL's own prefixes into the envelope, unchecked. */
function checkedEnvelope(envelope: string): string {
  try {
    scanXml(envelope, { depth: 72, attributes: 1_000, elements: 100_100 })
    return envelope
  } catch (error) {
    if (error instanceof XmlRefused)
      throw new Rejected('contract', `The envelope made with this WSDL is not XML: ${error.message}`)
    throw error
  }
}

/** For a WSDL that names no action, which WS-Addressing needs. */
function defaultAction({ name, input }: Operation): string {
  return `${(input?.namespace ?? '').replace(/\/$/, '')}/${name}`
}

function withWsdl(address: URL): URL {
  const url = new URL(address)
  url.search = '?wsdl'
  return url
}
