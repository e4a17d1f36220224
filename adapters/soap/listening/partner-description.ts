/** A partner's own WSDL, shown with the hub's address in it. */
import { readFile } from 'node:fs/promises'
import { FileRefused, localFile, realFolder } from '../local-file.ts'
import { CharsetRefused, decodeXml } from '../xml/charset.ts'
import { escapeAttribute } from '../xml/element.ts'
import { declarationLength, scanXml } from '../xml/scan.ts'
import { type XmlElement, XmlRefused } from '../xml/tree.ts'

/** Makes the WSDL for an address. */
export type Describe = (address: string) => string

const BINDINGS = ['http://schemas.xmlsoap.org/wsdl/soap/', 'http://schemas.xmlsoap.org/wsdl/soap12/']

/** Reads the file once. @throws FileRefused where it cannot be shown */
export async function readDescription(folder: string, file: string): Promise<Describe> {
  const path = localFile(realFolder(folder), file)
  const bytes = await readFile(path)
  try {
    const text = decodeXml(bytes, undefined)
    const root = scanXml(text)
    if (elementsOf(root).some(({ attributes }) => attributes.some(({ local }) => local === 'schemaLocation')))
      throw new FileRefused(`${file} imports other files; a WSDL that is shown has its types in it`)
    return describeAround(text, elementsOf(root).filter(isAddress))
  } catch (error) {
    if (error instanceof XmlRefused || error instanceof CharsetRefused)
      throw new FileRefused(`${file} is no WSDL that can be shown: ${error.message}`)
    throw error
  }
}

function describeAround(text: string, addresses: readonly XmlElement[]): Describe {
  const parts: string[] = []
  // It is sent in UTF-8, whatever the file declares.
  let at = declarationLength(text)
  for (const { start, contentStart } of addresses) {
    const tag = text.slice(start, contentStart)
    const [, before] = /^(.*?\slocation\s*=\s*)(?:"[^"]*"|'[^']*')/s.exec(tag) ?? []
    const [whole] = /^.*?\slocation\s*=\s*(?:"[^"]*"|'[^']*')/s.exec(tag) ?? []
    if (before === undefined || whole === undefined) continue
    parts.push(text.slice(at, start) + before)
    at = start + whole.length
  }
  const rest = text.slice(at)
  return (address) => {
    const location = `"${escapeAttribute(address)}"`
    return `<?xml version="1.0" encoding="utf-8"?>${parts.map((part) => part + location).join('')}${rest}`
  }
}

function isAddress({ namespace, local }: XmlElement): boolean {
  return local === 'address' && BINDINGS.includes(namespace)
}

/** In the order of the text. */
function elementsOf(element: XmlElement): readonly XmlElement[] {
  return [element, ...element.children.flatMap(elementsOf)]
}
