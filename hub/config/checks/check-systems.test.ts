import assert from 'node:assert/strict'
import { type Edit, kindsWith, placesOf, readEdited, remove, swap } from '../../testing/edited-topology.ts'

const aSystem = (id: string, role: string, region: string): string =>
  `id: ${id}\nname: { zh: 测试, en: Test }\nrole: ${role}\nregion: '${region}'\nformat: gateway-json\nkeys: [{ id: ${id}-k1, secret: ${id.toUpperCase().replaceAll('-', '_')}_KEY }]\n`

const breaks: readonly {
  readonly title: string
  readonly edits: Readonly<Record<string, Edit>>
  readonly expected: readonly string[]
}[] = [
  {
    title: 'a thirtieth platform node: an acceptance system of a region that is none',
    edits: { 'systems/city-410102.yaml': () => aSystem('city-410102', 'acceptance', '410102') },
    expected: ['NODE_EXTRA systems/city-410102.yaml#/region'],
  },
  {
    title: 'an acceptance system of the province, whose platform is the hub itself',
    edits: { 'systems/province.yaml': () => aSystem('province', 'acceptance', '410000') },
    expected: ['NODE_EXTRA systems/province.yaml#/region'],
  },
  {
    title: 'two acceptance systems of one region',
    edits: { 'systems/other.yaml': () => aSystem('other', 'acceptance', '410100') },
    expected: ['NODE_DUPLICATE systems/other.yaml#/region'],
  },
  {
    title: 'a node without an acceptance system',
    edits: { 'systems/county-410526.yaml': remove },
    expected: ['NODE_MISSING regions.yaml#/regions/21'],
  },
  {
    title: 'a department of an unknown region',
    edits: { 'systems/health.yaml': swap("'410000'", "'420000'") },
    expected: ['SYSTEM_REGION_UNKNOWN systems/health.yaml#/region'],
  },
  {
    title: 'an id that two systems have',
    edits: {
      'systems/other.yaml': () =>
        aSystem('health', 'department', '410000')
          .replace('health-k1', 'other-k1')
          .replace('HEALTH_KEY', 'OTHER_KEY'),
    },
    expected: ['SYSTEM_DUPLICATE systems/other.yaml#/id'],
  },
  {
    title: 'a file that is not named after its system',
    edits: { 'systems/other.yaml': () => aSystem('another', 'department', '410000') },
    expected: ['SYSTEM_FILE_NAME systems/other.yaml#/id'],
  },
  {
    title: 'an id that routes use for something else',
    edits: { 'systems/jurisdiction.yaml': () => aSystem('jurisdiction', 'department', '410000') },
    expected: ['SYSTEM_ID_RESERVED systems/jurisdiction.yaml#/id'],
  },
  {
    title: 'a key id that two systems have',
    edits: { 'systems/health.yaml': swap('id: health-k1', 'id: city-410100-k1') },
    expected: ['KEY_DUPLICATE systems/health.yaml#/keys/0/id'],
  },
  {
    title: 'a secret that two keys share',
    edits: {
      'systems/health.yaml': swap(
        'algorithm: hmac-sha256, secret: HEALTH_KEY',
        'algorithm: hmac-sha256, secret: CITY_410100_KEY',
      ),
    },
    expected: ['KEY_SECRET_DUPLICATE systems/health.yaml#/keys/0/secret'],
  },
  {
    title: 'an adapter kind that nobody wrote',
    edits: { 'systems/health.yaml': swap('adapter: rest', 'adapter: pigeon') },
    expected: ['ADAPTER_UNKNOWN systems/health.yaml#/outbound/adapter'],
  },
  {
    title: 'a system that could not sign its requests',
    edits: { 'systems/health.yaml': (text) => text.replace(/^keys:\n.*\n/m, '') },
    expected: ['CONFIG_REQUIRED systems/health.yaml#/keys'],
  },
  {
    title: 'a stream without an address',
    edits: {
      'systems/event-stream.yaml': (text) =>
        text.slice(0, text.indexOf('outbound:')).replace('enabledBy: HUB_AMQP_URL\n', ''),
    },
    expected: ['STREAM_NO_OUTBOUND systems/event-stream.yaml#/outbound'],
  },
  {
    title: "link settings against the kind's own schema",
    edits: { 'systems/health.yaml': swap('    url:', '    address:') },
    expected: ['CONFIG_REQUIRED systems/health.yaml#/outbound/config/url'],
  },
]

describe('checkSystems and checkAdapters', () => {
  for (const { title, edits, expected } of breaks) {
    it(`find ${title}`, () => {
      assert.deepEqual(placesOf(readEdited(edits).faults), expected)
    })
  }

  it('report a broken system file once, not as a missing node, owner and route destination too', () => {
    const broken = swap('role: department', 'role: departement')
    const { faults } = readEdited({
      'systems/housing-registration.yaml': broken,
      'systems/city-410100.yaml': swap('role: acceptance', 'role: accepting'),
    })
    assert.deepEqual(placesOf(faults), [
      'CONFIG_VALUE systems/city-410100.yaml#/role',
      'CONFIG_VALUE systems/housing-registration.yaml#/role',
    ])
  })

  it("fill in the kind's own defaults", () => {
    const configSchema = {
      type: 'object',
      properties: { url: { type: 'string' }, pace: { type: 'integer', default: 7 } },
    }
    const { topology } = readEdited({}, { kinds: kindsWith(configSchema) })
    assert.deepEqual(topology?.systems.get('health')?.outbound?.config, {
      url: 'http://127.0.0.1:18080/health',
      signing: { scheme: 'national-gateway', sid: 'hub-41', secret: 'HEALTH_KEY' },
      pace: 7,
    })
  })
})
