/** Each system's link and listeners: the kind exists, can do that, and the settings are what it asks for. Fills in the kind's defaults. */
import type { AdapterKind } from '../../contract/adapter.ts'
import type { ConfigFault } from '../../contract/errors.ts'
import { pathRefusal, publishedAt } from '../door-paths.ts'
import { type SchemaCheck, schemaCheck } from '../schema-check.ts'
import type { TopologyFiles } from '../topology-files.ts'

export type KindOutline = Pick<
  AdapterKind,
  'name' | 'configSchema' | 'listenSchema' | 'doors' | 'publishes'
> & {
  readonly traits?: Pick<AdapterKind['traits'], 'collected'>
}

export function checkAdapters(
  { systems }: Pick<TopologyFiles, 'systems'>,
  kinds: readonly KindOutline[],
): ConfigFault[] {
  const outbound = checksOf(kinds, ({ configSchema }) => configSchema)
  const inbound = checksOf(kinds, ({ listenSchema }) => listenSchema)
  const collected = collectedKinds(kinds)
  const faults = systems.flatMap(({ file, content }) => [
    ...(content.outbound === undefined ? [] : faultsOf(outbound, content.outbound, file, '/outbound')),
    ...(content.role === 'stream' && collected.has(content.outbound?.adapter ?? '')
      ? [nobodyCollects(file, content.id)]
      : []),
    ...content.inbound.flatMap((settings, index) => faultsOf(inbound, settings, file, `/inbound/${index}`)),
  ])
  // A kind is asked for its doors only where its options are what it asks for.
  return faults.length > 0 ? faults : doorFaults(systems, kinds)
}

/** In the order in which the hub lends its front door: first to what kinds publish, then system by system. */
function doorFaults(systems: TopologyFiles['systems'], kinds: readonly KindOutline[]): ConfigFault[] {
  const taken = new Set<string>()
  const take = (door: string, file: string, path: string): ConfigFault[] => {
    const reason = pathRefusal(door, taken)
    taken.add(door)
    return reason === undefined
      ? []
      : [{ file, path, code: 'DOOR_PATH', reason, remedy: 'Choose another path.' }]
  }
  const published = kinds
    .filter(({ publishes }) => publishes !== undefined)
    .flatMap(({ name }) => take(publishedAt(name), `adapter ${name}`, ''))
  const listening = systems.flatMap(({ file, content: { id, region, inbound } }) =>
    inbound.flatMap(({ adapter, config }, index) => {
      const kind = kinds.find(({ name }) => name === adapter)
      const path = `/inbound/${index}/config`
      try {
        const doors = kind?.doors?.(config, { id, region }) ?? []
        return doors.flatMap((door) => take(door, file, path))
      } catch (error) {
        // The kind may be another vendor's; one that fails must not hide what else is wrong.
        const reason = `Adapter ${adapter} cannot tell its doors: ${(error as Error).message}.`
        return [{ file, path, code: 'ADAPTER_DOORS', reason, remedy: 'Mend the options or the adapter.' }]
      }
    }),
  )
  return [...published, ...listening]
}

function nobodyCollects(file: string, id: string): ConfigFault {
  const reason = `A stream cannot collect from an inbox, and ${id} is not delivered to.`
  return {
    file,
    path: '/outbound',
    code: 'STREAM_NO_OUTBOUND',
    reason,
    remedy: 'Add an outbound that delivers.',
  }
}

/** Names of the kinds whose receivers come and collect. */
export function collectedKinds(kinds: readonly KindOutline[]): ReadonlySet<string> {
  return new Set(kinds.filter(({ traits }) => traits?.collected === true).map(({ name }) => name))
}

function checksOf(
  kinds: readonly KindOutline[],
  schemaOf: (kind: KindOutline) => object | undefined,
): ReadonlyMap<string, SchemaCheck> {
  return new Map(
    kinds.flatMap((kind) => {
      const schema = schemaOf(kind)
      return schema === undefined ? [] : [[kind.name, schemaCheck(schema, { strict: false })]]
    }),
  )
}

function faultsOf(
  checks: ReadonlyMap<string, SchemaCheck>,
  { adapter, config }: { readonly adapter: string; readonly config: unknown },
  file: string,
  path: string,
): readonly ConfigFault[] {
  const check = checks.get(adapter)
  if (check !== undefined) return check(config, file, `${path}/config`)
  const direction = path.startsWith('/inbound') ? 'that listens' : 'that delivers'
  const reason = `There is no adapter kind ${adapter} ${direction}.`
  const remedy = `Known are: ${[...checks.keys()].join(', ')}; or install the package of that name beside the topology.`
  return [{ file, path: `${path}/adapter`, code: 'ADAPTER_UNKNOWN', reason, remedy }]
}
