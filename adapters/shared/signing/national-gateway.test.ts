import assert from 'node:assert/strict'
import { linkServices } from '../../conformance.ts'
import { openSigner } from './schemes.ts'

describe('signing by national-gateway', () => {
  const services = {
    ...linkServices(() => ({ verdict: 'taken' }), { GATEWAY: 'SYNTHETIC-SECRET' }),
    clock: { now: () => 1_767_225_600_000, after: () => ({ cancel() {} }) },
  }
  const never = new AbortController().signal
  const request = { method: 'POST', path: '/sysapi/x', query: '', body: new Uint8Array(), id: 'hub-41' }

  it('computes the worked example', async () => {
    const { sign } = openSigner(
      { scheme: 'national-gateway', sid: 's_demo_0001', secret: 'GATEWAY' },
      services,
    )
    const { headers } = await sign(request, never)
    assert.deepEqual(headers, {
      gjzwfwpt_rid: 'hub-41',
      gjzwfwpt_sid: 's_demo_0001',
      gjzwfwpt_rtime: '1767225600000',
      gjzwfwpt_sign: 'UZl8WSuv6IaFSWrCBap+0ska0cNNuj6CvncJW2CEO30=',
    })
  })

  it('refuses to open without its secret', () => {
    assert.throws(() => openSigner({ scheme: 'national-gateway', sid: 's', secret: 'MISSING' }, services))
  })

  it('adds nothing where signing is none', () => {
    assert.deepEqual(openSigner({ scheme: 'none' }, services).sign(request, never), { headers: {} })
  })
})
