/** P1 of the partners' payloads: a city platform posts JSON behind a TIF gateway, and reads answers in its own envelope. */
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { submission } from '../testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const TOKEN = 'SYNTHETIC-TOKEN'

describe('a city platform behind a TIF gateway', function () {
  this.timeout(20_000)
  let partners: Partners
  let hub: RunningHub

  before(async () => {
    partners = await openPartners()
    hub = await openHub({ partnersUrl: partners.url, environment: { CITY_411300_TIF: TOKEN } })
  })

  after(async () => {
    await hub.stop()
    await partners.stop()
  })

  async function post(body: object, token = TOKEN): Promise<{ status: number; answer: Answer }> {
    const timestamp = String(Math.floor(Date.now() / 1000))
    // Such platforms send one nonce for ever.
    const nonce = 'demo-nonce-0001'
    const response = await fetch(`${hub.address}/gw/411300/case/submit`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json;charset=UTF-8',
        'x-tif-paasid': 'demo-411300',
        'x-tif-timestamp': timestamp,
        'x-tif-nonce': nonce,
        'x-tif-signature': createHash('sha256')
          .update(timestamp + token + nonce + timestamp)
          .digest('hex')
          .toUpperCase(),
      },
      body: JSON.stringify(body),
    })
    return { status: response.status, answer: (await response.json()) as Answer }
  }

  interface Answer {
    readonly head?: { readonly code: string; readonly message: string }
    readonly body?: { readonly unifiedNo?: string; readonly receiptNo?: string }
    readonly code?: string
  }

  it('is taken, answered in its own envelope, delivered, and taken once however often it is sent', async () => {
    const document = submission({ requestNo: randomUUID(), jurisdiction: '410526' })
    const first = await post(document)
    assert.equal(first.status, 200)
    assert.equal(first.answer.head?.code, '200')
    const caseNo = first.answer.body?.unifiedNo
    assert.ok(caseNo)
    assert.deepEqual((await post(document)).answer, {
      ...first.answer,
      head: { code: '409', message: '报文重复' },
    })
    await partners.until((arrivals) => arrivals.some(({ system }) => system === 'county-410526'))
    const { body } = await hub.ask('city-411300', 'GET', `/v1/cases/${caseNo}/messages`)
    assert.equal(body.messages.length, 1)
  })

  it('is told every fault by its own fields, in its own envelope', async () => {
    const document = submission({
      requestNo: randomUUID(),
      body: { applyerName: undefined, applyerType: '9' },
    })
    const { status, answer } = await post(document)
    assert.equal(status, 200)
    assert.equal(answer.head?.code, '300')
    assert.match(answer.head?.message ?? '', /body\.applyerName/)
    assert.match(answer.head?.message ?? '', /body\.applyerType/)
  })

  it('is not let in with another token', async () => {
    const { status, answer } = await post(submission({ requestNo: randomUUID() }), 'OTHER')
    assert.deepEqual([status, answer.code], [401, 'AUTH_FAILED'])
  })
})
