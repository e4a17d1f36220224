import assert from 'node:assert/strict'
import fc from 'fast-check'
import { IntakeError } from '../contract/errors.ts'
import {
  authenticate,
  bodyDigest,
  type KnownKey,
  type ReceivedRequest,
  SIGNING_ALGORITHMS,
  type SignableRequest,
  signingText,
  signRequest,
  type Verification,
} from './signature.ts'
import { workedExamples } from './signing-document.ts'

const NOW_SECONDS = 1_767_225_600
const NONCE = 'demo-nonce-0001-00000A'
const keys: ReadonlyMap<string, KnownKey> = new Map([
  ['city-sm3', { system: 'city-411300', algorithm: 'hmac-sm3', secret: 'SYNTHETIC-SECRET-0001' }],
  ['city-sha', { system: 'city-411300', algorithm: 'hmac-sha256', secret: 'SYNTHETIC-SECRET-0002' }],
  ['county', { system: 'county-410526', algorithm: 'hmac-sm3', secret: 'SYNTHETIC-SECRET-0003' }],
])

const verification: Verification = { keys, nowMs: NOW_SECONDS * 1000 }

function aRequest(change: Partial<SignableRequest> = {}): SignableRequest {
  return {
    method: 'POST',
    path: '/v1/messages',
    query: 'kind=case%20apply&dry=1',
    body: new TextEncoder().encode('{"applyerName":"测试甲"}'),
    ...change,
  }
}

function signed(
  request: SignableRequest = aRequest(),
  keyId = 'city-sm3',
  when: { timestampSeconds?: number; nonce?: string } = {},
): ReceivedRequest {
  const key = keys.get(keyId) as KnownKey
  const stamp = { timestampSeconds: NOW_SECONDS, nonce: NONCE, ...when }
  return { ...request, headers: signRequest(request, { keyId, ...key }, stamp) }
}

function withHeader(
  request: ReceivedRequest,
  name: string,
  value: string | string[] | undefined,
): ReceivedRequest {
  return { ...request, headers: { ...request.headers, [name]: value } }
}

/** Fails unless refused in the words that tell a stranger nothing; answers the cause for our own log. */
function refused(request: ReceivedRequest, { nowMs } = verification): string {
  const error = refusalOf(() => authenticate(request, { ...verification, nowMs }))
  assert.deepEqual(
    [
      error.code,
      error.message,
      error.faults,
      error.retryAfterSeconds,
      error.cause,
      Object.keys(error.details),
    ],
    ['AUTH_FAILED', 'Authentication failed', [], undefined, undefined, ['cause']],
  )
  return String(error.details.cause)
}

function refusalOf(work: () => unknown): IntakeError {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof IntakeError)
    return error
  }
  return assert.fail('was let in')
}

