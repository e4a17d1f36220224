/** Everything that can be said against a format package without running it. */
import { checkProfile } from '../../engine/profile.ts'
import { type Finding, inOrder, type Remark } from './finding.ts'
import { bindingsOf, FUNCTION_NAMES, inferMapping, placed, placedAt } from './infer-mapping.ts'
import { withoutSilenced } from './lint-ok.ts'
import { loaderFindings } from './loader-faults.ts'
import type { PackageSource, ParsedSource, Sources } from './package-source.ts'
import { requirementFindings } from './requirements.ts'
import { missingCodes, unusedParts, unusedShared } from './rules-codes.ts'
import { unknownNames } from './rules-names.ts'
import { syntaxTraps } from './rules-syntax.ts'

/** The findings about one package; shared functions of all packages included as far as it uses them. */
export function lintPackage(source: PackageSource): readonly Finding[] {
  const findings: Finding[] = [...loaderFindings(source)]
  for (const { source: text } of source.mappings.filter(({ direction }) => direction === 'in'))
    findings.push(...textFindings(text, bindingsOf('in').keys()))
  for (const { source: text } of source.mappings.filter(({ direction }) => direction === 'out'))
    findings.push(...textFindings(text, bindingsOf('out').keys()))
  for (const text of source.inline) findings.push(...textFindings(text, []))
  for (const mapping of source.mappings) {
    const { remarks, conformity } = inferMapping(mapping, source)
    findings.push(...remarks, ...requirementFindings(conformity?.requirements ?? [], mapping))
  }
  for (const table of source.tables) findings.push(...missingCodes(table))
  findings.push(...unusedParts(source))
  return inOrder(withoutSilenced(findings, textsOf(source)))
}

/** All packages, and what is only seen when all are looked at. */
export function lintAll({ packages, shared }: Sources): readonly Finding[] {
  return inOrder([...packages.flatMap(lintPackage), ...unusedShared(packages, shared.keys())])
}

function textFindings(source: ParsedSource, variables: Iterable<string>): readonly Finding[] {
  const { ast, error, text } = source
  if (error !== undefined) {
    const { code, message, offset } = error
    return [placedAt(notExpression(code, message), Math.max(0, offset), source)]
  }
  if (ast === undefined) return []
  const profile = checkProfile(ast, text).map(({ code, reason, remedy, offset }) =>
    placedAt(
      {
        rule: code,
        severity: 'error',
        reason: { zh: ZH[code] ?? '', en: reason },
        remedy: { zh: '见英文说明', en: remedy },
      },
      offset,
      source,
    ),
  )
  const names = unknownNames(ast, variables, FUNCTION_NAMES).map((found) => placed(found, source))
  return [...profile, ...names, ...syntaxTraps(ast).map((found) => placed(found, source))]
}

const ZH: Readonly<Record<string, string>> = {
  PROFILE_EVAL: '$eval 会把报文里的文本当代码执行，不可用',
  PROFILE_TUPLE: '@、# 和 % 不可用：血缘和编译器都无法跟踪',
  PROFILE_REGEX: '这个正则表达式不能在线性时间内执行',
  PROFILE_SIGNATURE: '函数签名不可用',
}

function notExpression(code: string, message: string): Remark {
  return {
    rule: 'SYNTAX',
    severity: 'error',
    reason: { zh: `表达式有误（${code}）`, en: `${message} (${code})` },
    remedy: { zh: '改正表达式', en: 'Correct the expression' },
  }
}

/** The expressions of a package with the shared functions of all packages that it uses, by file. */
function textsOf({ folder, files, shared, mappings }: PackageSource): ReadonlyMap<string, string> {
  const used = new Set(mappings.flatMap(({ source }) => source.uses.map(({ file }) => file)))
  const own = [...files]
    .filter(([path]) => path.endsWith('.jsonata'))
    .map(([path, text]): [string, string] => [`mappings/${folder}/${path}`, text])
  const common = [...shared]
    .map(([path, text]): [string, string] => [`mappings/_shared/${path}`, text])
    .filter(([file]) => used.has(file))
  return new Map([...own, ...common])
}
