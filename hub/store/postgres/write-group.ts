/**
 * Group commit. Requests that are asked for in the same turn of the event loop, and those that come while all groups
 * are under way, share one transaction: few trips, and one flush of the disk. An idle store adds no delay: the first
 * request goes out at the end of the turn that asked for it.
 */
import { StoreError } from '../../contract/errors.ts'

export type Outcome<Answer> = { readonly value: Answer } | { readonly error: unknown }

export interface WriteGroup<Request, Answer> {
  /** Settles after the transaction of its group is over. Rejects with STORE_CLOSED, unwritten, after `close`. */
  ask(request: Request): Promise<Answer>
  /** Groups that were written since opening, and the requests in them. */
  counts(): { readonly groups: number; readonly requests: number }
  /** Refuses further requests and resolves when those asked for have been settled. Safe twice. */
  close(): Promise<void>
}

export interface GroupLimits<Request> {
  /** Groups under way at the same time, each on a session of its own. */
  readonly groups: number
  /** Most requests of a group. */
  readonly requests: number
  /** Most weight of a group of more than one request; without it requests weigh nothing. */
  readonly weight?: { readonly most: number; of(request: Request): number }
}

interface Entry<Request, Answer> {
  readonly request: Request
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/**
 * @param write writes a group and answers an outcome per request, in order. What it throws is trouble of the store and
 *   rejects everybody in the group; the next group tries afresh.
 */
export function openWriteGroup<Request, Answer>(
  write: (requests: readonly Request[]) => Promise<readonly Outcome<Answer>[]>,
  limits: GroupLimits<Request>,
): WriteGroup<Request, Answer> {
  const idle: (() => void)[] = []
  let queue: Entry<Request, Answer>[] = []
  let scheduled = false
  let underWay = 0
  let closed = false
  let groups = 0
  let requests = 0

  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      while (queue.length > 0 && underWay < limits.groups) void run(take())
    })
  }

  const take = (): readonly Entry<Request, Answer>[] => {
    const size = groupSize(queue, limits)
    const group = queue.slice(0, size)
    queue = queue.slice(size)
    return group
  }

  const run = async (group: readonly Entry<Request, Answer>[]): Promise<void> => {
    underWay += 1
    try {
      const outcomes = await write(group.map(({ request }) => request))
      groups += 1
      requests += group.length
      for (const [index, entry] of group.entries()) {
        const outcome = outcomes[index] as Outcome<Answer>
        if ('error' in outcome) entry.reject(outcome.error)
        else entry.resolve(outcome.value)
      }
    } catch (error) {
      for (const entry of group) entry.reject(error)
    }
    underWay -= 1
    // In a turn of their own, so that callers who ask again on being answered come into the next group together.
    if (queue.length > 0) schedule()
    else if (underWay === 0) for (const done of idle.splice(0)) done()
  }

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (closed) throw new StoreError('STORE_CLOSED', 'The store is closed; nothing was written.')
        queue.push({ request, resolve, reject })
        if (underWay < limits.groups) schedule()
      }),
    counts: () => ({ groups, requests }),
    close: async () => {
      closed = true
      if (queue.length > 0 || underWay > 0) await new Promise<void>((done) => idle.push(done))
    },
  }
}

function groupSize<Request>(
  queue: readonly { readonly request: Request }[],
  { requests, weight }: GroupLimits<Request>,
): number {
  const most = Math.min(queue.length, requests)
  if (weight === undefined) return most
  let sum = 0
  for (const [index, { request }] of queue.entries()) {
    sum += weight.of(request)
    if (index > 0 && sum > weight.most) return Math.min(index, most)
    if (index === most) break
  }
  return most
}
