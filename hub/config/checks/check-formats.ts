/** The systems' formats: each exists, and can say and hear what the system's part in cases demands. One fault for each format and direction. */
import type { ConfigFault } from '../../contract/errors.ts'
import { MESSAGE_TYPES, type MessageType } from '../../contract/message.ts'
import { type PartyRole, typesFor } from '../../routing/destinations.ts'
import { JURISDICTION } from '../../routing/parties.ts'
import type { System } from '../topology.ts'
import type { ConfigFile, TopologyFiles } from '../topology-files.ts'

/** Message types that a format can turn into canonical messages, and those it can write. */
export interface FormatTypes {
  readonly inbound: ReadonlySet<MessageType>
  readonly outbound: ReadonlySet<MessageType>
}

export function checkFormats(
  { systems, routes }: Pick<TopologyFiles, 'systems' | 'routes'>,
  formats: ReadonlyMap<string, FormatTypes>,
): ConfigFault[] {
  const roles = rolesOf(systems, routes)
  const used = [...new Set(systems.map(({ content }) => content.format))]
  return used.flatMap((format) => {
    const users = systems.filter(({ content }) => content.format === format)
    const types = formats.get(format)
    if (types === undefined) return [unknown(format, users, formats)]
    const receivers = users.map((user) => ({
      user,
      needs:
        user.content.role === 'stream'
          ? MESSAGE_TYPES
          : [...(roles.get(user.content.id) ?? [])].flatMap(typesFor),
    }))
    const senders = users.map((user) => ({
      user,
      needs: user.content.role === 'acceptance' ? (['case.submitted'] as const) : [],
    }))
    return [
      ...lacking(format, 'FORMAT_NO_OUTBOUND', 'outbound', receivers, types.outbound),
      ...lacking(format, 'FORMAT_NO_INBOUND', 'inbound', senders, types.inbound),
    ]
  })
}

/** Every acceptance system can be an origin; who decides and who gets copies is in the routes. */
function rolesOf(
  systems: TopologyFiles['systems'],
  routes: TopologyFiles['routes'],
): ReadonlyMap<string, ReadonlySet<PartyRole>> {
  const acceptance = systems
    .filter(({ content }) => content.role === 'acceptance')
    .map(({ content }) => content.id)
  const roles = new Map<string, Set<PartyRole>>()
  const give = (named: string, role: PartyRole): void => {
    for (const id of named === JURISDICTION ? acceptance : [named])
      roles.set(id, (roles.get(id) ?? new Set()).add(role))
  }
  give(JURISDICTION, 'origin')
  for (const { decides, copies } of routes.flatMap(({ content }) => content.routes)) {
    give(decides, 'decider')
    for (const copy of copies) give(copy, 'copy')
  }
  return roles
}

function unknown(
  format: string,
  users: readonly ConfigFile<System>[],
  formats: ReadonlyMap<string, FormatTypes>,
): ConfigFault {
  const reason = `There is no sound format ${format}${alsoUsedBy(users)}.`
  return faultAt(
    users,
    'FORMAT_UNKNOWN',
    reason,
    `Correct the name or the package; sound are: ${[...formats.keys()].join(', ')}.`,
  )
}

function lacking(
  format: string,
  code: string,
  direction: 'outbound' | 'inbound',
  users: readonly { readonly user: ConfigFile<System>; readonly needs: readonly MessageType[] }[],
  has: ReadonlySet<MessageType>,
): ConfigFault[] {
  const concerned = users.filter(({ needs }) => needs.some((type) => !has.has(type)))
  if (concerned.length === 0) return []
  const missing = [...new Set(concerned.flatMap(({ needs }) => needs.filter((type) => !has.has(type))))]
  const affected = concerned.map(({ user }) => user)
  const reason = `Format ${format} has no ${direction} mapping for ${missing.join(', ')}, which this system's part in cases needs${alsoUsedBy(affected)}.`
  const where = direction === 'outbound' ? 'out' : 'in'
  return [
    faultAt(
      affected,
      code,
      reason,
      `Add the mapping to mappings/${format}/${where}/, or choose another format.`,
    ),
  ]
}

function faultAt(
  users: readonly ConfigFile<System>[],
  code: string,
  reason: string,
  remedy: string,
): ConfigFault {
  return { file: users[0]?.file ?? '', path: '/format', code, reason, remedy }
}

function alsoUsedBy(users: readonly ConfigFile<System>[]): string {
  const others = users.slice(1).map(({ content }) => content.id)
  return others.length === 0 ? '' : ` (nor for ${others.join(', ')})`
}
