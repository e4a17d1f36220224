/** The systems among themselves and against the regions: one acceptance system for each of the 28 nodes, keys of one's own. */
import type { ConfigFault } from '../../contract/errors.ts'
import { JURISDICTION } from '../../routing/parties.ts'
import type { System } from '../topology.ts'
import type { ConfigFile, TopologyFiles } from '../topology-files.ts'

type SystemConfig = ConfigFile<System>

/** Words that routes and message sources use for something else. */
const RESERVED = [JURISDICTION, 'hub']

export function checkSystems({ systems, regions, broken }: TopologyFiles): ConfigFault[] {
  const faults = [...identities(systems), ...means(systems), ...keys(systems)]
  if (regions === undefined) return faults
  const { province } = regions.content
  const known = new Set([province.code, ...regions.content.regions.map(({ code }) => code)])
  const nodes = regions.content.regions
    .map((region, index) => ({ ...region, index }))
    .filter(({ parent }) => parent === province.code)
  const nodeCodes = new Set(nodes.map(({ code }) => code))
  const served = new Map<string, string>()
  for (const { file, content } of systems) {
    const { id, role, region } = content
    const fault = (code: string, reason: string, remedy: string): void =>
      void faults.push({ file, path: '/region', code, reason, remedy })
    if (role !== 'acceptance') {
      if (!known.has(region))
        fault('SYSTEM_REGION_UNKNOWN', `No region has the code ${region}.`, 'Name a region of regions.yaml.')
    } else if (!nodeCodes.has(region)) {
      const reason = `${region} is none of the ${nodes.length} nodes below the province: this would be a platform node too many (1+18+10, art. 2).`
      fault('NODE_EXTRA', reason, 'Correct the region, or make the system a department system.')
    } else if (served.has(region)) {
      const reason = `${region} has an acceptance system already: ${served.get(region)}.`
      fault('NODE_DUPLICATE', reason, 'Correct the region, or remove one of the two systems.')
    } else served.set(region, id)
  }
  if (!broken.has('systems')) {
    for (const { code, name, index } of nodes.filter((node) => !served.has(node.code))) {
      const reason = `${name.zh} (${code}) has no acceptance system.`
      const remedy = `Add one to systems/ with role acceptance and region '${code}'.`
      faults.push({ file: regions.file, path: `/regions/${index}`, code: 'NODE_MISSING', reason, remedy })
    }
  }
  return faults
}

function identities(systems: readonly SystemConfig[]): ConfigFault[] {
  return systems.flatMap(({ file, content: { id } }, index) => {
    const faults: ConfigFault[] = []
    const first = systems.slice(0, index).find(({ content }) => content.id === id)
    if (first !== undefined) {
      const reason = `${id} is the id of ${first.file} already.`
      faults.push({
        file,
        path: '/id',
        code: 'SYSTEM_DUPLICATE',
        reason,
        remedy: 'Give the system an id of its own.',
      })
    } else if (!isNamedAfter(file, id)) {
      const reason = `The file is not named after the system ${id}.`
      faults.push({
        file,
        path: '/id',
        code: 'SYSTEM_FILE_NAME',
        reason,
        remedy: `Rename it to ${id}.yaml (${id}.<word>.yaml where there are two for one system), or correct the id.`,
      })
    }
    if (RESERVED.includes(id)) {
      const reason = `${id} has a meaning of its own in routes and messages.`
      faults.push({ file, path: '/id', code: 'SYSTEM_ID_RESERVED', reason, remedy: 'Choose another id.' })
    }
    return faults
  })
}

function isNamedAfter(file: string, id: string): boolean {
  return (
    file === `systems/${id}.yaml` ||
    (file.startsWith(`systems/${id}.`) && /^[^.]+\.[a-z-]+\.yaml$/.test(file))
  )
}

/** What its role makes a system need: a key to sign with or another way in, an address to be delivered to. */
function means(systems: readonly SystemConfig[]): ConfigFault[] {
  return systems.flatMap(({ file, content: { id, role, keys: own, inbound, outbound } }) => {
    if (role !== 'stream' && own.length === 0 && inbound.length === 0) {
      const reason = `keys is missing: ${id} could not sign its requests, and it has no inbound listener.`
      return [{ file, path: '/keys', code: 'CONFIG_REQUIRED', reason, remedy: 'Add it.' }]
    }
    if (role === 'stream' && outbound === undefined) {
      const reason = `A stream cannot collect from an inbox, and ${id} has no outbound.`
      return [{ file, path: '/outbound', code: 'STREAM_NO_OUTBOUND', reason, remedy: 'Add it.' }]
    }
    return []
  })
}

/** A key identifies its system: neither its id nor its secret may be anybody else's. */
function keys(systems: readonly SystemConfig[]): ConfigFault[] {
  const all = systems.flatMap(({ file, content }) =>
    content.keys.map((key, index) => ({ ...key, file, path: `/keys/${index}`, system: content.id })),
  )
  return all.flatMap((key, index) => {
    const earlier = all.slice(0, index)
    const sameId = earlier.find(({ id }) => id === key.id)
    const sameSecret = earlier.find(({ secret }) => secret === key.secret)
    const faults: ConfigFault[] = []
    if (sameId !== undefined) {
      const reason = `${key.id} is a key of ${sameId.system} already.`
      faults.push({
        file: key.file,
        path: `${key.path}/id`,
        code: 'KEY_DUPLICATE',
        reason,
        remedy: 'Give the key an id of its own.',
      })
    }
    if (sameSecret !== undefined) {
      const reason = `${key.secret} is the secret of key ${sameSecret.id} already.`
      const remedy = 'Give the key a secret of its own.'
      faults.push({
        file: key.file,
        path: `${key.path}/secret`,
        code: 'KEY_SECRET_DUPLICATE',
        reason,
        remedy,
      })
    }
    return faults
  })
}
