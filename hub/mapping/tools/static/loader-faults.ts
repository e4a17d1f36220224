/** What the package loader refuses, as findings. */
import type { ConfigFault } from '../../../contract/errors.ts'
import { loadPackage } from '../../load-package.ts'
import type { Finding } from './finding.ts'
import type { PackageSource } from './package-source.ts'

/** Found by lint itself, with a better place or a suggestion. */
const OWN = new Set(['FORMAT_CODE_MISSING', 'FORMAT_VARIABLE', 'FORMAT_EXPRESSION'])

export function loaderFindings({
  folder,
  files,
  shared,
  canonicalSchemas,
  partnerSchemas,
  partnerFault,
}: PackageSource): readonly Finding[] {
  if (partnerFault !== undefined) {
    const file = `schemas/formats/${folder}/messages.schema.json`
    const reason = `The file is not JSON: ${partnerFault}.`
    return [
      asFinding({ file, path: '', code: 'FORMAT_SCHEMA_NOT_JSON', reason, remedy: 'Correct the file.' }),
    ]
  }
  const { faults } = loadPackage({
    folder,
    files,
    shared,
    canonicalSchemas,
    ...(partnerSchemas === undefined ? {} : { partnerSchemas }),
  })
  return faults.filter(({ code }) => !OWN.has(code)).map(asFinding)
}

function asFinding({ file, path, code, reason, remedy }: ConfigFault): Finding {
  const inExpression = /^Line (\d+), column (\d+): (.*)$/s.exec(reason)
  const inFile = /^(.*):(\d+)$/.exec(file)
  return {
    rule: code,
    severity: 'error',
    file: inFile?.[1] ?? file,
    line: Number(inExpression?.[1] ?? inFile?.[2] ?? 0),
    column: Number(inExpression?.[2] ?? (inFile === null ? 0 : 1)),
    expression: path,
    reason: { zh: ZH[code] ?? '格式包有误', en: inExpression?.[3] ?? reason },
    remedy: { zh: '见英文说明', en: remedy },
  }
}

const ZH: Readonly<Record<string, string>> = {
  FORMAT_CODE_AMBIGUOUS: '一个代码有多个对照，须在 preferred 列指明一个',
  FORMAT_CODE_CANONICAL: '所指的规范代码表不存在',
  FORMAT_CODE_DUPLICATE: '对照行重复',
  FORMAT_CODE_HEADER: '代码表首行不是规定的列名',
  FORMAT_CODE_ROW: '代码表的行有误',
  FORMAT_CODE_TABLE: '代码表不存在，或不用于该方向',
  FORMAT_CODE_UNKNOWN: '不是该表的规范代码',
  FORMAT_DATE_SHAPE: '没有这种日期形式',
  FORMAT_FILE_MISSING: '缺少文件',
  FORMAT_FILE_UNLISTED: 'format.yaml 没有登记这个文件',
  FORMAT_ID: '格式标识与文件夹名不同',
  FORMAT_SCHEMA_NOT_JSON: '对方模式文件不是 JSON',
  FORMAT_TYPE_UNKNOWN: '没有这种消息类型',
}
