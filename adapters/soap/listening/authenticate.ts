/** Whether a call comes from the listener's system, and the call without what proves it. */
import type { ListenServices } from '../../../hub/contract/listener.ts'
import { sameText } from '../../shared/same-text.ts'
import { type Envelope, readEnvelope } from '../message/envelope.ts'
import { hasUsernameToken } from '../message/username-token.ts'
import { textOf } from '../xml/element.ts'
import type { Authentication } from './config.ts'

/** Undefined where it does not; what is wrong is told to nobody. */
export type Authenticate = (envelope: Envelope) => Promise<Envelope | undefined>

/** @throws ConfigError where the secret is not known */
export function authenticator(
  config: Authentication,
  { clock, once, secret }: Pick<ListenServices, 'clock' | 'once' | 'secret'>,
): Authenticate {
  const expected = secret(config.secret)
  if (config.scheme === 'element') return async (envelope) => withoutToken(envelope, config.element, expected)
  const { username, password = 'digest' } = config
  const accepts = password === 'either' ? (['digest', 'text'] as const) : [password]
  return async (envelope) => {
    const known = await hasUsernameToken(envelope, {
      credentials: { username, password: expected },
      accepts,
      nowMs: clock.now(),
      once: (value, expiresAtMs) => once('username-token', value, expiresAtMs),
    })
    return known ? envelope : undefined
  }
}

/** The token is no part of the document: the hub keeps documents for years. */
function withoutToken(envelope: Envelope, name: string, expected: string): Envelope | undefined {
  const { source, body } = envelope
  const tokens = body.flatMap(({ children }) => children.filter(({ local }) => local === name))
  const [token] = tokens
  if (token === undefined || tokens.length > 1) return undefined
  if (!sameText(textOf(source, token).trim(), expected)) return undefined
  return readEnvelope(source.slice(0, token.contentStart) + source.slice(token.contentEnd))
}
