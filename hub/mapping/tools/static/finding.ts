/** What lint reports. Rule names are stable: packages name them in `lint-ok` comments. */

export interface Words {
  readonly zh: string
  readonly en: string
}

export type Severity = 'error' | 'warning'

export interface Finding {
  /** `SOURCE_PATH`, `TARGET_LENGTH` …; FORMAT_… for what the package loader refuses. */
  readonly rule: string
  readonly severity: Severity
  /** `mappings/<format>/in/CASE_APPLY.jsonata`. */
  readonly file: string
  /** Counted from 1; 0 where the finding is about the file as a whole. */
  readonly line: number
  readonly column: number
  /** The part of the expression that it is about; empty where there is none. */
  readonly expression: string
  readonly reason: Words
  readonly remedy: Words
  /** What was probably meant. */
  readonly suggestion?: string
}

/** A finding before it is placed in a file. */
export interface Remark {
  readonly rule: string
  readonly severity: Severity
  readonly reason: Words
  readonly remedy: Words
  readonly suggestion?: string
}

/** By file, line, column and rule; each thing once. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map<string, Finding>()
  for (const finding of findings) {
    const { rule, file, line, column, reason } = finding
    const key = JSON.stringify([file, line, column, rule, reason.en])
    if (!seen.has(key)) seen.set(key, finding)
  }
  return [...seen.values()].sort(
    (one, other) =>
      (one.file < other.file ? -1 : one.file > other.file ? 1 : 0) ||
      one.line - other.line ||
      one.column - other.column ||
      (one.rule < other.rule ? -1 : 1),
  )
}
