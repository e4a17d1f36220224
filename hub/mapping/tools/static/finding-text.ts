/** Findings as people read them: one paragraph each. */
import type { Finding } from './finding.ts'

export function findingLines({
  rule,
  severity,
  file,
  line,
  column,
  expression,
  reason,
  remedy,
}: Finding): readonly string[] {
  const place = line === 0 ? file : `${file}:${line}:${column}`
  return [
    `${severity === 'error' ? '✗' : '!'} ${place}  ${rule}`,
    ...(expression === '' ? [] : [`    ${expression}`]),
    `    ${reason.zh} / ${reason.en}`,
    `    → ${remedy.zh} / ${remedy.en}`,
  ]
}

export function summaryLine(findings: readonly Finding[], checked: readonly string[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const mark = errors > 0 ? '✗' : '✓'
  return `${mark} ${checked.join(', ')}: ${errors} error(s), ${findings.length - errors} warning(s)`
}
