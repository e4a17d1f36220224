import assert from 'node:assert/strict'
import { MESSAGE_TYPES, type MessageType } from '../../contract/message.ts'
import { placesOf, readEdited, shippedFormats, swap } from '../../testing/edited-topology.ts'
import type { FormatTypes } from './check-formats.ts'

const all = (...lacking: readonly MessageType[]): ReadonlySet<MessageType> =>
  new Set(MESSAGE_TYPES.filter((type) => !lacking.includes(type)))

/** Formats that can do everything, but for what is given. */
const formats = (special: Readonly<Record<string, FormatTypes>> = {}): ReadonlyMap<string, FormatTypes> =>
  new Map(shippedFormats.map((id) => [id, special[id] ?? { inbound: all(), outbound: all() }]))

describe('checkFormats', () => {
  it('finds a format that does not exist, once for all its systems', () => {
    const known = new Map([...formats()].filter(([id]) => id !== 'pinyin-flat'))
    const { faults } = readEdited({}, { formats: known })
    assert.deepEqual(placesOf(faults), ['FORMAT_UNKNOWN systems/city-410100.yaml#/format'])
    assert.match(faults[0]?.reason ?? '', /\(nor for city-410300, .*county-411628\)\.$/)
  })

  it('finds an acceptance format that cannot read a submission', () => {
    const special = { 'gateway-json': { inbound: all('case.submitted'), outbound: all() } }
    const { faults } = readEdited({}, { formats: formats(special) })
    assert.deepEqual(placesOf(faults), ['FORMAT_NO_INBOUND systems/city-410200.yaml#/format'])
  })

  it('finds an acceptance format that cannot tell the origin of a decision', () => {
    const special = { 'gateway-json': { inbound: all(), outbound: all('case.decided', 'case.refused') } }
    const { faults } = readEdited({}, { formats: formats(special) })
    assert.deepEqual(placesOf(faults), ['FORMAT_NO_OUTBOUND systems/city-410200.yaml#/format'])
    assert.match(faults[0]?.reason ?? '', /for case\.refused, case\.decided, which/)
  })

  it('finds a decider whose format cannot carry a supplement', () => {
    const special = { 'housing-registry': { inbound: all(), outbound: all('case.supplemented') } }
    const { faults } = readEdited({}, { formats: formats(special) })
    assert.deepEqual(placesOf(faults), ['FORMAT_NO_OUTBOUND systems/housing-registration.yaml#/format'])
  })

  it('asks of a stream that it can carry every type', () => {
    const special = { 'canonical-events': { inbound: all(), outbound: all('item.published') } }
    const known = new Map([...formats(), ...Object.entries(special)])
    const { faults } = readEdited({}, { formats: known, environment: { HUB_AMQP_URL: 'set' } })
    assert.deepEqual(placesOf(faults), ['FORMAT_NO_OUTBOUND systems/event-stream.yaml#/format'])
    assert.match(faults[0]?.reason ?? '', /for item\.published, which/)
  })

  it('asks nothing of a department that no route names', () => {
    const nothing = { inbound: new Set<MessageType>(), outbound: new Set<MessageType>() }
    const known = new Map([...formats(), ['nothing', nothing]])
    const edits = { 'systems/civil-affairs.yaml': swap('format: national-gateway', 'format: nothing') }
    assert.deepEqual(readEdited(edits, { formats: known }).faults, [])
  })

  it('asks of a copy only what it must have', () => {
    const onlyCopies = (text: string): string =>
      text
        .replaceAll('decides: housing-registration', 'decides: jurisdiction')
        .replaceAll('copies: [jurisdiction]', 'copies: []')
    const faultsWith = (...outbound: readonly MessageType[]): string[] => {
      const special = { 'housing-registry': { inbound: all(), outbound: new Set(outbound) } }
      return placesOf(readEdited({ 'routes/housing.yaml': onlyCopies }, { formats: formats(special) }).faults)
    }
    assert.deepEqual(faultsWith('case.submitted'), [])
    assert.deepEqual(faultsWith('case.decided'), [
      'FORMAT_NO_OUTBOUND systems/housing-registration.yaml#/format',
    ])
  })
})
