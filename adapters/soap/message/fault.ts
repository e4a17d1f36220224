/** Faults of SOAP 1.1 (§4.4) and SOAP 1.2 (part 1 §5.4): read, and written. */
import type { Fault } from '../../../hub/contract/errors.ts'
import { carriable, childOf, escapeAttribute, escapeText, textOf } from '../xml/element.ts'
import type { Words, XmlElement } from '../xml/tree.ts'
import { ENVELOPE_NAMESPACES, type SoapVersion, writeEnvelope } from './envelope.ts'

/** Namespace of the hub's own elements (description.ts). */
export const HUB_NAMESPACE = 'urn:henan-integration-hub:messages:1'

/** Whose fault it is. `denied`: the caller's credentials are not accepted. */
export type Blame = 'sender' | 'receiver' | 'denied' | 'unknown'

export interface ReceivedFault {
  readonly blame: Blame
  /** The receiver's words: reason, then codes. */
  readonly words: string
}

// Local names of the codes of WS-Security 1.1 §12 that mean: not you.
const DENIALS =
  /^(?:FailedAuthentication|FailedCheck|InvalidSecurity(?:Token)?|UnsupportedSecurityToken|SecurityTokenUnavailable|MessageExpired|(?:Client|Sender)\.Authentication.*|AuthenticationFailure)$/i

/** Undefined where the element is no Fault. */
export function readFault(
  source: string,
  element: XmlElement,
  version: SoapVersion,
): ReceivedFault | undefined {
  const namespace = ENVELOPE_NAMESPACES[version]
  if (element.local !== 'Fault' || element.namespace !== namespace) return undefined
  const codes = version === '1.1' ? codesOf11(source, element) : codesOf12(source, element, namespace)
  const reason =
    version === '1.1'
      ? textIn(source, anyChild(element, 'faultstring'))
      : textIn(source, childOf(anyChild(element, 'Reason') ?? element, namespace, 'Text'))
  return { blame: blameOf(codes), words: `${reason || 'Fault'} (${codes.join(', ') || 'without a code'})` }
}

function codesOf11(source: string, fault: XmlElement): readonly string[] {
  // Many servers qualify what SOAP 1.1 leaves unqualified.
  const code = localPart(textIn(source, anyChild(fault, 'faultcode')))
  return code === '' ? [] : [code]
}

function codesOf12(source: string, fault: XmlElement, namespace: string): readonly string[] {
  const codes: string[] = []
  let at = childOf(fault, namespace, 'Code')
  for (; at !== undefined; at = childOf(at, namespace, 'Subcode'))
    codes.push(localPart(textIn(source, childOf(at, namespace, 'Value'))))
  return codes.filter((code) => code !== '')
}

function blameOf(codes: readonly string[]): Blame {
  if (codes.some((code) => DENIALS.test(code))) return 'denied'
  const first = codes[0]?.split('.', 1)[0]?.toLowerCase()
  if (first === 'server' || first === 'receiver') return 'receiver'
  if (first === undefined) return 'unknown'
  return ['client', 'sender', 'mustunderstand', 'versionmismatch', 'dataencodingunknown'].includes(first)
    ? 'sender'
    : 'unknown'
}

function anyChild(element: XmlElement, local: string): XmlElement | undefined {
  return element.children.find((child) => child.local === local)
}

function textIn(source: string, element: XmlElement | undefined): string {
  return element === undefined ? '' : textOf(source, element).replaceAll(/\s+/g, ' ').trim().slice(0, 500)
}

function localPart(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1)
}

/** A refusal as it is told to a caller. */
export interface Refusal {
  /** `version`, `header`: VersionMismatch and MustUnderstand. */
  readonly blame: 'sender' | 'receiver' | 'version' | 'header'
  /** Of hub/contract/problems.ts. */
  readonly code: string
  readonly title: Words
  readonly words: Words
  readonly faults?: readonly Fault[]
  /** The same document may well be taken then. */
  readonly retryAfterMs?: number
}

/** The whole answer. What stands in it is text of the hub's making; the sender's own stands in it only as field paths. */
export function writeFault(version: SoapVersion, refusal: Refusal): string {
  const { title, words } = refusal
  const zh = escapeText(carriable(`${title.zh}：${words.zh}`))
  const en = escapeText(carriable(`${title.en}: ${words.en}`))
  const code = CODES[refusal.blame][version]
  const problem = writeProblem(refusal)
  return writeEnvelope(version, {
    body:
      version === '1.1'
        ? `<soap:Fault><faultcode>soap:${code}</faultcode><faultstring xml:lang="zh">${zh}</faultstring><detail>${problem}</detail></soap:Fault>`
        : `<soap:Fault><soap:Code><soap:Value>soap:${code}</soap:Value><soap:Subcode><soap:Value xmlns:hub="${HUB_NAMESPACE}">hub:${refusal.code}</soap:Value></soap:Subcode></soap:Code><soap:Reason><soap:Text xml:lang="zh">${zh}</soap:Text><soap:Text xml:lang="en">${en}</soap:Text></soap:Reason><soap:Detail>${problem}</soap:Detail></soap:Fault>`,
  })
}

const CODES = {
  sender: { '1.1': 'Client', '1.2': 'Sender' },
  receiver: { '1.1': 'Server', '1.2': 'Receiver' },
  version: { '1.1': 'VersionMismatch', '1.2': 'VersionMismatch' },
  header: { '1.1': 'MustUnderstand', '1.2': 'MustUnderstand' },
} as const

/** SOAP 1.1 §6.2: always 500. SOAP 1.2 part 2, table 20: 400 where the sender has to change something. */
export function statusOf(version: SoapVersion, { blame }: Refusal): number {
  return version === '1.2' && blame === 'sender' ? 400 : 500
}

function writeProblem({ code, title, words, faults = [], retryAfterMs }: Refusal): string {
  const parts = [
    element('code', code),
    element('title', title.zh, 'zh'),
    element('title', title.en, 'en'),
    element('words', words.zh, 'zh'),
    // What intake says is in one language.
    words.en === words.zh ? '' : element('words', words.en, 'en'),
    retryAfterMs === undefined ? '' : element('retryAfterSeconds', String(Math.ceil(retryAfterMs / 1000))),
    ...faults.map(
      (fault) =>
        `<hub:fault>${[
          element('code', fault.code),
          fault.source === undefined ? '' : element('source', fault.source),
          fault.pointer === undefined ? '' : element('pointer', fault.pointer),
          element('reason', fault.reason.zh, 'zh'),
          element('reason', fault.reason.en, 'en'),
          fault.facts === undefined ? '' : element('facts', JSON.stringify(fault.facts)),
        ].join('')}</hub:fault>`,
    ),
  ]
  return `<hub:problem xmlns:hub="${HUB_NAMESPACE}">${parts.join('')}</hub:problem>`
}

function element(name: string, text: string, language?: string): string {
  const attribute = language === undefined ? '' : ` xml:lang="${escapeAttribute(language)}"`
  return `<hub:${name}${attribute}>${escapeText(carriable(text))}</hub:${name}>`
}
