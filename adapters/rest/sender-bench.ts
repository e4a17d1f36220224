/** The sending side of this kind's tests: a city platform that posts with the TIF headers, by code of its own. */
import { createHash, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import type { Fate, Sender, SenderBench, Sending } from '../listener-conformance.ts'
import type { RestListenConfig } from './listener.ts'

export const TOKEN = 'SYNTHETIC-TOKEN'
const MAX_BODY_BYTES = 100_000
const PATH = '/gw/411300'

export function tifHeaders(nowMs: number, token = TOKEN): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000))
  const nonce = randomUUID()
  const signature = createHash('sha256').update(timestamp + token + nonce + timestamp)
  return {
    'x-tif-paasid': 'demo-411300',
    'x-tif-timestamp': timestamp,
    'x-tif-nonce': nonce,
    'x-tif-signature': signature.digest('hex').toUpperCase(),
  }
}

class CityPlatform implements Sender<RestListenConfig> {
  readonly config: RestListenConfig = {
    path: PATH,
    verify: { scheme: 'tif', paasid: 'demo-411300', secret: 'TIF_TOKEN' },
    maxBodyBytes: MAX_BODY_BYTES,
  }
  readonly #address: string
  readonly #fates = new Map<string, Fate>()

  constructor(address: string) {
    this.#address = address
  }

  async send({ id, body, contentType }: Sending): Promise<void> {
    this.#fates.set(id, { kind: 'open' })
    void this.#post(body, contentType).then(
      (fate) => this.#fates.set(id, fate),
      () => undefined,
    )
  }

  async #post(body: Uint8Array, contentType: string): Promise<Fate> {
    const response = await fetch(`${this.#address}${PATH}/case/submit`, {
      method: 'POST',
      headers: { ...tifHeaders(Date.now()), 'content-type': contentType },
      body: Buffer.from(body),
    })
    const answer = (await response.json()) as { messageId?: string; title: string; detail?: string }
    if (response.status === 200) return { kind: 'taken', reference: answer.messageId as string }
    if (response.headers.has('retry-after')) return { kind: 'later' }
    return { kind: 'refused', words: answer.detail ?? answer.title }
  }

  async fate(id: string): Promise<Fate> {
    return this.#fates.get(id) ?? { kind: 'open' }
  }

  async cut(): Promise<void> {}

  async mend(): Promise<void> {}

  async stop(): Promise<void> {}
}

export const senderBench: SenderBench<RestListenConfig> = {
  start: async (address) => new CityPlatform(address),
  secrets: { TIF_TOKEN: TOKEN },
  lacks: {
    key: 'no header is trusted that the scheme does not sign; the document’s own id is the key',
    redelivery: 'a request is answered at once; its sender repeats it',
    order: 'requests on several connections have none; a sender that needs order waits for each answer',
    cut: 'the listener is called and calls nobody',
  },
  documents: {
    any: fc
      .record({ id: fc.constant('B'), body: fc.uint8Array({ minLength: 1, maxLength: 60_000, size: 'max' }) })
      .map((document) => ({ ...document, contentType: 'application/octet-stream' })),
    sample: (id) => ({
      id,
      body: Buffer.from(`{"head":{"requestNo":"${id}"},"body":{"applyerPageCode":410101190001010015}}`),
      contentType: 'application/json;charset=UTF-8',
    }),
  },
  tooLarge: (id) => ({ id, body: Buffer.alloc(MAX_BODY_BYTES + 1, 0x20), contentType: 'text/plain' }),
}
