import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { hubHmacCheck, nationalGatewayCheck, type SignedRequest } from './signature-check.ts'
import { type Key, signedHeaders } from './signer.ts'

const key: Key = { id: 'city-411300-k1', algorithm: 'hmac-sm3', secret: 'SYNTHETIC-SECRET' }
const nowMs = 1_767_225_600_000

function aRequest(
  change: Partial<SignedRequest> = {},
  signer: Key = key,
  nonce = 'demo-nonce-000001',
): SignedRequest {
  const request = {
    method: 'POST',
    path: '/city-411300/case/accept',
    query: 'b=2&a=1',
    body: Buffer.from('{}'),
  }
  return { ...request, headers: signedHeaders(request, signer, nowMs, nonce), ...change }
}

describe('checking the hub’s own signature', () => {
  it('believes what was signed with the key, whatever the order of the query', () => {
    assert.equal(hubHmacCheck(key)(aRequest(), nowMs), undefined)
    assert.equal(hubHmacCheck(key)(aRequest({ query: 'a=1&b=2' }), nowMs), undefined)
  })

  const forgeries: [string, SignedRequest][] = [
    ['another body', aRequest({ body: Buffer.from('{ }') })],
    ['another path', aRequest({ path: '/city-411300/case/refuse' })],
    ['another query', aRequest({ query: 'a=1&b=3' })],
    ['another method', aRequest({ method: 'PUT' })],
    ['another secret', aRequest({}, { ...key, secret: 'GUESSED' })],
    ['another key', aRequest({}, { ...key, id: 'city-410100-k1' })],
    ['another hash', aRequest({}, { ...key, algorithm: 'hmac-sha256' })],
    ['no signature', aRequest({ headers: {} })],
  ]
  for (const [what, request] of forgeries) {
    it(`refuses ${what}`, () => {
      assert.notEqual(hubHmacCheck(key)(request, nowMs), undefined)
    })
  }

  it('refuses what is older or newer than five minutes', () => {
    assert.equal(hubHmacCheck(key)(aRequest(), nowMs + 300_000), undefined)
    assert.notEqual(hubHmacCheck(key)(aRequest(), nowMs + 301_000), undefined)
    assert.notEqual(hubHmacCheck(key)(aRequest(), nowMs - 301_000), undefined)
  })

  it('refuses a nonce the second time', () => {
    const check = hubHmacCheck(key)
    assert.equal(check(aRequest(), nowMs), undefined)
    assert.equal(check(aRequest({}, key, 'demo-nonce-000002'), nowMs), undefined)
    assert.match(check(aRequest(), nowMs + 250_000) ?? '', /nonce/)
  })
})

describe('checking the national gateway’s signature', () => {
  const check = nationalGatewayCheck('s_demo_0001', 'SYNTHETIC-SECRET')
  const request = (headers: Record<string, string>): SignedRequest => ({
    method: 'POST',
    path: '/health',
    query: '',
    body: Buffer.alloc(0),
    headers,
  })
  const genuine = {
    gjzwfwpt_sid: 's_demo_0001',
    gjzwfwpt_rid: 'hub-41',
    gjzwfwpt_rtime: String(nowMs),
    gjzwfwpt_sign: 'UZl8WSuv6IaFSWrCBap+0ska0cNNuj6CvncJW2CEO30=',
  }

  it('believes the worked example', () => {
    assert.equal(check(request(genuine), nowMs), undefined)
  })

  it('refuses another request id, sender, time or secret', () => {
    assert.notEqual(check(request({ ...genuine, gjzwfwpt_rid: 'hub-42' }), nowMs), undefined)
    assert.notEqual(check(request({ ...genuine, gjzwfwpt_sid: 's_demo_0002' }), nowMs), undefined)
    assert.notEqual(check(request({ ...genuine, gjzwfwpt_rtime: String(nowMs + 1) }), nowMs), undefined)
    const sign = createHmac('sha256', 'GUESSED').update(`s_demo_0001hub-41${nowMs}`).digest('base64')
    assert.notEqual(check(request({ ...genuine, gjzwfwpt_sign: sign }), nowMs), undefined)
    assert.notEqual(check(request({}), nowMs), undefined)
  })

  it('refuses what is older than five minutes', () => {
    assert.notEqual(check(request(genuine), nowMs + 300_001), undefined)
  })
})
