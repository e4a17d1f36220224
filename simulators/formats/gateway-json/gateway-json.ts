/** 统一受理网关: JSON in UTF-8; answers `{head:{code,message}, body:{receiptNo}}` with HTTP 200 whatever it has to say. */
import { decodeJson } from '../decode-json.ts'
import type { PartnerFormat } from '../partner-format.ts'
import { readGateway } from './read.ts'
import { writeGateway } from './write.ts'

const HEADS = {
  taken: { code: '200', message: '成功' },
  duplicate: { code: '409', message: '报文重复' },
  refused: { code: '400', message: '报文有误' },
} as const

export const gatewayJson: PartnerFormat = {
  name: 'gateway-json',
  contentType: 'application/json; charset=utf-8',
  write: (letter, envelope) => Buffer.from(JSON.stringify(writeGateway(letter, envelope))),
  decode: (body) => decodeJson(body, 'utf-8'),
  read: readGateway,
  answer(verdict, { reference, words }) {
    const head = verdict === 'refused' ? { ...HEADS.refused, message: words } : HEADS[verdict]
    return {
      status: 200,
      body: Buffer.from(
        JSON.stringify({ head, body: verdict === 'refused' ? {} : { receiptNo: reference } }),
      ),
    }
  },
}
