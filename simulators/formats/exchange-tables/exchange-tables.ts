/** The natural resources authority: rows in a front database, in both directions. Every value is a text or null. */
import { decodeJson } from '../decode-json.ts'
import type { PartnerFormat } from '../partner-format.ts'
import { identifyRow, readRow } from './read.ts'
import { INCOMING, OUTGOING, statements } from './tables.ts'
import { numberOf, reportOf } from './write.ts'

export const exchangeTables: PartnerFormat = {
  name: 'exchange-tables',
  contentType: 'application/json; charset=utf-8',
  write: (letter, envelope) => Buffer.from(JSON.stringify({ rows: [reportOf(letter, envelope)] })),
  decode: (body) => decodeJson(body, 'utf-8'),
  read: readRow,
  // Nobody is answered in tables: the reader's flag says it.
  answer: (verdict) => ({ status: 200, body: Buffer.from(JSON.stringify({ verdict })) }),
  externalId: numberOf,
  table: { statements, incoming: INCOMING, outgoing: OUTGOING, identify: identifyRow },
}
