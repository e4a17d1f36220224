/** 建设执业资格注册管理系统: JSON in UTF-8; answers `{result:{code, message, regNo}}`. */
import { decodeJson } from '../decode-json.ts'
import type { PartnerFormat } from '../partner-format.ts'
import { readRegistry } from './read.ts'
import { writeRegistry } from './write.ts'

const CODES = { taken: 'OK', duplicate: 'DUPLICATE', refused: 'REFUSED' } as const

export const housingRegistry: PartnerFormat = {
  name: 'housing-registry',
  contentType: 'application/json; charset=utf-8',
  write: (letter, envelope) => Buffer.from(JSON.stringify(writeRegistry(letter, envelope))),
  decode: (body) => decodeJson(body, 'utf-8'),
  read: readRegistry,
  answer(verdict, { reference, words }) {
    const result = { code: CODES[verdict], message: words, regNo: verdict === 'refused' ? '' : reference }
    return { status: 200, body: Buffer.from(JSON.stringify({ result })) }
  },
}
