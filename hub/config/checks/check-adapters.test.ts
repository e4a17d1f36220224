import assert from 'node:assert/strict'
import { append, placesOf, readEdited, someKinds } from '../../testing/edited-topology.ts'
import { publishedAt } from '../door-paths.ts'
import type { KindOutline } from './check-adapters.ts'

/** A kind whose listeners take the path they are given, or one named after their system. */
const porch: KindOutline = {
  name: 'porch',
  configSchema: {},
  listenSchema: {
    type: 'object',
    properties: { path: { type: 'string' }, wing: { type: 'string', default: 'east' } },
  },
  doors: (config, { id }) => {
    const { path, wing } = config as { readonly path?: string; readonly wing: string }
    return [path ?? `/${wing}/${id}`]
  },
}
const pigeon: KindOutline = { name: '@vendor/pigeon', configSchema: {}, publishes() {} }

const listensAt = (...configs: readonly string[]) =>
  append(`\ninbound: [${configs.map((config) => `{ adapter: porch, config: ${config} }`).join(', ')}]\n`)

const faultsOf = (edits: Parameters<typeof readEdited>[0], ...kinds: readonly KindOutline[]): string[] =>
  placesOf(readEdited(edits, { kinds: [...someKinds, porch, ...kinds] }).faults)

describe('the check of the front door', () => {
  it('finds two listeners that take one path, in one system or in two', () => {
    assert.deepEqual(
      faultsOf({
        'systems/city-410100.yaml': listensAt('{ path: /in }', '{ path: /in }'),
        'systems/health.yaml': listensAt('{ path: /in }'),
      }),
      [
        'DOOR_PATH systems/city-410100.yaml#/inbound/1/config',
        'DOOR_PATH systems/health.yaml#/inbound/0/config',
      ],
    )
  })

  it('finds a path that is the hub’s own, and one that is no path', () => {
    assert.deepEqual(
      faultsOf({ 'systems/health.yaml': listensAt('{ path: /v1/in }', '{ path: in }', '{ path: /in/ }') }),
      [0, 1, 2].map((index) => `DOOR_PATH systems/health.yaml#/inbound/${index}/config`),
    )
  })

  it('asks with the defaults filled in, and only where the options are right', () => {
    const taken = listensAt('{}', '{ path: /east/health }')
    assert.deepEqual(faultsOf({ 'systems/health.yaml': taken }), [
      'DOOR_PATH systems/health.yaml#/inbound/1/config',
    ])
    const places = faultsOf({ 'systems/health.yaml': listensAt('{ path: 7 }') })
    assert.equal(places.length, 1)
    assert.doesNotMatch(places[0] as string, /DOOR_PATH/)
  })

  it('names a kind that fails to tell its doors, and goes on', () => {
    const broken: KindOutline = {
      ...porch,
      doors() {
        throw new TypeError('path is undefined')
      },
    }
    const kinds = [...someKinds, broken]
    const { faults } = readEdited({ 'systems/health.yaml': listensAt('{}', '{}') }, { kinds })
    assert.deepEqual(
      placesOf(faults),
      [0, 1].map((index) => `ADAPTER_DOORS systems/health.yaml#/inbound/${index}/config`),
    )
  })

  it('knows the paths at which kinds publish, without the sign of their scope', () => {
    assert.equal(publishedAt('@vendor/pigeon'), '/vendor/pigeon')
    assert.equal(publishedAt('soap'), '/soap')
    assert.deepEqual(faultsOf({ 'systems/health.yaml': listensAt('{ path: /in }') }, pigeon), [])
    assert.deepEqual(faultsOf({ 'systems/health.yaml': listensAt('{ path: /vendor/pigeon }') }, pigeon), [
      'DOOR_PATH systems/health.yaml#/inbound/0/config',
    ])
    assert.deepEqual(faultsOf({}, { ...pigeon, name: 'metrics' }), ['DOOR_PATH adapter metrics#'])
  })
})
