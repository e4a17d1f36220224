/**
 * The content store in an S3-speaking object store: one object for each content, under its SM3. A content goes up in one request
 * whose SHA-256 the store checks, so that nothing is there half or damaged; 5 GiB is the most that S3 takes so.
 */
import { createReadStream } from 'node:fs'
import { request as askHttp, type ClientRequest, Agent as HttpAgent, type IncomingMessage } from 'node:http'
import { request as askHttps, Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Clock } from '../../hub/contract/clock.ts'
import type { ByteRange, ContentStore } from '../../hub/contract/content-store.ts'
import { StoreError } from '../../hub/contract/errors.ts'
import { type ObjectKey, signed } from './signature-v4.ts'

/** Largest content, bytes: what one PUT of S3 takes. */
export const MOST_OBJECT_BYTES = 5 * 1024 ** 3

const NOTHING_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
/** Without a byte in either direction. */
const IDLE_MS = 60_000
const MOST_CONNECTIONS = 32
/** Of an error's own words, which are XML. */
const MOST_WORDS = 2_000

export interface ObjectStoreOptions {
  /** `https://host:port/bucket`, with a prefix behind the bucket where it is shared. */
  readonly url: string
  readonly key: ObjectKey
  readonly clock: Pick<Clock, 'now'>
}

interface Request {
  readonly method: 'GET' | 'HEAD' | 'PUT'
  readonly name: string
  readonly headers?: Readonly<Record<string, string>>
  /** A file to send. */
  readonly file?: { readonly path: string; readonly sha256: string; readonly size: number }
}

/** Opens nothing before it is asked; `probe` tells whether bucket and key are right. */
export function openObjectStore({ url, key, clock }: ObjectStoreOptions): ContentStore {
  const base = url.replace(/\/+$/, '')
  const [ask, Agent] = base.startsWith('https:') ? [askHttps, HttpsAgent] : [askHttp, HttpAgent]
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS })

  /** Answers once the head of the answer is there; the body is still to be read. */
  async function exchange({ method, name, headers = {}, file }: Request): Promise<IncomingMessage> {
    const address = new URL(`${base}/${name}`)
    const bodySha256 = file?.sha256 ?? NOTHING_SHA256
    const signedHeaders = signed({ method, url: address, bodySha256, headers }, key, clock.now())
    const length = file === undefined ? {} : { 'content-length': file.size }
    const asking = ask(address, { method, agent, headers: { ...signedHeaders, ...length }, timeout: IDLE_MS })
    asking.on('timeout', () => asking.destroy(new Error(`no sign of life for ${IDLE_MS} ms`)))
    const answer = answerTo(asking)
    if (file === undefined) asking.end()
    else {
      // It may refuse and hang up before it has read everything: then its answer counts, not the broken pipe.
      pipeline(createReadStream(file.path), asking).catch((error: unknown) => asking.destroy(error as Error))
    }
    try {
      return await answer
    } catch (error) {
      throw away(base, (error as Error).message, error)
    }
  }

  return {
    name: `object store ${base}`,
    async take({ path, sm3, sha256, size }) {
      if (size > MOST_OBJECT_BYTES)
        throw new StoreError('STORE_FULL', `An object has ${MOST_OBJECT_BYTES} bytes at most.`)
      const there = await exchange({ method: 'HEAD', name: nameOf(sm3) })
      there.resume()
      if (there.statusCode === 200 && Number(there.headers['content-length']) === size) return
      await mustBe(
        base,
        await exchange({ method: 'PUT', name: nameOf(sm3), file: { path, sha256, size } }),
        200,
      )
    },
    async open(sm3, range) {
      const headers = range === undefined ? {} : { range: `bytes=${range.first}-${range.last}` }
      const answer = await exchange({ method: 'GET', name: nameOf(sm3), headers })
      if (answer.statusCode === 404) {
        answer.resume()
        throw new StoreError(
          'STORE_UNAVAILABLE',
          `The content ${sm3} is on record, but gone from the object store: restore it from the backup.`,
        )
      }
      await mustBe(base, answer, range === undefined ? 200 : 206)
      return wholeOf(answer, range)
    },
    async probe() {
      // Whether there is such an object does not matter: to be told so takes the bucket and the right to read it.
      const answer = await exchange({ method: 'HEAD', name: nameOf('0'.repeat(64)) })
      if (answer.statusCode === 404) answer.resume()
      else await mustBe(base, answer, 200)
    },
    async close() {
      agent.destroy()
    },
  }
}

function nameOf(sm3: string): string {
  // It becomes part of an address; nothing but a digest may ever come here.
  if (!/^[0-9a-f]{64}$/.test(sm3)) throw new Error('not an SM3 in hex')
  return `sm3/${sm3.slice(0, 2)}/${sm3}`
}

function answerTo(asking: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asking.once('response', resolve)
    // Stays for what comes after the answer: the reader of the body hears of that.
    asking.on('error', reject)
  })
}

/** Throws `StoreError` for every other status. Leaves the body of the right one alone. */
async function mustBe(base: string, answer: IncomingMessage, status: number): Promise<void> {
  if (answer.statusCode === status) {
    if (answer.headers['content-length'] === '0') answer.resume()
    return
  }
  const words = await wordsOf(answer)
  const code = /<Code>([\w.]{1,80})<\/Code>/.exec(words)?.[1] ?? ''
  if (answer.statusCode === 507 || /Full|Quota|EntityTooLarge/.test(code))
    throw new StoreError('STORE_FULL', `The object store ${base} has no room: ${code || answer.statusCode}.`)
  throw away(base, `it answered ${answer.statusCode} ${code}`.trim())
}

/** Best effort: who refuses a large body early may hang up before all its words have come. */
async function wordsOf(answer: IncomingMessage): Promise<string> {
  let words = ''
  try {
    for await (const chunk of answer) if (words.length < MOST_WORDS) words += String(chunk)
  } catch {}
  return words
}

/** The body, if it is as long as it has to be: a store that sends another part would be believed otherwise. */
function wholeOf(answer: IncomingMessage, range: ByteRange | undefined): Readable {
  const length = Number(answer.headers['content-length'])
  if (range === undefined || length === range.last - range.first + 1) return answer
  answer.destroy()
  throw new StoreError('STORE_UNAVAILABLE', `The object store sent ${length} bytes in place of a range.`)
}

function away(base: string, why: string, cause?: unknown): StoreError {
  return new StoreError('STORE_UNAVAILABLE', `The object store ${base} did not do it: ${why}`, { cause })
}
