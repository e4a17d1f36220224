import assert from 'node:assert/strict'
import { MESSAGE_TYPES } from '../contract/message.ts'
import { shippedFormats, someKinds } from '../testing/edited-topology.ts'
import { checkAll } from './check.ts'
import { secretNames } from './secrets.ts'

const everything = { inbound: new Set(MESSAGE_TYPES), outbound: new Set(MESSAGE_TYPES) }
const formats = new Map(shippedFormats.map((id) => [id, everything]))

describe('checkAll', () => {
  it('sums up what it read where nothing is wrong', () => {
    const { faults, summary } = checkAll({
      environment: {},
      kinds: someKinds,
      readFormats: () => ({ formats, faults: [] }),
    })
    assert.deepEqual(faults, [])
    assert.match(
      summary,
      /^29 regions, 38 systems, \d+ items, \d+ routes, \d+ formats, calendar 2024, 2025, 2026, without event-stream \(HUB_AMQP_URL is not set\)$/,
    )
  })

  it('stops at wrong settings, which say where the rest is', () => {
    const { faults, topology } = checkAll({ environment: { HUB_PORT: 'x' }, kinds: [] })
    assert.deepEqual(
      faults.map(({ path }) => path),
      ['/HUB_PORT'],
    )
    assert.equal(topology, undefined)
  })

  it('passes the faults of formats and of the topology on together', () => {
    const fault = { file: 'x/format.yaml', path: '', code: 'X', reason: 'Wrong.', remedy: 'Mend it.' }
    const read: string[] = []
    const readFormats = (mappingsDir: string) => {
      read.push(mappingsDir)
      return { formats: new Map(), faults: [fault] }
    }
    const { faults, summary } = checkAll({
      environment: { HUB_MAPPINGS_DIR: '/m' },
      kinds: someKinds,
      readFormats,
    })
    assert.deepEqual(read, ['/m'])
    const codes = faults.map(({ code }) => code)
    assert.deepEqual(codes, ['X', ...Array(codes.length - 1).fill('FORMAT_UNKNOWN')])
    assert.ok(codes.length > 4)
    assert.equal(summary, '')
  })

  it('looks for secrets only where it is told to', () => {
    const { topology } = checkAll({ environment: {}, kinds: someKinds })
    const { faults } = checkAll({ environment: {}, kinds: someKinds, secrets: true })
    const missing = faults.filter(({ code }) => code === 'SECRET_MISSING')
    assert.ok(topology)
    assert.equal(missing.length, secretNames(topology).length)
    assert.ok(missing.length >= topology.systems.size + topology.operators.size)
  })

  it('reports a secrets file that cannot be opened', () => {
    const { faults } = checkAll({
      environment: { HUB_SECRETS_FILE: '/nowhere/secrets.json' },
      kinds: someKinds,
      secrets: true,
    })
    assert.deepEqual(
      faults.map(({ code, file }) => [code, file]),
      [['SECRETS_FILE', '/nowhere/secrets.json']],
    )
  })
})
