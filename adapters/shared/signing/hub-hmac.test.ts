import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { linkServices } from '../../conformance.ts'
import { hubHmac } from './hub-hmac.ts'
import type { Signed } from './signer.ts'

/** The worked examples of docs/signing.md, which the hub's own verifier is held to as well. */
const examples = readFileSync(new URL('../../../docs/signing.md', import.meta.url), 'utf8')
  .split(/^## /m)
  .filter((section) => section.startsWith('Worked example: '))
  .map((section) => {
    const [, keyId = '', algorithm = '', secret = ''] =
      /Key `(.+?)`, algorithm `(.+?)`, secret `(.+?)`/s.exec(section) ?? []
    const [, method = '', path = '', query = '', head = '', body = ''] =
      /```http\n(\S+) ([^\s?]+)\??(\S*) HTTP\/1\.1\n(.*?)\n\n(.*?)\n?```/s.exec(section) ?? []
    const headers = Object.fromEntries(head.split('\n').map((line) => line.split(': ')))
    return { keyId, algorithm: algorithm as 'hmac-sm3', secret, method, path, query, headers, body }
  })

describe('signing by hub-hmac', () => {
  it('finds the worked examples', () => {
    assert.deepEqual(examples.map(({ algorithm }) => algorithm).sort(), ['hmac-sha256', 'hmac-sm3'])
  })

  for (const { keyId, algorithm, secret, method, path, query, headers, body } of examples) {
    it(`computes the worked example of ${algorithm}`, () => {
      const { sign } = hubHmac(
        { scheme: 'hub-hmac', keyId, algorithm, secret: 'NAME' },
        {
          ...linkServices(() => ({ verdict: 'taken' }), { NAME: secret }),
          clock: {
            now: () => Number(headers['x-hub-timestamp']) * 1000 + 999,
            after: () => ({ cancel() {} }),
          },
          randomBytes: (size) => {
            assert.equal(size, 16)
            return Buffer.from(headers['x-hub-nonce'] ?? '', 'base64url')
          },
        },
      )
      const request = { method, path, query, body: new TextEncoder().encode(body), id: 'not signed' }
      const { headers: signed } = sign(request, new AbortController().signal) as Signed
      for (const [name, value] of Object.entries(headers)) {
        if (name.startsWith('x-hub-')) assert.equal(signed[name], value, name)
      }
    })
  }
})
