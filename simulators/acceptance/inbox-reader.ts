/** A system without an address of its own collects its messages: long poll, take, acknowledge, again. */
import type { Party } from '../party.ts'
import { type HubClient, HubUnreachable } from '../wire/hub-client.ts'

export interface InboxReader {
  /** Ends the poll under way. Safe twice. */
  stop(): void
}

interface Entry {
  readonly deliveryId: string
  readonly messageId: string
  readonly type: string
  readonly caseNo: string
  readonly document: unknown
}

const WAIT_SECONDS = 30
const PAUSE_MS = 200

/** What was taken is acknowledged after it was taken, never before: a poll that breaks off is a message that comes again. */
export function readInbox(
  party: Party,
  client: HubClient,
  onTrouble: (system: string, error: unknown) => void,
): InboxReader {
  const stop = new AbortController()
  const { signal } = stop

  /** Answers whether all that was waiting could be taken. */
  async function round(): Promise<boolean> {
    const answer = await client.call({
      method: 'GET',
      target: `/v1/inbox?limit=50&wait=${WAIT_SECONDS}`,
      signal,
    })
    if (answer.status !== 200)
      throw new HubUnreachable(
        `GET /v1/inbox was answered ${answer.status}: ${answer.body.toString('utf8').slice(0, 300)}`,
      )
    const { entries } = JSON.parse(answer.body.toString('utf8')) as { entries: Entry[] }
    const taken = entries.filter((entry) => takeEntry(entry))
    if (taken.length > 0) {
      const body = Buffer.from(JSON.stringify({ deliveryIds: taken.map(({ deliveryId }) => deliveryId) }))
      await client.call({
        method: 'POST',
        target: '/v1/inbox/ack',
        contentType: 'application/json',
        body,
        signal,
      })
    }
    return taken.length === entries.length
  }

  function takeEntry(entry: Entry): boolean {
    try {
      party.take(entry)
      return true
    } catch (error) {
      onTrouble(party.system.id, error)
      return false
    }
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = party.time.after(PAUSE_MS, end)
      signal.addEventListener('abort', end)
    })
  }

  async function forever(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!(await round())) await pause()
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof HubUnreachable)) onTrouble(party.system.id, error)
        await pause()
      }
    }
  }

  void forever()
  return { stop: () => stop.abort() }
}
