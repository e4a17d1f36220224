import assert from 'node:assert/strict'
import { shippedTopology } from '../testing/edited-topology.ts'
import { loadTopology } from './load-topology.ts'
import { regionOn } from './regions.ts'

const topology = loadTopology(shippedTopology, {})

const rows: readonly (readonly [code: string, date: string, found: string | undefined])[] = [
  ['411300', '2026-09-30', '411300'],
  ['411300000000', '2026-09-30', '411300'],
  ['410000', '2026-09-30', '410000'],
  ['410526', '2026-09-30', '410526'],
  // 济源: the list of GB/T 2260-2007 is still in use; the older codes were, in their time.
  ['419001', '2026-09-30', '419001'],
  ['410881', '2026-09-30', '419001'],
  ['410881000000', '2026-09-30', '419001'],
  ['419003', '1996-12-31', '419001'],
  ['419003', '1997-01-01', undefined],
  ['412223', '1960-01-01', '419001'],
  ['412223', '2026-09-30', undefined],
  ['410827', '1985-12-31', undefined],
  ['410827', '1986-01-01', '419001'],
  // 长垣: a county until 2019.
  ['410728', '2019-09-27', '410783'],
  ['410728', '2019-09-28', undefined],
  ['410783', '2026-09-30', '410783'],
  // No prefix means anything.
  ['410801', '2026-09-30', undefined],
  ['419000', '2026-09-30', undefined],
  ['4113', '2026-09-30', undefined],
  ['411300001000', '2026-09-30', undefined],
  ['411300000', '2026-09-30', undefined],
  ['', '2026-09-30', undefined],
]

describe('regionOn', () => {
  for (const [code, date, found] of rows) {
    it(`takes ${code || 'nothing'} on ${date} for ${found ?? 'no region'}`, () => {
      assert.equal(regionOn(topology, code, date)?.code, found)
    })
  }
})
