/** 拼音扁平报文: JSON in GB 18030 both ways; answers `{STATUS, DESC, TIME, DATA:{YWLSH}}`. */
import iconv from 'iconv-lite'
import { compact } from '../../beijing.ts'
import { decodeJson } from '../decode-json.ts'
import type { PartnerFormat } from '../partner-format.ts'
import { readPinyin } from './read.ts'
import { writePinyin } from './write.ts'

const STATUSES = { taken: '200', duplicate: '201', refused: '400' } as const

export const pinyinFlat: PartnerFormat = {
  name: 'pinyin-flat',
  contentType: 'application/json; charset=gb18030',
  write: (letter, envelope) => encoded(writePinyin(letter, envelope)),
  decode: (body) => decodeJson(body, 'gb18030'),
  read: readPinyin,
  answer(verdict, { reference, words, nowMs }) {
    const data = verdict === 'refused' ? {} : { YWLSH: reference }
    return {
      status: 200,
      body: encoded({ STATUS: STATUSES[verdict], DESC: words, TIME: compact(nowMs), DATA: data }),
    }
  },
}

function encoded(document: object): Buffer {
  return iconv.encode(JSON.stringify(document), 'gb18030')
}
