/** What is put into the body: the element that the format wrote, in the namespace that the WSDL gives it. */
import type { Outbound } from '../../../hub/contract/adapter.ts'
import { Rejected } from '../../../hub/contract/errors.ts'
import { CharsetRefused, decodeXml } from '../xml/charset.ts'
import { escapeAttribute, escapeText } from '../xml/element.ts'
import { declarationLength, scanXml } from '../xml/scan.ts'
import { type XmlElement, XmlRefused } from '../xml/tree.ts'
import type { Operation, OperationElement } from './partner-interface.ts'

/**
 * Text without a declaration: the envelope has its own, in UTF-8. Texts in the element stay as they are, declarations of
 * inner documents included.
 *
 * A format need not know of namespaces: an element that it wrote in none is put into that of the WSDL, with what is in it
 * where the schema says so (elementFormDefault).
 * @throws Rejected where it is no XML, or not what the operation takes
 */
export function bodyFor(
  { body, contentType }: Pick<Outbound, 'body' | 'contentType'>,
  operation: Operation,
): string {
  const { name, input } = operation
  try {
    const text = decodeXml(body, contentType)
    const root = scanXml(text)
    if (input === undefined || isTaken(root, input)) return text.slice(declarationLength(text)).trim()
    if (root.local === input.local && root.namespace === '' && !root.declares.has(''))
      return inNamespace(text, root, input)
    throw new Rejected(
      'contract',
      `Operation ${name} takes {${input.namespace}}${input.local}; the format wrote {${root.namespace}}${root.local}.`,
    )
  } catch (error) {
    if (error instanceof XmlRefused || error instanceof CharsetRefused)
      throw new Rejected('contract', `What the format wrote is not XML that can be sent: ${error.message}`)
    throw error
  }
}

function isTaken(root: XmlElement, { local, namespace, assumed }: OperationElement): boolean {
  return root.local === local && (root.namespace === namespace || (assumed && root.namespace !== ''))
}

function inNamespace(text: string, root: XmlElement, { namespace, qualified }: OperationElement): string {
  const { start, contentEnd, end, name } = root
  const behindName = start + 1 + name.length
  const uri = escapeAttribute(namespace)
  if (qualified) return `<${name} xmlns="${uri}"${text.slice(behindName, end)}`
  let prefix = 'op'
  while (root.declares.has(prefix)) prefix += 'p'
  // An empty element has no end tag to be renamed.
  const rest =
    contentEnd === end
      ? text.slice(behindName, end)
      : `${text.slice(behindName, contentEnd)}</${prefix}:${name}>`
  return `<${prefix}:${name} xmlns:${prefix}="${uri}"${rest}`
}

/**
 * The body with the token in the child of that name, which the format wrote empty: a token is no part of the document, and
 * what a format writes is kept and shown.
 * @throws Rejected where there is no such child, more than one, or one with something in it
 */
export function withToken(
  body: string,
  { element, token }: { readonly element: string; readonly token: string },
): string {
  const children = scanXml(body).children.filter(({ local }) => local === element)
  const [child] = children
  if (child === undefined || children.length > 1 || child.contentStart !== child.contentEnd)
    throw new Rejected('contract', `The format has to write ${element} once and empty; the token is put in.`)
  const { name, start, contentStart, contentEnd, end } = child
  const tag = body.slice(start, contentStart)
  const opening = contentEnd === end ? tag.replace(/\s*\/>$/, '>') : tag
  return `${body.slice(0, start)}${opening}${escapeText(token)}</${name}>${body.slice(end)}`
}
