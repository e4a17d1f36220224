/**
 * What a format brings back of what it carries: canonical → partner → canonical, path by path, over made-up messages
 * and the package's own cases. A path that does not come back as it was is a finding unless format.yaml declares the
 * loss (`lossy`) with a reason.
 */
import type { Message, MessageType } from '../../contract/message.ts'
import type { CanonicalSchemas } from '../canonical-schemas.ts'
import { caseTitles, readCase } from '../case-files.ts'
import type { LoadedPackage } from '../load-package.ts'
import { carry, completed, isWithin } from '../round-trip.ts'
import { type FastCheck, type Generation, generateMessages } from './canonical-arbitrary.ts'
import { generalPath, leavesOf } from './leaves.ts'

export interface PathTrip {
  readonly type: MessageType
  /** `data.materials[].paper.carrier`. */
  readonly path: string
  /** How often the value came back as it was, as another one, not at all, and how often one came that was not sent. */
  readonly identical: number
  readonly changed: number
  readonly lost: number
  readonly added: number
  /** The reason in format.yaml, where this loss is by design. */
  readonly declared?: string
  /** The first value that was not brought back as it was. */
  readonly example?: { readonly sent?: unknown; readonly back?: unknown }
}

export interface RoundTripReport {
  readonly sent: number
  /** Messages that came back; the others have no way back, or a code that has no counterpart on purpose. */
  readonly back: number
  readonly paths: readonly PathTrip[]
  /** Declared losses that did not happen although messages of the type came back. */
  readonly idle: readonly { readonly type: MessageType; readonly path: string }[]
  /** What kept messages from going or coming: with the number of messages. */
  readonly problems: readonly { readonly words: string; readonly messages: number }[]
}

type Counted = { -readonly [Key in keyof PathTrip]: PathTrip[Key] }

/** Messages of stored cases come first, then the made-up ones. */
export async function roundTripReport(
  format: LoadedPackage,
  schemas: CanonicalSchemas,
  fc: FastCheck | undefined,
  generation: Generation,
): Promise<RoundTripReport> {
  const paths = new Map<string, Counted>()
  const problems = new Map<string, number>()
  const types = new Set<MessageType>()
  let sent = 0
  let back = 0
  for (const type of format.outbound.keys()) {
    const generated = fc === undefined ? [] : generateMessages(fc, type, schemas, generation)
    for (const message of [...storedMessages(format, type), ...generated]) {
      sent++
      const carried = await carry(format, message)
      for (const problem of new Set(carried.problems.map(withoutPlaces))) {
        const words = `${type}: ${problem}`
        problems.set(words, (problems.get(words) ?? 0) + 1)
      }
      if (carried.data === undefined) continue
      back++
      types.add(type)
      compare(message.data, carried.data, (path, verdict, example) => {
        const known = paths.get(`${type} ${path}`) ?? blank(format, type, path)
        paths.set(`${type} ${path}`, known)
        known[verdict]++
        if (verdict !== 'identical') known.example ??= example
      })
    }
  }
  const found = [...paths.values()]
  const idle = format.declaration.lossy
    .filter(
      (loss) =>
        types.has(loss.type) &&
        !found.some((trip) => trip.type === loss.type && isWithin(trip.path, loss.path) && !isWhole(trip)),
    )
    .map(({ type, path }) => ({ type, path }))
  return {
    sent,
    back,
    paths: found,
    idle,
    problems: [...problems].map(([words, messages]) => ({ words, messages })),
  }
}

/** Came back unchanged every time. */
export function isWhole({ changed, lost, added }: PathTrip): boolean {
  return changed + lost + added === 0
}

function blank(format: LoadedPackage, type: MessageType, path: string): Counted {
  const loss = format.declaration.lossy.find((one) => one.type === type && isWithin(path, one.path))
  return {
    type,
    path,
    identical: 0,
    changed: 0,
    lost: 0,
    added: 0,
    ...(loss === undefined ? {} : { declared: loss.reason }),
  }
}

/**
 * The canonical messages that the package's own cases show: what goes out, and what came in. Cases that are refused on
 * purpose are left out.
 */
export function storedMessages(format: LoadedPackage, type: MessageType): readonly Message[] {
  return caseTitles(format.cases).flatMap((title) => {
    const read = readCase(format.cases, title)
    // The case runner tells of files that cannot be read.
    if ('problems' in read || read.stored.expected === undefined) return []
    const { file, input, expected } = read.stored
    if (file.direction === 'out') {
      const message = input.kind === 'document' ? (input.document as Partial<Message>) : {}
      return message.type === type ? [message as Message] : []
    }
    if (file.direction !== 'in' || format.inbound.get(file.message ?? '')?.type !== type) return []
    const { data } = (expected.kind === 'document' ? expected.document : {}) as { readonly data?: unknown }
    return data === undefined ? [] : [messageOf(type, data)]
  })
}

function messageOf(type: MessageType, data: unknown): Message {
  const time = '2026-10-09T09:00:00+08:00'
  return completed({
    specversion: '1.0',
    id: '01993a1e-7c00-7abc-8def-0123456789ab',
    source: '/systems/city-411300',
    type,
    subject: '41130020260930000017',
    time,
    datacontenttype: 'application/json',
    dataschema: `urn:hub:canonical:${type}:1`,
    data,
    sequence: 1,
    recordedat: time,
  } as unknown as Message)
}

type Verdict = 'identical' | 'changed' | 'lost' | 'added'

function compare(
  sent: unknown,
  back: unknown,
  note: (path: string, verdict: Verdict, example: NonNullable<PathTrip['example']>) => void,
): void {
  const before = leavesOf({ data: sent })
  const after = leavesOf({ data: back })
  for (const [path, value] of before) {
    const general = generalPath(path)
    if (!after.has(path)) note(general, 'lost', { sent: value })
    else if (after.get(path) === value) note(general, 'identical', { sent: value, back: value })
    else note(general, 'changed', { sent: value, back: after.get(path) })
  }
  for (const [path, value] of after) if (!before.has(path)) note(generalPath(path), 'added', { back: value })
}

/** The same trouble at another index or length is the same trouble. */
function withoutPlaces(problem: string): string {
  return problem.replaceAll(/\d+/g, '#')
}
