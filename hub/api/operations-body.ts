/** Control documents of operators: JSON, checked against a schema; everything wrong is said at once. */
import type { Request } from 'express'
import { schemaCheck } from '../config/schema-check.ts'
import { IntakeError } from '../contract/errors.ts'
import { DELIVERY_STATES, type DeliveryReason, type DeliveryState } from '../contract/store.ts'
import { readJson } from '../document/read-json.ts'
import { type DeliveryQuery, OWNERS } from '../operations/delivery-query.ts'
import type { Listed } from '../operations/reconciliation-compare.ts'
import { bodyOf } from './partner.ts'

/** Deliveries that one act may touch. */
export const MOST_ACTED_ON = 1000
/** Messages on one partner's list of one day. */
export const MOST_LISTED = 20_000

interface Confirmed {
  readonly dryRun?: boolean
  readonly confirm?: string
  readonly reason?: string
}

export interface ReplayBody extends Confirmed {
  readonly ids?: readonly string[]
  readonly filter?: Omit<DeliveryQuery, 'state'> & {
    readonly state?: DeliveryState | readonly DeliveryState[]
  }
  readonly limit?: number
  /** `current` unless given. */
  readonly mapping?: 'current' | 'original'
}

export interface RedirectBody extends Confirmed {
  readonly from: string
  readonly to: string
  readonly ids?: readonly string[]
  readonly filter?: Omit<NonNullable<ReplayBody['filter']>, 'destination'>
  readonly limit?: number
}

export interface RemapBody extends Confirmed {
  /** Version of the sender's format package; the current one unless given. */
  readonly version?: string
}

export interface CompareBody {
  readonly system: string
  readonly day: string
  readonly messageIds: readonly Listed[]
}

export interface RepairBody extends CompareBody, Confirmed {}

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength })
const object = (properties: object, more: object = {}) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...more,
})
const state = { enum: DELIVERY_STATES }
const confirmed = { dryRun: { type: 'boolean' }, confirm: text(200), reason: text(500) }
const day = {
  system: text(40),
  day: { type: 'string', format: 'date' },
  messageIds: {
    type: 'array',
    maxItems: MOST_LISTED,
    items: object({ id: text(100), externalId: text(100) }, { minProperties: 1 }),
  },
}
const ofDay = { required: ['system', 'day', 'messageIds'] }

const ids = { type: 'array', minItems: 1, maxItems: MOST_ACTED_ON, items: text(100) }
const filter = {
  state: { anyOf: [state, { type: 'array', minItems: 1, items: state }] },
  caseNo: text(50),
  owner: { enum: OWNERS satisfies readonly DeliveryReason['owner'][] },
  code: text(60),
}
const REPLAY = object({
  ids,
  filter: object({ ...filter, destination: text(40) }),
  limit: { type: 'integer', minimum: 1, maximum: MOST_ACTED_ON },
  mapping: { enum: ['current', 'original'] },
  ...confirmed,
})
const REDIRECT = object(
  {
    from: text(40),
    to: text(40),
    ids,
    filter: object(filter),
    limit: { type: 'integer', minimum: 1, maximum: MOST_ACTED_ON },
    ...confirmed,
  },
  { required: ['from', 'to'] },
)
const REMAP = object({ version: text(100), ...confirmed })
const CANCEL = object({ reason: text(500) }, { required: ['reason'] })
const MARK = object({ reason: text(500), reference: text(100) }, { required: ['reason'] })
const COMPARE = object(day, ofDay)
const REPAIR = object({ ...day, ...confirmed }, ofDay)

export const replayBody = (request: Request) => read(request, REPLAY) as ReplayBody
export const redirectBody = (request: Request) => read(request, REDIRECT) as RedirectBody
export const remapBody = (request: Request) => read(request, REMAP) as RemapBody
export const cancelBody = (request: Request) => read(request, CANCEL) as { readonly reason: string }
export const markBody = (request: Request) =>
  read(request, MARK) as { readonly reason: string; readonly reference?: string }
export const compareBody = (request: Request) => read(request, COMPARE) as CompareBody
export const repairBody = (request: Request) => read(request, REPAIR) as RepairBody

/** Which half of the act it is. @throws IntakeError REQUEST_PARAMETER where it is neither, or both */
export function halfOf({
  dryRun,
  confirm,
  reason,
}: Confirmed): 'dry-run' | { confirm: string; reason: string } {
  if (dryRun === true && confirm === undefined) return 'dry-run'
  if (dryRun === true || confirm === undefined || reason === undefined)
    throw new IntakeError(
      'REQUEST_PARAMETER',
      'Send "dryRun": true first; then the same request with "confirm", the token that it answered, and a "reason".',
    )
  return { confirm, reason }
}

function read(request: Request, schema: object): unknown {
  const body = readJson(Buffer.from(bodyOf(request)).toString('utf8'))
  const faults = schemaCheck(schema, { strict: false })(body, 'body')
  if (faults.length > 0) {
    throw new IntakeError(
      'REQUEST_PARAMETER',
      faults.map(({ path, reason, remedy }) => `body${path}: ${reason} ${remedy}`).join(' '),
    )
  }
  return body
}
