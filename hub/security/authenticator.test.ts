import assert from 'node:assert/strict'
import type { Operator, System, SystemKey } from '../config/topology.ts'
import { ConfigError, IntakeError } from '../contract/errors.ts'
import { makeAuthenticator } from './authenticator.ts'
import { signRequest } from './signature.ts'

function aSystem(id: string, keys: readonly SystemKey[]): System {
  const name = { zh: '南阳市', en: 'Nanyang' }
  return { id, name, role: 'acceptance', region: '411300', format: 'hub-json', keys, inbound: [] }
}

describe('authenticator', () => {
  const nowMs = 1_767_225_600_000
  const secrets: Readonly<Record<string, string>> = {
    OLD: 'SYNTHETIC-SECRET-0001',
    NEW: 'SYNTHETIC-SECRET-0002',
    DUTY: 'SYNTHETIC-SECRET-0003',
  }
  const city = aSystem('city-411300', [
    { id: 'city-411300-2025', algorithm: 'hmac-sha256', secret: 'OLD' },
    { id: 'city-411300-2026', algorithm: 'hmac-sm3', secret: 'NEW' },
  ])
  const silent = aSystem('county-410526', [])
  const duty: Operator = {
    id: 'duty-operator',
    name: { zh: '值班运维', en: 'Operator on duty' },
    roles: ['operator'],
    keys: [{ id: 'duty-operator-k1', algorithm: 'hmac-sm3', secret: 'DUTY' }],
  }
  const parts = {
    topology: {
      systems: new Map([city, silent].map((system) => [system.id, system])),
      operators: new Map([[duty.id, duty]]),
    },
    secret: (name: string) => {
      const value = secrets[name]
      if (value === undefined) throw new ConfigError([])
      return value
    },
    clock: { now: () => nowMs },
  }

  function request(keyId: string, algorithm: 'hmac-sm3' | 'hmac-sha256', secret: string, nonce: string) {
    const bare = { method: 'GET', path: '/v1/inbox', query: '', body: new Uint8Array() }
    const headers = signRequest(bare, { keyId, algorithm, secret }, { timestampSeconds: nowMs / 1000, nonce })
    return { ...bare, headers }
  }

  it('answers the system, by any of its keys', () => {
    const authenticate = makeAuthenticator(parts)
    const old = request('city-411300-2025', 'hmac-sha256', 'SYNTHETIC-SECRET-0001', 'authenticator-0001')
    const current = request('city-411300-2026', 'hmac-sm3', 'SYNTHETIC-SECRET-0002', 'authenticator-0002')
    assert.deepEqual(authenticate(old).principal, { kind: 'system', system: city })
    assert.deepEqual(authenticate(current).principal, { kind: 'system', system: city })
  })

  it('tells an operator from a system', () => {
    const signed = request('duty-operator-k1', 'hmac-sm3', 'SYNTHETIC-SECRET-0003', 'authenticator-0005')
    assert.deepEqual(makeAuthenticator(parts)(signed).principal, { kind: 'operator', operator: duty })
  })

  it('answers the nonce that is to be used up', () => {
    const signed = request('city-411300-2026', 'hmac-sm3', 'SYNTHETIC-SECRET-0002', 'authenticator-0003')
    assert.deepEqual(makeAuthenticator(parts)(signed).nonce, {
      keyId: 'city-411300-2026',
      nonce: 'authenticator-0003',
      nowMs,
      expiresAtMs: nowMs + 300_001,
    })
  })

  it('does not know the id of a system as a key', () => {
    const stranger = request('county-410526', 'hmac-sm3', '', 'authenticator-0004')
    assert.throws(() => makeAuthenticator(parts)(stranger), IntakeError)
  })

  it('does not start where a secret is missing', () => {
    const systems = new Map([['x', aSystem('x', [{ id: 'k', algorithm: 'hmac-sm3', secret: 'MISSING' }])]])
    assert.throws(
      () => makeAuthenticator({ ...parts, topology: { systems, operators: new Map() } }),
      ConfigError,
    )
  })
})
