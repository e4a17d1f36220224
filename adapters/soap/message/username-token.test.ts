import assert from 'node:assert/strict'
import { scanXml } from '../xml/scan.ts'
import { ENVELOPE_NAMESPACES, readEnvelope, writeEnvelope } from './envelope.ts'
import { hasUsernameToken, writeUsernameToken } from './username-token.ts'

const NOW_MS = Date.parse('2026-09-30T10:12:05+08:00')
const credentials = { username: '南阳 <&>', password: '<![CDATA[密码]]>' }

function checked(
  header: string,
  nowMs = NOW_MS,
  accepts: readonly ('text' | 'digest')[] = ['text', 'digest'],
) {
  const once: (readonly [string, number])[] = []
  return hasUsernameToken(readEnvelope(writeEnvelope('1.1', { header, body: '<a/>' })), {
    credentials,
    accepts,
    nowMs,
    async once(value, expiresAtMs) {
      once.push([value, expiresAtMs])
      return true
    },
  }).then((known) => ({ known, once }))
}

describe('username token', () => {
  for (const type of ['text', 'digest'] as const) {
    const header = writeUsernameToken(credentials, type, {
      nowMs: NOW_MS,
      nonce: new Uint8Array(16),
      timestamp: true,
    })

    it(`as ${type}: what is written is well-formed, and known again`, async () => {
      scanXml(header)
      assert.equal((await checked(header)).known, true)
      assert.equal((await checked(header.replace('南阳', '洛阳'))).known, false)
    })

    it(`as ${type}: is not known where only the other is accepted`, async () => {
      const others = type === 'text' ? (['digest'] as const) : (['text'] as const)
      assert.equal((await checked(header, NOW_MS, others)).known, false)
    })
  }

  it('has the digest of the profile: Base64(SHA-1(nonce + created + password))', () => {
    const nonce = Buffer.from('0123456789abcdef')
    const header = writeUsernameToken({ username: 'u', password: 'p' }, 'digest', { nowMs: 0, nonce })
    // printf '0123456789abcdef1970-01-01T00:00:00.000Zp' | openssl dgst -sha1 -binary | base64
    assert.match(header, />zhEUglJJeoJDiMzPyGFH49cXZbQ=</)
  })

  it('remembers a nonce as long as its time is within the window', async () => {
    const header = writeUsernameToken(credentials, 'digest', { nowMs: NOW_MS, nonce: new Uint8Array(16) })
    const { once } = await checked(header, NOW_MS + 299_000)
    assert.equal(once.length, 1)
    assert.equal(once[0]?.[1], NOW_MS + 300_001)
    assert.match(once[0]?.[0] ?? '', /^[0-9a-f]{64}$/)
    assert.deepEqual(await checked(header, NOW_MS + 300_001), { known: false, once: [] })
    assert.deepEqual(await checked(header, NOW_MS - 300_001), { known: false, once: [] })
  })

  it('is found in envelopes of both versions', async () => {
    const header = writeUsernameToken(credentials, 'text', { nowMs: NOW_MS, nonce: new Uint8Array(16) })
    for (const version of ['1.1', '1.2'] as const) {
      const envelope = readEnvelope(writeEnvelope(version, { header, body: '<a/>' }))
      assert.ok(envelope.source.includes(ENVELOPE_NAMESPACES[version]))
      assert.equal(
        await hasUsernameToken(envelope, {
          credentials,
          accepts: ['text'],
          nowMs: NOW_MS,
          once: async () => true,
        }),
        true,
      )
    }
  })
})
