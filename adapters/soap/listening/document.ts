/** The document that a call brings: in the hub's own operation `submit`, or the element of one of the partner's. */
import type { Inbound } from '../../../hub/contract/listener.ts'
import type { Envelope } from '../message/envelope.ts'
import { HUB_NAMESPACE } from '../message/fault.ts'
import { mediaTypeOf } from '../xml/charset.ts'
import { attributeOf, childOf, documentOf, textOf } from '../xml/element.ts'
import type { Words, XmlElement } from '../xml/tree.ts'
import type { PartnerOperation } from './config.ts'

export interface Call {
  readonly document: Pick<Inbound, 'body' | 'contentType' | 'idempotencyKey'>
  /** Absent: the hub's own operation. */
  readonly operation?: PartnerOperation
}

/** The call cannot be understood; words for the client's developer. */
export class CallRefused extends Error {
  readonly words: Words

  constructor(zh: string, en: string) {
    super(en)
    this.name = 'CallRefused'
    this.words = { zh, en }
  }
}

/** @throws CallRefused */
export function readCall({ source, body }: Envelope, operations: readonly PartnerOperation[]): Call {
  const [element] = body
  if (element === undefined || body.length > 1)
    throw new CallRefused('Body 应当恰有一个元素', 'The Body has not exactly one element.')
  if (element.namespace === HUB_NAMESPACE && element.local === 'submit')
    return { document: submitted(source, element) }
  const operation = operations.find(
    ({ namespace, element: local }) => element.namespace === namespace && element.local === local,
  )
  if (operation === undefined) {
    const known = [{ namespace: HUB_NAMESPACE, element: 'submit' }, ...operations]
      .map(({ namespace, element: local }) => `{${namespace}}${local}`)
      .join(', ')
    const given = `{${element.namespace.slice(0, 100)}}${element.local.slice(0, 100)}`
    throw new CallRefused(
      `没有元素 ${given} 对应的操作；可用的是 ${known}`,
      `There is no operation for the element ${given}; known are ${known}.`,
    )
  }
  return { document: xmlDocument(source, element), operation }
}

function submitted(source: string, submit: XmlElement): Call['document'] {
  const text = childOf(submit, HUB_NAMESPACE, 'document')
  const xml = childOf(submit, HUB_NAMESPACE, 'xml')
  const keyElement = childOf(submit, HUB_NAMESPACE, 'idempotencyKey')
  const key =
    keyElement === undefined
      ? {}
      : { idempotencyKey: visible(textOf(source, keyElement).trim(), 'idempotencyKey') }
  if ((text === undefined) === (xml === undefined))
    throw new CallRefused(
      'submit 应当含有 document（文字）或 xml（元素）之一',
      'submit holds either document, a text, or xml, an element.',
    )
  if (text !== undefined) {
    const media = mediaTypeOf(attributeOf(text, '', 'contentType') ?? 'application/xml')
    if (!/^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(media))
      throw new CallRefused(
        'document 的属性 contentType 不是媒体类型',
        'The attribute contentType of document is no media type.',
      )
    // A string has no encoding of its own, whatever a declaration in it says: it is handed over in UTF-8.
    return { ...utf8(textOf(source, text), media), ...key }
  }
  const [document] = (xml as XmlElement).children
  if (document === undefined || (xml as XmlElement).children.length > 1)
    throw new CallRefused('xml 应当恰有一个元素', 'xml holds exactly one element.')
  return { ...xmlDocument(source, document), ...key }
}

/** 1–200 visible ASCII characters, as the intake wants them. @throws CallRefused */
export function visible(text: string, name: string): string {
  if (/^[!-~]{1,200}$/.test(text)) return text
  throw new CallRefused(
    `${name} 应为 1 至 200 个可见 ASCII 字符`,
    `${name} has other than 1 to 200 visible ASCII characters.`,
  )
}

function xmlDocument(source: string, element: XmlElement): Call['document'] {
  return utf8(documentOf(source, element), 'text/xml')
}

function utf8(text: string, media: string): Call['document'] {
  return { body: new TextEncoder().encode(text), contentType: `${media}; charset=utf-8` }
}
