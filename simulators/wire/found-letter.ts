/** Whether the hub has a letter: what a sender asks whose protocol gives it no answer. */
import type { PartnerFormat } from '../formats/partner-format.ts'
import type { Sending } from '../outbox.ts'
import { pause, type Time } from '../time.ts'
import { type HubAnswer, type HubClient, HubUnreachable } from './hub-client.ts'

export interface Search {
  readonly client: HubClient
  readonly time: Time
  readonly format: PartnerFormat
  /** What the partner's own protocol says about a letter that the hub refused; asked with every look. */
  readonly refusal?: () => Promise<string | undefined>
}

/** A real sender waits for minutes before it repeats itself; here nobody is to be spared. */
const PATIENCE_MS = 4_000
const FIRST_LOOK_MS = 25
const LONGEST_LOOK_MS = 400

/**
 * Looks until the letter is there or was refused: the answer that a request at the front door would have had.
 * @throws HubUnreachable where neither came about for a while
 */
export async function awaitLetter(
  { letter, envelope }: Sending,
  { client, time, format, refusal }: Search,
  signal: AbortSignal,
): Promise<HubAnswer> {
  const { caseNo } = envelope
  const externalId = format.externalId?.(letter, envelope) ?? envelope.letterNo
  if (caseNo === undefined) throw new Error(`The letter ${externalId} is about a case without a number.`)
  const giveUpAt = time.now() + PATIENCE_MS
  for (let wait = FIRST_LOOK_MS; time.now() < giveUpAt; wait = Math.min(LONGEST_LOOK_MS, wait * 1.5)) {
    await pause(time, wait, signal)
    const found = await look(client, caseNo, { externalId, type: letter.type }, signal)
    if (found !== undefined) return found
    const words = await refusal?.()
    if (words !== undefined) return refused(words)
  }
  throw new HubUnreachable(`The hub shows no ${externalId} in ${caseNo} after ${PATIENCE_MS} ms.`)
}

/** The hub's no, in the shape that it has at the front door. */
export function refused(words: string): HubAnswer {
  return { status: 422, headers: {}, body: Buffer.from(JSON.stringify({ words })) }
}

/**
 * Undefined where the letter is not there, or the hub cannot say. A number is a letter's own among those of its type: a row
 * that is written again with more in it keeps its number.
 */
async function look(
  client: HubClient,
  caseNo: string,
  wanted: { readonly externalId: string; readonly type: string },
  signal: AbortSignal,
): Promise<HubAnswer | undefined> {
  const target = `/v1/cases/${encodeURIComponent(caseNo)}/messages`
  const answer = await client.call({ method: 'GET', target, signal }).catch((error: unknown) => {
    if (error instanceof HubUnreachable) return undefined
    throw error
  })
  if (answer?.status !== 200) return undefined
  const { messages } = JSON.parse(answer.body.toString('utf8')) as {
    messages: { messageId: string; type: string; sequence: number; externalId?: string }[]
  }
  const found = messages.find(
    ({ externalId, type }) => externalId === wanted.externalId && type === wanted.type,
  )
  if (found === undefined) return undefined
  const { messageId, sequence } = found
  return { status: 202, headers: {}, body: Buffer.from(JSON.stringify({ messageId, caseNo, sequence })) }
}