describe('request signature', () => {
  describe('worked examples of docs/signing.md', () => {
    for (const example of workedExamples()) {
      const { title, keyId, algorithm, secret, headers } = example
      const timestamp = headers['x-hub-timestamp'] ?? ''
      const nonce = headers['x-hub-nonce'] ?? ''

      it(`${title}: the text`, () => {
        const digest = bodyDigest(algorithm, example.body)
        assert.equal(signingText({ ...example, digest, timestamp, nonce }), example.text)
      })

      it(`${title}: the headers`, () => {
        const stamp = { timestampSeconds: Number(timestamp), nonce }
        const made = signRequest(example, { keyId, algorithm, secret }, stamp)
        for (const [name, value] of Object.entries(headers)) {
          if (name.startsWith('x-hub-')) assert.equal(made[name], value, name)
        }
      })

      it(`${title}: is let in`, () => {
        const own = new Map([[keyId, { system: 's', algorithm, secret }]])
        const found = authenticate(example, { keys: own, nowMs: Number(timestamp) * 1000 })
        assert.deepEqual([found.systemId, found.keyId, found.nonce.nonce], ['s', keyId, nonce])
      })
    }

    it('cover both algorithms', () => {
      assert.deepEqual(
        workedExamples()
          .map(({ algorithm }) => algorithm)
          .sort(),
        [...SIGNING_ALGORITHMS].sort(),
      )
    })
  })

  describe('canonical query', () => {
    const table: readonly (readonly [string, string])[] = [
      ['', ''],
      ['&&', ''],
      ['a', 'a='],
      ['a=', 'a='],
      ['a=1=2', 'a=1%3D2'],
      ['=1', '=1'],
      ['b=1&a=2', 'a=2&b=1'],
      ['a=2&a=10', 'a=10&a=2'],
      ['a=1&A=1', 'A=1&a=1'],
      ['a-b=1&a=2', 'a=2&a-b=1'],
      ['q=a+b', 'q=a%20b'],
      ['q=a%20b', 'q=a%20b'],
      ['q=a%2Bb', 'q=a%2Bb'],
      ['q=%e6%b5%8b', 'q=%E6%B5%8B'],
      ['q=测', 'q=%E6%B5%8B'],
      ["q=~-._!'()*", 'q=~-._%21%27%28%29%2A'],
      ['q=%7E', 'q=~'],
      ['q=%0A', 'q=%0A'],
      ['q=/?:@', 'q=%2F%3F%3A%40'],
      ['a=&a', 'a=&a='],
    ]
    for (const [query, expected] of table) {
      it(`of ${JSON.stringify(query)} is ${JSON.stringify(expected)}`, () => {
        const parts = { method: 'GET', path: '/', query, digest: 'd', timestamp: '1', nonce: 'n' }
        assert.equal(signingText(parts), `GET\n/\n${expected}\nd\n1\nn`)
      })
    }
  })

  describe('authentication', () => {
    for (const [keyId, { system }] of keys) {
      it(`lets ${keyId} in as ${system}`, () => {
        const found = authenticate(signed(aRequest(), keyId), verification)
        assert.deepEqual([found.systemId, found.keyId], [system, keyId])
        assert.deepEqual([found.nonce.keyId, found.nonce.nonce], [keyId, NONCE])
      })
    }

    const accepted: readonly (readonly [string, ReceivedRequest])[] = [
      [
        'a request without body and query',
        signed(aRequest({ method: 'GET', query: '', body: new Uint8Array() })),
      ],
      ['parameters in another order', { ...signed(), query: 'dry=1&kind=case+apply' }],
      ['no digest header', withHeader(signed(), 'x-hub-digest', undefined)],
      ['a clock 300 s behind', signed(aRequest(), 'city-sm3', { timestampSeconds: NOW_SECONDS - 300 })],
      ['a clock 300 s ahead', signed(aRequest(), 'city-sm3', { timestampSeconds: NOW_SECONDS + 300 })],
      ['a nonce of 16', signed(aRequest(), 'city-sm3', { nonce: '0123456789abcdef' })],
      ['a nonce of 64', signed(aRequest(), 'city-sm3', { nonce: 'A-_9'.repeat(16) })],
    ]
    for (const [title, request] of accepted) {
      it(`takes ${title}`, () => {
        authenticate(request, verification)
      })
    }

    it('takes upper-case hex', () => {
      const request = signed()
      const upper = String(request.headers['x-hub-signature']).toUpperCase()
      authenticate(withHeader(request, 'x-hub-signature', upper), verification)
    })

    const bad: readonly (readonly [title: string, ReceivedRequest, cause: RegExp])[] = [
      ['a request without any header', { ...aRequest(), headers: {} }, /x-hub-key missing/],
      ['no key', withHeader(signed(), 'x-hub-key', undefined), /x-hub-key missing/],
      ['an unknown key', withHeader(signed(), 'x-hub-key', 'stranger'), /key unknown/],
      ['the key of another system', withHeader(signed(), 'x-hub-key', 'county'), /signature differs/],
      ['another algorithm', withHeader(signed(), 'x-hub-key', 'city-sha'), /signature differs/],
      ['no timestamp', withHeader(signed(), 'x-hub-timestamp', undefined), /x-hub-timestamp missing/],
      [
        'a timestamp in milliseconds',
        signed(aRequest(), 'county', { timestampSeconds: NOW_SECONDS * 1000 }),
        /malformed/,
      ],
      ['a timestamp that is no number', withHeader(signed(), 'x-hub-timestamp', '0x69'), /malformed/],
      [
        'a clock 301 s behind',
        signed(aRequest(), 'county', { timestampSeconds: NOW_SECONDS - 301 }),
        /301 s away/,
      ],
      [
        'a clock 301 s ahead',
        signed(aRequest(), 'county', { timestampSeconds: NOW_SECONDS + 301 }),
        /301 s away/,
      ],
      ['no nonce', withHeader(signed(), 'x-hub-nonce', undefined), /x-hub-nonce missing/],
      ['a nonce of 15', signed(aRequest(), 'county', { nonce: '0123456789abcde' }), /x-hub-nonce malformed/],
      ['a nonce of 65', signed(aRequest(), 'county', { nonce: 'x'.repeat(65) }), /x-hub-nonce malformed/],
      [
        'a nonce with other characters',
        signed(aRequest(), 'county', { nonce: '0123456789abcdef\n' }),
        /malformed/,
      ],
      ['no signature', withHeader(signed(), 'x-hub-signature', undefined), /x-hub-signature missing/],
      ['an empty signature', withHeader(signed(), 'x-hub-signature', ''), /x-hub-signature malformed/],
      ['a signature cut short', withHeader(signed(), 'x-hub-signature', 'ab'), /x-hub-signature malformed/],
      ['two signatures', withHeader(signed(), 'x-hub-signature', ['a', 'b']), /x-hub-signature malformed/],
      ['a digest of another body', withHeader(signed(), 'x-hub-digest', '0'.repeat(64)), /digest differs/],
      ['two digests', withHeader(signed(), 'x-hub-digest', ['a', 'b']), /digest differs/],
      ['another body', { ...signed(), body: new Uint8Array([1]) }, /digest differs.*signature differs/],
      ['another method', { ...signed(), method: 'PUT' }, /signature differs/],
      ['another path', { ...signed(), path: '/v1/messages/' }, /signature differs/],
      ['the path in another encoding', { ...signed(), path: '/v1/m%65ssages' }, /signature differs/],
      ['one parameter more', { ...signed(), query: 'kind=case%20apply&dry=1&x' }, /signature differs/],
      ['one parameter less', { ...signed(), query: 'kind=case%20apply' }, /signature differs/],
      [
        'plus for an encoded plus',
        { ...signed(aRequest({ query: 'a=1%2B2' })), query: 'a=1+2' },
        /signature differs/,
      ],
      ['a query that is no UTF-8', { ...signed(), query: 'kind=%ff' }, /query not percent-encoded/],
      ['a key named like a member of Object', withHeader(signed(), 'x-hub-key', '__proto__'), /key unknown/],
    ]
    for (const [title, request, cause] of bad) {
      it(`refuses ${title}, and says no more than that`, () => {
        assert.match(refused(request), cause)
      })
    }

    it('refuses what is signed with the secret that stands in for unknown keys', () => {
      for (const keyId of ['a', 'b']) {
        for (const algorithm of SIGNING_ALGORITHMS) {
          const key = { keyId, algorithm, secret: 'a secret that no system has' }
          const stamp = { timestampSeconds: NOW_SECONDS, nonce: NONCE }
          const request = { ...aRequest(), headers: signRequest(aRequest(), key, stamp) }
          assert.match(refused(request), /^key unknown/)
        }
      }
    })

    it('has a nonce expire no sooner than its request would be refused for its age', () => {
      for (const skew of [-300, 0, 300]) {
        const request = signed(aRequest(), 'city-sm3', { timestampSeconds: NOW_SECONDS + skew })
        const { nonce } = authenticate(request, verification)
        assert.match(refused(request, { ...verification, nowMs: nonce.expiresAtMs }), /s away/)
      }
    })
  })

  it('refuses any change of any signed part', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 })
    const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019-._~'), minLength: 1, maxLength: 8 })
    const request = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
      path: fc.array(word, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`),
      pairs: fc.array(fc.tuple(word, text), { maxLength: 4 }),
      body: fc.uint8Array({ maxLength: 200 }),
      nonce: fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), minLength: 16, maxLength: 64 }),
      timestampSeconds: fc.integer({ min: NOW_SECONDS - 300, max: NOW_SECONDS + 300 }),
      keyId: fc.constantFrom(...keys.keys()),
    })
    const part = fc.constantFrom(
      'method',
      'path',
      'pairs',
      'body',
      'nonce',
      'timestampSeconds',
      'keyId',
      'secret',
    )

    fc.assert(
      fc.property(request, request, part, (original, other, changed) => {
        const key = keys.get(original.keyId) as KnownKey
        const secret = changed === 'secret' ? `${key.secret}x` : key.secret
        const headers = signRequest(wire(original), { ...key, keyId: original.keyId, secret }, original)
        const sent = { ...original, [changed]: other[changed as keyof typeof other] }
        fc.pre(changed === 'secret' || significant(sent) !== significant(original))
        const received: ReceivedRequest = {
          ...wire(sent),
          headers: {
            ...headers,
            'x-hub-key': sent.keyId,
            'x-hub-nonce': sent.nonce,
            'x-hub-timestamp': String(sent.timestampSeconds),
          },
        }
        refused(received)
      }),
      { numRuns: 500 },
    )

    fc.assert(
      fc.property(request, (original) => {
        const key = keys.get(original.keyId) as KnownKey
        const headers = signRequest(wire(original), { ...key, keyId: original.keyId }, original)
        authenticate({ ...wire(original), headers }, verification)
      }),
    )

    type Made = typeof request extends fc.Arbitrary<infer Value> ? Value : never
    function wire({ method, path, pairs, body }: Made): SignableRequest {
      return { method, path, body, query: new URLSearchParams(pairs).toString() }
    }
    /** The order of parameters carries no meaning. */
    function significant({ pairs, body, ...rest }: Made): string {
      const sorted = pairs.map((pair) => JSON.stringify(pair)).sort()
      return JSON.stringify([
        rest.method,
        rest.path,
        sorted,
        [...body],
        rest.nonce,
        rest.timestampSeconds,
        rest.keyId,
      ])
    }
  })
})
