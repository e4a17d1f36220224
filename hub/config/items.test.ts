import assert from 'node:assert/strict'
import { readEdited, shippedTopology, swap } from '../testing/edited-topology.ts'
import { isRequired, itemOn, needsPaper } from './items.ts'
import { loadTopology } from './load-topology.ts'

const topology = loadTopology(shippedTopology, {})
const task = '1141000000000901362410190001000'
const day = '2026-09-30'

describe('itemOn', () => {
  it('finds an item by its task code, without a scenario', () => {
    const found = itemOn(topology, { taskCode: task }, day)
    assert.ok(typeof found === 'object')
    assert.equal(found.item.name.zh, '二级建造师注册资格认定')
    assert.equal(found.scenario, undefined)
  })

  it('finds the scenario by the handling-item code, with or without the others', () => {
    for (const codes of [{}, { taskCode: task }, { taskCode: task, catalogCode: '410190001000' }]) {
      const found = itemOn(topology, { ...codes, taskHandleItem: `${task}01` }, day)
      assert.ok(typeof found === 'object')
      assert.equal(found.scenario?.name.zh, '延续')
    }
  })

  it('leaves out the scenario where the item has no such handling-item code', () => {
    const found = itemOn(topology, { taskHandleItem: `${task}99` }, day)
    assert.ok(typeof found === 'object')
    assert.equal(found.scenario, undefined)
  })

  it('finds an item by its catalogue code where one body has it', () => {
    const found = itemOn(topology, { catalogCode: '410190002000' }, day)
    assert.ok(typeof found === 'object')
    assert.equal(found.item.name.zh, '二级造价工程师注册资格认定')
  })

  it('knows nothing of codes that are not on the list or contradict each other', () => {
    assert.equal(itemOn(topology, { taskCode: '1141000000000901362410190009000' }, day), 'unknown')
    assert.equal(
      itemOn(topology, { taskCode: task, taskHandleItem: '114100000000090136241019000200001' }, day),
      'unknown',
    )
    assert.equal(itemOn(topology, { taskCode: task, catalogCode: '410190002000' }, day), 'unknown')
    assert.equal(itemOn(topology, { catalogCode: '410190009000' }, day), 'unknown')
    assert.equal(itemOn(topology, {}, day), 'unknown')
  })

  it('does not choose between two bodies that have one catalogue code', () => {
    const [item] = topology.items.get(task) ?? []
    assert.ok(item)
    const items = new Map([...topology.items, ['11410000005184603J2410190001000', [item]]])
    assert.equal(itemOn({ items }, { catalogCode: '410190001000' }, day), 'unknown')
  })

  it('is in force from its first day to its last, both included', () => {
    const edited = readEdited({
      'items/second-class-constructor.yaml': swap(
        'effectiveFrom: 2020-10-29',
        'effectiveUntil: 2026-12-31\neffectiveFrom: 2026-10-01',
      ),
    }).topology
    assert.ok(edited)
    const on = (date: string): string =>
      typeof itemOn(edited, { taskCode: task }, date) === 'object' ? 'in force' : 'not'
    assert.deepEqual(['2026-09-30', '2026-10-01', '2026-12-31', '2027-01-01'].map(on), [
      'not',
      'in force',
      'in force',
      'not',
    ])
    assert.equal(itemOn(edited, { taskCode: task }, '2026-09-30'), 'not-in-force')
  })
})

describe('isRequired', () => {
  const [item] = topology.items.get(task) ?? []
  const required = (scenario: string): string[] =>
    (item?.materials ?? []).filter((material) => isRequired(material, scenario)).map(({ code }) => code)

  it('asks each scenario for its own materials', () => {
    assert.deepEqual(required('initial'), ['M01', 'M03', 'M04', 'M05', 'M07'])
    assert.deepEqual(required('renewal'), ['M01', 'M03', 'M04', 'M05', 'M07', 'M08'])
    assert.deepEqual(required('change'), ['M01', 'M03', 'M04', 'M05', 'M07', 'M08', 'M10', 'M11', 'M12'])
    assert.deepEqual(required('addition'), ['M01', 'M03', 'M04', 'M05', 'M07', 'M08', 'M09'])
    assert.deepEqual(required('reissue'), ['M01', 'M03', 'M04', 'M05', 'M07'])
    assert.deepEqual(required('cancellation'), ['M01', 'M03', 'M04', 'M05', 'M07', 'M08'])
  })
})

describe('needsPaper', () => {
  it('follows the medium unless the list says otherwise', () => {
    assert.equal(needsPaper({ medium: 'paper' }), true)
    assert.equal(needsPaper({ medium: 'either' }), false)
    assert.equal(needsPaper({ medium: 'electronic' }), false)
    assert.equal(needsPaper({ medium: 'either', paperRequired: true }), true)
    assert.equal(needsPaper({ medium: 'paper', paperRequired: false }), false)
  })
})
