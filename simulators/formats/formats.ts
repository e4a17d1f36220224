/** Every format that a simulator can speak. A new one is a folder beside this file and a line here. */
import { dropLines } from './drop-lines/drop-lines.ts'
import { exchangeTables } from './exchange-tables/exchange-tables.ts'
import { gatewayJson } from './gateway-json/gateway-json.ts'
import { housingRegistry } from './housing-registry/housing-registry.ts'
import { hrApproveXml } from './hr-approve-xml/hr-approve-xml.ts'
import { mqNotice } from './mq-notice/mq-notice.ts'
import { nationalGateway } from './national-gateway/national-gateway.ts'
import type { PartnerFormat } from './partner-format.ts'
import { pinyinFlat } from './pinyin-flat/pinyin-flat.ts'

const FORMATS: readonly PartnerFormat[] = [
  gatewayJson,
  pinyinFlat,
  housingRegistry,
  nationalGateway,
  mqNotice,
  hrApproveXml,
  dropLines,
  exchangeTables,
]

/** @throws Error where no simulator speaks it */
export function partnerFormat(name: string): PartnerFormat {
  const format = FORMATS.find((known) => known.name === name)
  if (format === undefined)
    throw new Error(
      `No simulator speaks ${name}; known are ${FORMATS.map((known) => known.name).join(', ')}.`,
    )
  return format
}
