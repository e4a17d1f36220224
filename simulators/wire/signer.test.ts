import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Key, signedHeaders } from './signer.ts'

const document = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'signing.md'), 'utf8')

/** A worked example of docs/signing.md, read from the page that partners read. */
function example(title: string) {
  const section = document.split(/^## /m).find((part) => part.startsWith(title)) ?? ''
  const [, algorithm = ''] = /algorithm `([^`]+)`/.exec(section) ?? []
  const [, secret = ''] = /secret `([^`]+)`/.exec(section) ?? []
  const [, request = ''] = /```http\n([\s\S]*?)\n```/.exec(section) ?? []
  const [head = '', body = ''] = request.split('\n\n')
  const [line = '', ...headerLines] = head.split('\n')
  const [method = '', target = ''] = line.split(' ')
  const [path = '', query = ''] = target.split(/\?(.*)/s)
  const headers = Object.fromEntries(headerLines.map((text) => text.split(': ') as [string, string]))
  const key: Key = { id: headers['x-hub-key'] ?? '', algorithm: algorithm as Key['algorithm'], secret }
  return { key, headers, unsigned: { method, path, query, body: Buffer.from(body) } }
}

describe('signing a request to the hub', () => {
  for (const title of ['Worked example: SM3', 'Worked example: SHA-256']) {
    it(`computes “${title}” of docs/signing.md`, () => {
      const { key, headers, unsigned } = example(title)
      const made = signedHeaders(
        unsigned,
        key,
        Number(headers['x-hub-timestamp']) * 1000,
        headers['x-hub-nonce'] ?? '',
      )
      assert.match(made['x-hub-signature'] ?? '', /^[0-9a-f]{64}$/)
      for (const [name, value] of Object.entries(headers)) {
        if (name.startsWith('x-hub-')) assert.equal(made[name], value, name)
      }
    })
  }
})
