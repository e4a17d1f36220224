import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../contract/errors.ts'
import {
  append,
  kindsWith,
  placesOf,
  readEdited,
  remove,
  shippedTopology,
  someKinds,
  swap,
} from '../testing/edited-topology.ts'
import { loadTopology, readTopology } from './load-topology.ts'

const restSchema = JSON.parse(
  readFileSync(join(shippedTopology, '../adapters/rest/config.schema.json'), 'utf8'),
) as object

describe('the shipped topology', () => {
  const { topology, faults } = readTopology(shippedTopology, {}, { kinds: kindsWith(restSchema) })

  it('has no fault, its links checked against the real adapter kind', () => {
    assert.deepEqual(faults, [])
  })

  it('has the province, 18 cities and 10 counties, each with its acceptance system', () => {
    const nodes = [...(topology?.regions.values() ?? [])].filter(({ parent }) => parent === '410000')
    assert.equal(nodes.filter(({ level }) => level === 'city').length, 18)
    assert.equal(nodes.filter(({ level }) => level === 'county').length, 10)
    assert.equal(topology?.nodeOfRegion.size, 28)
    assert.equal(topology?.nodeOfRegion.get('419001'), 'city-419001')
    assert.equal(topology?.nodeOfRegion.has('410000'), false)
  })

  it('gives every system one key of its own, in both algorithms', () => {
    const systems = [...(topology?.systems.values() ?? [])]
    assert.ok(systems.every(({ keys }) => keys.length === 1))
    const algorithms = new Set(systems.flatMap(({ keys }) => keys.map(({ algorithm }) => algorithm)))
    assert.deepEqual([...algorithms].sort(), ['hmac-sha256', 'hmac-sm3'])
  })

  it('leaves a system out whose variable is not set or empty, and takes it in where it is', () => {
    for (const environment of [{}, { HUB_AMQP_URL: '' }]) {
      const { topology: without, leftOut } = readTopology(shippedTopology, environment)
      assert.ok(leftOut.every(({ enabledBy }) => enabledBy !== undefined))
      assert.ok(leftOut.some(({ id, enabledBy }) => id === 'event-stream' && enabledBy === 'HUB_AMQP_URL'))
      assert.equal(without?.systems.has('event-stream'), false)
    }
    const enabled = readTopology(shippedTopology, { HUB_AMQP_URL: 'amqp://broker' })
    assert.ok(enabled.leftOut.every(({ enabledBy }) => enabledBy !== 'HUB_AMQP_URL'))
    assert.deepEqual(enabled.topology?.systems.get('event-stream')?.keys, [])
  })

  it('still checks the file of a system that is left out', () => {
    const { faults: found } = readEdited({ 'systems/event-stream.yaml': swap('role: stream', 'role: river') })
    assert.deepEqual(placesOf(found), ['CONFIG_VALUE systems/event-stream.yaml#/role'])
  })

  it('fills in defaults', () => {
    const { outbound } = topology?.systems.get('city-411300') ?? {}
    assert.deepEqual(outbound?.retry, {
      firstMs: 2000,
      factor: 2,
      maxMs: 10_800_000,
      jitter: 0.2,
      attempts: 38,
    })
    assert.equal(topology?.systems.get('county-411729')?.outbound, undefined)
  })

  it('has the annex: which materials are required of whom', () => {
    const [item] = topology?.items.get('1141000000000901362410190001000') ?? []
    assert.deepEqual(
      item?.scenarios.map(({ name }) => name.zh),
      ['初始注册', '延续', '变更', '增项', '遗失补办', '注销'],
    )
    assert.deepEqual(
      item?.materials.filter(({ required }) => !required).map(({ code }) => code),
      ['M02', 'M06'],
    )
    assert.deepEqual(
      item?.materials.filter(({ originals }) => originals > 0).map(({ code }) => code),
      ['M01', 'M08'],
    )
  })

  it('cannot be changed by anybody who was given it', () => {
    assert.ok(topology)
    const retry = topology.systems.get('city-411300')?.outbound?.retry
    const [year] = topology.calendar
    const [route] = topology.routes
    assert.ok(retry && year && route)
    assert.throws(() => (topology.systems as Map<string, unknown>).set('x', {}), TypeError)
    assert.throws(() => (topology.items as Map<string, unknown>).clear(), TypeError)
    assert.throws(() => Object.assign(retry, { attempts: 1 }), TypeError)
    assert.throws(() => Object.assign(topology.province.name, { zh: '' }), TypeError)
    assert.throws(() => (year.holidays as string[]).push('2024-01-02'), TypeError)
    assert.throws(() => (route.copies as string[]).push('x'), TypeError)
    assert.throws(() => Object.assign(topology, { routes: [] }), TypeError)
  })
})

