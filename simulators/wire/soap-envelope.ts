/** SOAP 1.1 envelopes as text: made and opened without a library, as an old department's own code does it. */
import { createHash } from 'node:crypto'
import { Misread } from '../formats/letter.ts'

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss'
const SECURITY = `${WSS}-wssecurity-secext-1.0.xsd`
const UTILITY = `${WSS}-wssecurity-utility-1.0.xsd`
const DIGEST = `${WSS}-username-token-profile-1.0#PasswordDigest`
const BASE64 = `${WSS}-soap-message-security-1.0#Base64Binary`

/** Media type of an envelope. */
export const SOAP_MEDIA = 'text/xml; charset=utf-8'

/** @param content what stands in soap:Body. @param header what stands in soap:Header */
export function sealed(content: string, header = ''): string {
  const head = header === '' ? '' : `<soap:Header>${header}</soap:Header>`
  return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="${SOAP}">${head}<soap:Body>${content}</soap:Body></soap:Envelope>`
}

export interface Opened {
  /** Content of soap:Header; empty where there is none. */
  readonly header: string
  /** Content of soap:Body, as it stands. */
  readonly content: string
}

const START = /<(?:([A-Za-z_][\w.-]*):)?Envelope\b[^>]*>/

/** @throws Misread where the text is no SOAP 1.1 envelope */
export function opened(text: string): Opened {
  const start = START.exec(text)
  const prefix = start?.[1] === undefined ? '' : `${start[1]}:`
  if (start === null || !start[0].includes(SOAP)) throw new Misread('the text is no SOAP 1.1 envelope')
  const body = new RegExp(`<${prefix}Body(?:\\s[^>]*)?>`).exec(text)
  const end = text.lastIndexOf(`</${prefix}Body>`)
  if (body === null || end < body.index) throw new Misread('the envelope has no Body')
  return {
    header: text.slice(start.index + start[0].length, body.index),
    content: text.slice(body.index + body[0].length, end).trim(),
  }
}

/** Text of the first element of this local name, whatever its prefix; undefined where there is none. */
export function textOf(xml: string, name: string): string | undefined {
  const found = new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^>]*)?>([^<]*)</`).exec(xml)
  return found?.[1] === undefined ? undefined : unescaped(found[1]).trim()
}

export interface SoapFault {
  /** `Client` and what may follow it, or `Server`. */
  readonly code: string
  readonly words: string
}

/** Undefined where the content of soap:Body is no Fault. */
export function faultIn(content: string): SoapFault | undefined {
  if (!/^<(?:[\w.-]+:)?Fault[\s>]/.test(content)) return undefined
  const code = textOf(content, 'faultcode') ?? ''
  const detail = textOf(content, 'code') ?? ''
  return {
    code: code.slice(code.indexOf(':') + 1),
    words: `${detail} ${textOf(content, 'faultstring') ?? ''}`.trim(),
  }
}

export function faultOf({ code, words }: SoapFault): string {
  return `<soap:Fault><faultcode>soap:${code}</faultcode><faultstring xml:lang="zh">${escaped(words)}</faultstring></soap:Fault>`
}

export interface Token {
  readonly username: string
  readonly password: string
}

/** WS-Security UsernameToken Profile 1.0: base64(SHA-1(nonce + created + password)); the nonce is good once. */
export function usernameToken({ username, password }: Token, nonce: Buffer, nowMs: number): string {
  const created = new Date(nowMs).toISOString()
  const digest = digestOf(nonce, created, password)
  return (
    `<wsse:Security xmlns:wsse="${SECURITY}" xmlns:wsu="${UTILITY}"><wsse:UsernameToken>` +
    `<wsse:Username>${escaped(username)}</wsse:Username><wsse:Password Type="${DIGEST}">${digest}</wsse:Password>` +
    `<wsse:Nonce EncodingType="${BASE64}">${nonce.toString('base64')}</wsse:Nonce>` +
    `<wsu:Created>${created}</wsu:Created></wsse:UsernameToken></wsse:Security>`
  )
}

const WINDOW_MS = 300_000

/** What is wrong with the token in a header, or undefined where it is genuine. */
export function wrongToken(header: string, { username, password }: Token, nowMs: number): string | undefined {
  const given = textOf(header, 'Username')
  if (given !== username) return `user ${given ?? '(none)'} is not ${username}`
  const word = textOf(header, 'Password') ?? ''
  const nonce = textOf(header, 'Nonce')
  if (nonce === undefined) return word === password ? undefined : 'password does not fit'
  const created = textOf(header, 'Created') ?? ''
  if (!(Math.abs(Date.parse(created) - nowMs) <= WINDOW_MS)) return 'token outside the window'
  const wanted = digestOf(Buffer.from(nonce, 'base64'), created, password)
  return word === wanted ? undefined : 'digest does not fit'
}

function digestOf(nonce: Buffer, created: string, password: string): string {
  return createHash('sha1').update(nonce).update(created).update(password).digest('base64')
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
