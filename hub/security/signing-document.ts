/** docs/signing.md as tests read it: the worked examples and the code of each language. */
import { readFileSync } from 'node:fs'
import type { SigningAlgorithm } from './signature.ts'

export interface WorkedExample {
  readonly title: string
  readonly keyId: string
  readonly algorithm: SigningAlgorithm
  readonly secret: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** The text under the HMAC. */
  readonly text: string
}

/** A fenced block: its language, its content. */
const FENCED = /^```(\w+)\n(.*?)\n?^```$/gms

const source = readFileSync(new URL('../../docs/signing.md', import.meta.url), 'utf8')

export function workedExamples(): readonly WorkedExample[] {
  return source
    .split(/^## /m)
    .filter((section) => section.startsWith('Worked example: '))
    .map((section) => {
      const intro = /Key `(.+?)`, algorithm `(.+?)`, secret `(.+?)`/s.exec(section)
      const [request = '', text = ''] = [...section.matchAll(FENCED)].map(([, , code = '']) => code)
      const [head = '', body = ''] = request.split('\n\n')
      const [requestLine = '', ...headerLines] = head.split('\n')
      const [method = '', target = ''] = requestLine.split(' ')
      const [path = '', query = ''] = target.split('?')
      return {
        title: section.slice(0, section.indexOf('\n')),
        keyId: intro?.[1] ?? '',
        algorithm: intro?.[2] as SigningAlgorithm,
        secret: intro?.[3] ?? '',
        method,
        path,
        query,
        headers: Object.fromEntries(headerLines.map((line) => line.split(': '))),
        body: new TextEncoder().encode(body),
        text,
      }
    })
}

/** The code of the section with that title and fence; throws where there is none. */
export function exampleCode(title: string, language: string): string {
  const section = source.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? ''
  const found = [...section.matchAll(FENCED)].find(([, fence]) => fence === language)
  if (found?.[2] === undefined) throw new Error(`docs/signing.md: no ${language} in ${title}`)
  return found[2]
}
