import assert from 'node:assert/strict'
import { MESSAGE_TYPES } from '../contract/message.ts'
import { checkAll } from './check.ts'
import { someKinds } from './edited-topology.ts'

const everything = { inbound: new Set(MESSAGE_TYPES), outbound: new Set(MESSAGE_TYPES) }
const formats = new Map(
  ['gateway-json', 'pinyin-flat', 'housing-registry', 'national-gateway'].map((id) => [id, everything]),
)

describe('checkAll', () => {
  it('sums up what it read where nothing is wrong', () => {
    const { faults, summary } = checkAll({
      environment: {},
      kinds: someKinds,
      readFormats: () => ({ formats, faults: [] }),
    })
    assert.deepEqual(faults, [])
    assert.equal(
      summary,
      '29 regions, 38 systems, 2 items, 4 routes, 4 formats, calendar 2024, 2025, 2026, without event-stream (HUB_AMQP_URL is not set)',
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
    assert.deepEqual(
      faults.map(({ code }) => code),
      ['X', ...Array(4).fill('FORMAT_UNKNOWN')],
    )
    assert.equal(summary, '')
  })

  it('looks for secrets only where it is told to', () => {
    const { topology } = checkAll({ environment: {}, kinds: someKinds })
    const { faults } = checkAll({ environment: {}, kinds: someKinds, secrets: true })
    const missing = faults.filter(({ code }) => code === 'SECRET_MISSING')
    assert.equal(missing.length, (topology?.systems.size ?? 0) + (topology?.operators.size ?? 0))
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
