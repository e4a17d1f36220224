/** The envelope of SOAP 1.1 (W3C note of 2000) and SOAP 1.2 (part 1, second edition): read, and written. */
import { attributeOf, childOf } from '../xml/element.ts'
import { scanXml } from '../xml/scan.ts'
import type { Words, XmlElement } from '../xml/tree.ts'

export const SOAP_VERSIONS = ['1.1', '1.2'] as const
export type SoapVersion = (typeof SOAP_VERSIONS)[number]

export const ENVELOPE_NAMESPACES: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
}

export const MEDIA_TYPES: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'text/xml',
  '1.2': 'application/soap+xml',
}

export interface Envelope {
  readonly version: SoapVersion
  readonly source: string
  /** The blocks of the header. */
  readonly header: readonly XmlElement[]
  /** The elements in the body. */
  readonly body: readonly XmlElement[]
}

/** `version`: an envelope of a version that is not known. */
export class EnvelopeRefused extends Error {
  readonly kind: 'form' | 'version'
  readonly words: Words

  constructor(kind: 'form' | 'version', words: Words) {
    super(words.en)
    this.name = 'EnvelopeRefused'
    this.kind = kind
    this.words = words
  }
}

/** @throws XmlRefused, EnvelopeRefused */
export function readEnvelope(source: string): Envelope {
  const root = scanXml(source)
  if (root.local !== 'Envelope')
    throw new EnvelopeRefused('form', { zh: '根元素不是 Envelope', en: 'The root element is not Envelope.' })
  const version = SOAP_VERSIONS.find((known) => ENVELOPE_NAMESPACES[known] === root.namespace)
  if (version === undefined)
    throw new EnvelopeRefused('version', {
      zh: '信封既不是 SOAP 1.1 也不是 SOAP 1.2',
      en: 'The envelope is of neither SOAP 1.1 nor SOAP 1.2.',
    })
  const header = childOf(root, root.namespace, 'Header')
  const bodies = root.children.filter((child) => child.local === 'Body' && child.namespace === root.namespace)
  const [body] = bodies
  if (body === undefined || bodies.length > 1)
    throw new EnvelopeRefused('form', {
      zh: '信封应当恰有一个 Body',
      en: 'The envelope has not exactly one Body.',
    })
  if (header !== undefined && header.start > body.start)
    throw new EnvelopeRefused('form', {
      zh: 'Header 应当在 Body 之前',
      en: 'The Header stands behind the Body.',
    })
  return { version, source, header: header?.children ?? [], body: body.children }
}

/** Header blocks that the last receiver has to understand (SOAP 1.1 §4.2.3; SOAP 1.2 part 1 §5.2.3), those it knows left out. */
export function notUnderstood(
  { version, header }: Envelope,
  understands: (block: XmlElement) => boolean,
): readonly XmlElement[] {
  const namespace = ENVELOPE_NAMESPACES[version]
  return header.filter((block) => {
    if (!['1', 'true'].includes(attributeOf(block, namespace, 'mustUnderstand')?.trim() ?? '')) return false
    const target = attributeOf(block, namespace, version === '1.1' ? 'actor' : 'role')
    return (target === undefined || FOR_US.has(target)) && !understands(block)
  })
}

const FOR_US = new Set([
  '',
  'http://schemas.xmlsoap.org/soap/actor/next',
  `${ENVELOPE_NAMESPACES['1.2']}/role/next`,
  `${ENVELOPE_NAMESPACES['1.2']}/role/ultimateReceiver`,
])

/** `header` and `body` are XML. */
export function writeEnvelope(
  version: SoapVersion,
  { header = '', body }: { header?: string; body: string },
): string {
  const block = header === '' ? '' : `<soap:Header>${header}</soap:Header>`
  return `<?xml version="1.0" encoding="utf-8"?>\n<soap:Envelope xmlns:soap="${ENVELOPE_NAMESPACES[version]}">${block}<soap:Body>${body}</soap:Body></soap:Envelope>`
}