describe('readTopology', () => {
  it('fills placeholders in from the environment', () => {
    const { topology } = readEdited({}, { environment: { SIMULATORS_URL: 'http://simulators:9000' } })
    const config = topology?.systems.get('city-411300')?.outbound?.config as { url: string } | undefined
    assert.equal(config?.url, 'http://simulators:9000/city-411300')
  })

  it('finds a variable that the environment lacks', () => {
    const { faults } = readEdited({ 'systems/health.yaml': swap(':-http://127.0.0.1:18080', '') })
    assert.deepEqual(placesOf(faults), ['CONFIG_ENVIRONMENT systems/health.yaml#/outbound/config/url'])
    assert.match(faults[0]?.reason ?? '', /SIMULATORS_URL/)
  })

  it('finds YAML that is none, with its line', () => {
    const { faults } = readEdited({ 'systems/health.yaml': swap('role: department', 'role: [department') })
    assert.deepEqual([...new Set(placesOf(faults))], ['CONFIG_YAML systems/health.yaml#'])
    assert.match(faults[0]?.reason ?? '', /^Line [56], /)
  })

  it('finds a key that stands twice, with its line', () => {
    const { faults } = readEdited({ 'systems/health.yaml': append('role: notice\n') })
    assert.deepEqual(placesOf(faults), ['CONFIG_YAML_DUPLICATE_KEY systems/health.yaml#'])
    assert.match(faults[0]?.reason ?? '', /^Line 15, column 1:/)
  })

  it('finds a code that YAML reads as a number, and says to quote it', () => {
    const { faults } = readEdited({ 'systems/health.yaml': swap("'410000'", '410000') })
    assert.deepEqual(placesOf(faults), ['CONFIG_TYPE systems/health.yaml#/region'])
    assert.equal(faults[0]?.remedy, 'Put it in quotes.')
  })

  it('finds a mistyped setting and names the ones there are', () => {
    const { faults } = readEdited({ 'systems/health.yaml': swap('dedupes:', 'dedups:') })
    assert.deepEqual(placesOf(faults), ['CONFIG_UNKNOWN_KEY systems/health.yaml#/outbound/dedups'])
    assert.match(faults[0]?.remedy ?? '', /dedupes/)
  })

  it('finds a file that is missing, once', () => {
    assert.deepEqual(placesOf(readEdited({ 'regions.yaml': remove }).faults), ['CONFIG_FILE regions.yaml#'])
    assert.deepEqual(placesOf(readEdited({ 'calendar.yaml': remove }).faults), ['CONFIG_FILE calendar.yaml#'])
  })

  it('finds a file that it would not read', () => {
    const { faults } = readEdited({ 'systems/extra.yml': () => 'id: extra\n', 'systems.yaml': () => '[]\n' })
    assert.deepEqual(placesOf(faults), [
      'CONFIG_FILE_STRAY systems/extra.yml#',
      'CONFIG_FILE_STRAY systems.yaml#',
    ])
  })

  it('finds everything in one run', () => {
    const { topology, faults } = readEdited({
      'regions.yaml': swap("'410881'", "'410800'"),
      'calendar.yaml': swap('2026-05-09', '2026-05-08'),
      'items/second-class-constructor.yaml': swap('promisedDays: 20', 'promisedDays: 30'),
      'systems/health.yaml': swap('id: health-k1', 'id: education-k1'),
      'systems/transport.yaml': swap('role: department', 'role: ministry'),
    })
    assert.equal(topology, undefined)
    assert.deepEqual(placesOf(faults).sort(), [
      'CALENDAR_WEEKDAY calendar.yaml#/years/2/makeUpDays/3',
      'CONFIG_VALUE systems/transport.yaml#/role',
      'ITEM_PROMISE items/second-class-constructor.yaml#/promisedDays',
      'KEY_DUPLICATE systems/health.yaml#/keys/0/id',
      'REGION_ALIAS_CONFLICT regions.yaml#/regions/17/aliases/0/code',
    ])
  })

  it('takes one of two files of a system, by the variable that both name', () => {
    const kindOf = (environment: Readonly<Record<string, string>>): string | undefined =>
      readTopology(shippedTopology, environment).topology?.systems.get('transport')?.outbound?.adapter
    assert.equal(kindOf({}), 'rest')
    assert.equal(kindOf({ HUB_AMQP_URL: 'amqp://broker' }), 'amqp')
  })

  it('is told of links only where it was given kinds', () => {
    const { faults } = readEdited({}, { kinds: [] })
    const systems = [...(readTopology(shippedTopology, {}).topology?.systems.values() ?? [])]
    const named = systems.flatMap(({ outbound, inbound }) => [...(outbound ? [outbound] : []), ...inbound])
    assert.equal(faults.length, named.length)
  })
})

describe('loadTopology', () => {
  it('throws every fault at once', () => {
    assert.throws(
      () => loadTopology(join(shippedTopology, 'nowhere'), {}, { kinds: someKinds }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError)
        assert.deepEqual(placesOf(error.faults), [
          'CONFIG_FILE regions.yaml#',
          'CONFIG_FILE calendar.yaml#',
          'CONFIG_FILE operators.yaml#',
        ])
        return true
      },
    )
  })
})
