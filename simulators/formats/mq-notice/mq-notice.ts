/** The transport authority: whole documents in, thin notices out, the record behind each notice read on demand. JSON in UTF-8. */
import { decodeJson } from '../decode-json.ts'
import type { PartnerFormat } from '../partner-format.ts'
import { readTransport } from './read.ts'
import { noticeOf, recordOf } from './write.ts'

const CODES = { taken: 0, duplicate: 1, refused: 9 } as const

export const mqNotice: PartnerFormat = {
  name: 'mq-notice',
  contentType: 'application/json; charset=utf-8',
  write: (letter, envelope) => Buffer.from(JSON.stringify(noticeOf(letter, envelope))),
  decode: (body) => decodeJson(body, 'utf-8'),
  read: readTransport,
  answer: (verdict, { words }) => ({
    status: 200,
    body: Buffer.from(JSON.stringify({ code: CODES[verdict], msg: words })),
  }),
  amqp: {
    incomingKey: 'case.#',
    routingKey: (letter, { sender }) => `notice.${sender.region}.${letter.type}`,
    messageId: (_letter, { letterNo }) => letterNo,
    detail: (letter, envelope) => ({
      path: noticeOf(letter, envelope).fetch,
      body: Buffer.from(JSON.stringify(recordOf(letter, envelope))),
    }),
  },
}
