import assert from 'node:assert/strict'
import { StoreError } from '../../contract/errors.ts'
import { brokenKey, connectErrorOf, connectionLost, passes, storeErrorOf } from './postgres-errors.ts'

function fromServer(code: string, more: object = {}): Error {
  return Object.assign(new Error('as the server says it'), { code, ...more })
}

describe('errors of PostgreSQL', () => {
  const table = [
    ['08006', 'STORE_UNAVAILABLE'],
    ['57P01', 'STORE_UNAVAILABLE'],
    ['57P03', 'STORE_UNAVAILABLE'],
    ['53300', 'STORE_UNAVAILABLE'],
    ['53100', 'STORE_FULL'],
    ['58030', 'STORE_UNAVAILABLE'],
    ['XX001', 'STORE_UNAVAILABLE'],
    ['25006', 'STORE_UNAVAILABLE'],
    ['28P01', 'STORE_UNAVAILABLE'],
    ['42501', 'STORE_UNAVAILABLE'],
    ['40001', 'STORE_BUSY'],
    ['40P01', 'STORE_BUSY'],
    ['55P03', 'STORE_BUSY'],
    ['57014', 'STORE_BUSY'],
  ] as const

  for (const [state, code] of table) {
    it(`calls ${state} ${code} and keeps the cause`, () => {
      const cause = fromServer(state)
      const error = storeErrorOf(cause, 'stands')

      assert.ok(error instanceof StoreError)
      assert.equal(error.code, code)
      assert.equal(error.cause, cause)
      assert.equal(error.details.sqlState, state)
    })
  }

  it('leaves a bug what it is while the connection stands', () => {
    const bugs = [
      fromServer('23505'),
      fromServer('42601'),
      fromServer('22P02'),
      new TypeError('x'),
      'no error',
    ]
    for (const error of bugs) assert.equal(storeErrorOf(error, 'stands'), error)
  })

  it('calls whatever is thrown on a lost connection STORE_UNAVAILABLE', () => {
    for (const cause of [fromServer('ECONNRESET'), fromServer('EPIPE'), new Error('Connection terminated')]) {
      const error = storeErrorOf(cause, 'lost')
      assert.ok(error instanceof StoreError)
      assert.equal(error.code, 'STORE_UNAVAILABLE')
      assert.equal(error.details.sqlState, undefined)
      assert.match(error.message, /may or may not/)
    }
  })

  it('says where no server was reached, or what the server had against it', () => {
    assert.match(connectErrorOf(fromServer('ECONNREFUSED'), 'db:5432/hub').message, /db:5432\/hub/)
    assert.match(connectErrorOf(fromServer('53300'), 'db:5432/hub').message, /max_connections/)
  })

  it('tries again at once what others were in the way of, and nothing else', () => {
    for (const [state] of table) {
      assert.equal(
        passes(storeErrorOf(fromServer(state), 'stands')),
        ['40001', '40P01', '55P03'].includes(state),
      )
    }
    assert.equal(passes(fromServer('40001')), false)
  })

  it('knows a lost connection, by the words of the server or without them', () => {
    for (const state of ['57P01', '57P02', '08006'])
      assert.ok(connectionLost(storeErrorOf(fromServer(state), 'stands')))
    assert.ok(connectionLost(storeErrorOf(fromServer('ECONNRESET'), 'lost')))
    assert.equal(connectionLost(storeErrorOf(new Error('Query read timeout'), 'silent')), false)
    assert.equal(connectionLost(connectErrorOf(fromServer('ECONNREFUSED'), 'db')), false)
    assert.equal(connectionLost(fromServer('57P01')), false)
  })

  it('names the unique key that was broken', () => {
    assert.equal(brokenKey(fromServer('23505', { constraint: 'case_row_pkey' })), 'case_row_pkey')
    assert.equal(brokenKey(fromServer('23514', { constraint: 'delivery_state_check' })), undefined)
    assert.equal(brokenKey('no error'), undefined)
  })
})
