/** Username token of WS-Security (OASIS Username Token Profile 1.1): written into what we send, checked in what we are sent. */
import { createHash } from 'node:crypto'
import { passwordDigest } from 'soap'
import { sameText } from '../../shared/same-text.ts'
import { attributeOf, childOf, escapeText, textOf } from '../xml/element.ts'
import type { XmlElement } from '../xml/tree.ts'
import type { Envelope } from './envelope.ts'

const PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-'
export const SECURITY_NAMESPACE = `${PROFILE}wssecurity-secext-1.0.xsd`
const UTILITY_NAMESPACE = `${PROFILE}wssecurity-utility-1.0.xsd`
const PASSWORD_TEXT = `${PROFILE}username-token-profile-1.0#PasswordText`
const PASSWORD_DIGEST = `${PROFILE}username-token-profile-1.0#PasswordDigest`
const BASE64 = `${PROFILE}soap-message-security-1.0#Base64Binary`

/** How far the sender's clock may be off, both ways; for that long its nonce is remembered. */
export const CREATED_WINDOW_MS = 300_000

/** `digest`: Base64(SHA-1(nonce + created + password)), the one digest that the profile has. */
export type PasswordType = 'text' | 'digest'

export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface TokenParts {
  readonly nowMs: number
  readonly nonce: Uint8Array
  /** Say how long the message holds as well: 300 s. */
  readonly timestamp?: boolean
}

/**
 * The header block. Not the soap package's own: that one takes time and randomness from the machine, and leaves a password
 * unescaped that looks like a CDATA section.
 */
export function writeUsernameToken(
  { username, password }: Credentials,
  type: PasswordType,
  { nowMs, nonce, timestamp = false }: TokenParts,
): string {
  const created = new Date(nowMs).toISOString()
  const expires = new Date(nowMs + CREATED_WINDOW_MS).toISOString()
  const lifetime = timestamp
    ? `<wsu:Timestamp><wsu:Created>${created}</wsu:Created><wsu:Expires>${expires}</wsu:Expires></wsu:Timestamp>`
    : ''
  const nonceText = Buffer.from(nonce).toString('base64')
  const [passwordType, value] =
    type === 'text'
      ? [PASSWORD_TEXT, password]
      : [PASSWORD_DIGEST, passwordDigest(nonceText, created, password)]
  return `<wsse:Security xmlns:wsse="${SECURITY_NAMESPACE}" xmlns:wsu="${UTILITY_NAMESPACE}">${lifetime}<wsse:UsernameToken><wsse:Username>${escapeText(username)}</wsse:Username><wsse:Password Type="${passwordType}">${escapeText(value)}</wsse:Password><wsse:Nonce EncodingType="${BASE64}">${nonceText}</wsse:Nonce><wsu:Created>${created}</wsu:Created></wsse:UsernameToken></wsse:Security>`
}

export interface TokenCheck {
  readonly credentials: Credentials
  readonly accepts: readonly PasswordType[]
  readonly nowMs: number
  /** Remembers a value that may be used once; false where it had been used. */
  once(value: string, expiresAtMs: number): Promise<boolean>
}

/** Whether the message carries the credentials. What is wrong is told to nobody. */
export async function hasUsernameToken(
  { header, source }: Envelope,
  { credentials, accepts, nowMs, once }: TokenCheck,
): Promise<boolean> {
  const security = header.filter((block) => isSecurity(block))
  const tokens = security.flatMap(({ children }) =>
    children.filter((child) => child.namespace === SECURITY_NAMESPACE && child.local === 'UsernameToken'),
  )
  const [token] = tokens
  if (token === undefined || tokens.length > 1) return false
  const part = (namespace: string, local: string): XmlElement | undefined => childOf(token, namespace, local)
  const text = (element: XmlElement | undefined): string =>
    element === undefined ? '' : textOf(source, element).trim()

  const passwordElement = part(SECURITY_NAMESPACE, 'Password')
  if (passwordElement === undefined) return false
  const type = attributeOf(passwordElement, '', 'Type') ?? PASSWORD_TEXT
  const nonce = text(part(SECURITY_NAMESPACE, 'Nonce'))
  const created = text(part(UTILITY_NAMESPACE, 'Created'))
  const sameName = sameText(text(part(SECURITY_NAMESPACE, 'Username')), credentials.username)

  if (type === PASSWORD_TEXT) {
    // A password may begin or end with a space, so it is compared as it stands.
    const samePassword = sameText(textOf(source, passwordElement), credentials.password)
    return accepts.includes('text') && sameName && samePassword
  }
  if (type !== PASSWORD_DIGEST || !accepts.includes('digest')) return false
  const createdMs = instantOf(created)
  if (nonce === '' || nonce.length > 200 || createdMs === undefined) return false
  const sameDigest = sameText(text(passwordElement), passwordDigest(nonce, created, credentials.password))
  if (!sameName || !sameDigest || Math.abs(nowMs - createdMs) > CREATED_WINDOW_MS) return false
  // Base64 writes the same bytes in several ways, and the digest is over the bytes.
  const value = createHash('sha256')
    .update(Buffer.from(nonce, 'base64'))
    .update(' ')
    .update(created)
    .digest('hex')
  return once(value, createdMs + CREATED_WINDOW_MS + 1)
}

export function isSecurity({ namespace, local }: XmlElement): boolean {
  return namespace === SECURITY_NAMESPACE && local === 'Security'
}

/** xsd:dateTime with a zone; without one it is UTC (profile §3.1 recommends UTC). */
function instantOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?$/.test(text)) return undefined
  const instant = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`)
  return Number.isNaN(instant) ? undefined : instant
}
