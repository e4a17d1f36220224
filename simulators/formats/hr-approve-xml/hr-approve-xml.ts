/** The human resources authority: SOAP operations with one string, in it XML that says GBK of itself, in that the form as XML again. */
import { compact } from '../../beijing.ts'
import { Misread } from '../letter.ts'
import type { PartnerFormat, SoapReply, Verdict } from '../partner-format.ts'
import { readCall } from './read.ts'
import { reportOf } from './write.ts'
import { element, escaped, parsed, type Written } from './xml.ts'

const NAMESPACE = 'http://ws.demo.gov/'
const DECLARATION = /^\s*<\?xml version="1.0" encoding="GBK"\?>/
const STATUS: Readonly<Record<Verdict, string>> = { taken: '200', duplicate: '201', refused: '300' }
const VERDICTS: Readonly<Record<string, SoapReply['verdict']>> = {
  '200': 'taken',
  '201': 'duplicate',
  '503': 'later',
}

export const hrApproveXml: PartnerFormat = {
  name: 'hr-approve-xml',
  contentType: 'text/xml; charset=utf-8',
  write: (letter, envelope) => Buffer.from(call('reportProcess', 'xmlStr', reportOf(letter, envelope))),
  decode: opened,
  read: readCall,
  answer: (verdict, { reference, words, nowMs }) => {
    const result: Written = {
      STATUS: STATUS[verdict],
      DESC: words,
      TIME: compact(nowMs),
      DATA: verdict === 'refused' ? undefined : { YWLSH: reference },
    }
    return {
      status: 200,
      body: Buffer.from(call('receiveCaseResponse', 'return', element('RESULT', result))),
    }
  },
  soap: { readReply },
}

function call(operation: string, string: string, text: string): string {
  return `<w:${operation} xmlns:w="${NAMESPACE}"><${string}>${escaped(text)}</${string}></w:${operation}>`
}

/** @throws Misread where the inner document does not declare GBK: it is kept in a table of that set */
function opened(body: Buffer): unknown {
  const call = parsed(strictUtf8(body))
  const [name = '', operation] = Object.entries(call)[0] ?? []
  const text = isObject(operation) ? operation.xmlStr : undefined
  if (!isObject(operation) || typeof text !== 'string') throw new Misread(`${name} has no xmlStr`)
  if (!DECLARATION.test(text)) throw new Misread('xmlStr does not begin with the declaration of GBK')
  const inner = parsed(text.replace(DECLARATION, ''))
  const [root = '', data] = Object.entries(inner)[0] ?? []
  const form = isObject(data) ? data.XML_DATA : undefined
  const whole = typeof form === 'string' && isObject(data) ? { ...data, XML_DATA: parsed(form) } : data
  return { [name]: { ...operation, xmlStr: { [root]: whole } } }
}

/** @throws Misread */
function strictUtf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch (error) {
    throw new Misread(`the call is not in UTF-8: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** @throws Misread */
function readReply(content: string): SoapReply {
  const { reportProcessResponse } = parsed(content)
  const text = isObject(reportProcessResponse) ? reportProcessResponse.return : undefined
  if (typeof text !== 'string') throw new Misread('the reply has no string')
  const { RESULT } = parsed(text.replace(/^\s*<\?xml[^>]*\?>/, ''))
  if (!isObject(RESULT) || typeof RESULT.STATUS !== 'string') throw new Misread('the reply has no STATUS')
  return { verdict: VERDICTS[RESULT.STATUS] ?? 'refused', words: String(RESULT.DESC ?? '') }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
