import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { promisify } from 'node:util'
import { addressGuard } from './addresses.ts'

function resolvingTo(...addresses: string[]): LookupFunction {
  return (_name, _options, callback) => {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    callback(null, found)
  }
}

describe('address guard', () => {
  it('passes only the allowed ones of several addresses', async () => {
    const { lookup } = addressGuard(['10.41.0.0/16'], resolvingTo('127.0.0.1', '10.41.3.4', '10.42.0.1'))
    const all = promisify(lookup) as unknown as (name: string, options: object) => Promise<LookupAddress[]>
    assert.deepEqual(await all('department.example', { all: true }), [{ address: '10.41.3.4', family: 4 }])
  })

  it('gives one address to a caller that asks for one', (done) => {
    const { lookup } = addressGuard(['fd00::/8'], resolvingTo('127.0.0.1', 'fd00::1'))
    lookup('department.example', {}, (error, address, family) => {
      assert.deepEqual([error, address, family], [null, 'fd00::1', 6])
      done()
    })
  })

  it('refuses a name that resolves elsewhere', (done) => {
    const { lookup } = addressGuard(['10.41.0.0/16'], resolvingTo('169.254.169.254', '::ffff:127.0.0.1'))
    lookup('department.example', { all: true }, (error) => {
      assert.equal(error?.code, 'EADDRNOTALLOWED')
      done()
    })
  })

  it('passes a failed resolution on', (done) => {
    const failure = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    const { lookup } = addressGuard(['10.41.0.0/16'], (_name, _options, callback) => callback(failure, '', 0))
    lookup('department.example', { all: true }, (error) => {
      assert.equal(error, failure)
      done()
    })
  })

  const literals: readonly (readonly [string, boolean])[] = [
    ['10.41.3.4', true],
    ['127.0.0.1', false],
    ['::1', false],
    ['::ffff:10.41.3.4', true],
    ['::ffff:127.0.0.1', false],
    ['department.example', true],
  ]
  for (const [host, allowed] of literals) {
    it(`${allowed ? 'lets' : 'does not let'} ${host} through before look-up`, () => {
      assert.equal(addressGuard(['10.41.0.0/16'], resolvingTo()).allowsHost(host), allowed)
    })
  }

  for (const range of ['10.41.0.0/33', 'department/8', '10.41.0.0']) {
    it(`does not accept ${range} as a range`, () => {
      assert.throws(() => addressGuard([range], resolvingTo()))
    })
  }
})
