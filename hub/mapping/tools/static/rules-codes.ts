/** Code tables: rows that are missing, tables and shared functions that nothing uses. */
import type { Finding } from './finding.ts'
import type { PackageSource, TableSource } from './package-source.ts'
import { nodesOf } from './rules-names.ts'

/** Codes that the declaration lists and the table has no row for. */
export function missingCodes({ name, file, table, declaration }: TableSource): readonly Finding[] {
  const { direction, canonical, partner, without } = declaration
  const line = Math.max(1, ...table.rows.map((row) => row.line)) + 1
  const demand = (
    side: 'canonical' | 'partner',
    codes: readonly string[],
    rows: ReadonlyMap<string, unknown>,
  ): Finding[] =>
    codes
      .filter((code) => !rows.has(code) && without?.[side]?.[code] === undefined)
      .map((code) => ({
        rule: 'CODE_MISSING',
        severity: 'error',
        file,
        line,
        column: 1,
        expression: code,
        reason: {
          zh: `${side === 'canonical' ? '规范代码' : '对方代码'}「${code}」没有对照行`,
          en: `The ${side} code "${code}" has no row`,
        },
        remedy: {
          zh: `补一行，或在 format.yaml 的 codes.${name}.without.${side} 下写明原因`,
          en: `Add a row, or name it with the reason under codes.${name}.without.${side} in format.yaml`,
        },
      }))
  return [
    ...(direction === 'in' ? [] : demand('canonical', (canonical ?? []).map(String), table.toPartner)),
    ...(direction === 'out' ? [] : demand('partner', partner ?? [], table.toCanonical)),
  ]
}

/** Tables and the package's own shared functions that no expression names. */
export function unusedParts(source: PackageSource): readonly Finding[] {
  const named = new Set<string>()
  const used = new Set<string>()
  for (const { ast, uses } of [...source.mappings.map((mapping) => mapping.source), ...source.inline]) {
    for (const { file } of uses) used.add(file)
    if (ast === undefined) return []
    for (const node of nodesOf(ast)) if (node.type === 'string') named.add(String(node.value))
  }
  const tables = source.tables
    .filter(({ name }) => !named.has(name))
    .map(({ name, file }) =>
      unused('CODE_UNUSED', file, {
        zh: `没有映射用到代码表 ${name}`,
        en: `No mapping uses code table ${name}`,
      }),
    )
  const own = [...source.functions.values()]
    .filter(({ file }) => file.startsWith(`mappings/${source.folder}/`) && !used.has(file))
    .map(({ file }) => unusedFunction(file))
  return [...tables, ...own]
}

/** Functions shared by all packages that no package uses. */
export function unusedShared(
  sources: readonly PackageSource[],
  shared: Iterable<string>,
): readonly Finding[] {
  const used = new Set(
    sources.flatMap(({ mappings, inline }) =>
      [...mappings.map(({ source }) => source), ...inline].flatMap(({ uses }) =>
        uses.map(({ file }) => file),
      ),
    ),
  )
  return [...shared]
    .filter((path) => path.endsWith('.jsonata'))
    .map((path) => `mappings/_shared/${path}`)
    .filter((file) => !used.has(file))
    .map(unusedFunction)
}

function unusedFunction(file: string): Finding {
  const name = /(\w+)\.jsonata$/.exec(file)?.[1] ?? ''
  return unused('FUNCTION_UNUSED', file, { zh: `没有映射用到函数 $${name}`, en: `No mapping uses $${name}` })
}

function unused(rule: string, file: string, reason: Finding['reason']): Finding {
  return {
    rule,
    severity: 'warning',
    file,
    line: 1,
    column: 1,
    expression: '',
    reason,
    remedy: { zh: '删除，或用上它', en: 'Remove it, or use it' },
  }
}
