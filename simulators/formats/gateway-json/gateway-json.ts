/** 统一受理网关: JSON in UTF-8; answers `{head:{code,message}, body:{receiptNo}}` with HTTP 200 whatever it has to say. */
import type { Answer, PartnerFormat } from '../partner-format.ts'
import { readGateway } from './read.ts'
import { writeGateway } from './write.ts'

export const gatewayJson: PartnerFormat = {
  name: 'gateway-json',
  contentType: 'application/json; charset=utf-8',
  write: (letter, envelope) => Buffer.from(JSON.stringify(writeGateway(letter, envelope))),
  read: readGateway,
  taken: (reference) => answer('200', '成功', reference),
  duplicate: (reference) => answer('409', '报文重复', reference),
  refused: (words) => answer('400', words),
}

function answer(code: string, message: string, receiptNo?: string): Answer {
  return {
    status: 200,
    body: JSON.stringify({ head: { code, message }, body: receiptNo === undefined ? {} : { receiptNo } }),
  }
}
