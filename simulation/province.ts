/** The real topology, packages and schemas, cut down to the systems that a simulated province has. Read and compiled once a process. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadValidator, type Validator } from '../hub/canonical/validator.ts'
import { loadTopology } from '../hub/config/load-topology.ts'
import type { System, Topology } from '../hub/config/topology.ts'
import type { FormatPackage } from '../hub/mapping/format-package.ts'
import { loadFormatPackages } from '../hub/mapping/load-packages.ts'
import { ACCEPTANCE, DEPARTMENT, INBOX_SYSTEM, type Plan } from './plan.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

export interface Province {
  readonly topology: Topology
  readonly formats: ReadonlyMap<string, FormatPackage>
  readonly validator: Validator
}

/** @throws where the shipped topology or packages have faults */
export function loadProvince(): Province {
  const { packages, faults } = loadFormatPackages(join(root, 'mappings'))
  if (faults.length > 0) throw new Error(faults.map(({ file, reason }) => `${file}: ${reason}`).join('\n'))
  return { topology: loadTopology(join(root, 'topology'), {}), formats: packages, validator: loadValidator() }
}

/** The simulated systems with the manners that the plan gives them, behind the simulated kind of link. */
export function topologyOf(province: Province, plan: Plan): Topology {
  const systems = [...ACCEPTANCE, DEPARTMENT].map((id): [string, System] => {
    const system = province.topology.systems.get(id)
    if (system === undefined) throw new Error(`The topology has no system ${id}.`)
    const { outbound: _, ...rest } = system
    const manners = plan.receivers.get(id)
    if (id === INBOX_SYSTEM || manners === undefined) return [id, rest]
    return [id, { ...rest, outbound: { adapter: 'simulated', config: { system: id }, ...manners } }]
  })
  return { ...province.topology, systems: new Map(systems) }
}
