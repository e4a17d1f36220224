/**
 * Departments behind a gateway of the national style: JSON in UTF-8; answers HTTP 200 `{code, message, data}` with 200 for
 * taken and 300 for everything else, so that only the words tell a repeat from a refusal.
 */
import { decodeJson } from '../decode-json.ts'
import type { PartnerFormat } from '../partner-format.ts'
import { readRow } from './read.ts'
import { writeRow } from './write.ts'

export const nationalGateway: PartnerFormat = {
  name: 'national-gateway',
  contentType: 'application/json; charset=utf-8',
  write: (letter, envelope) => Buffer.from(JSON.stringify(writeRow(letter, envelope))),
  decode: (body) => decodeJson(body, 'utf-8'),
  read: readRow,
  answer(verdict, { reference, words }) {
    const content = {
      taken: { code: 200, message: '成功', data: { receipt_no: reference } },
      duplicate: { code: 300, message: '数据重复', data: { receipt_no: reference } },
      refused: { code: 300, message: words, data: null },
    }[verdict]
    return { status: 200, body: Buffer.from(JSON.stringify(content)) }
  },
}
