/**
 * `/* lint-ok RULE: reason *\/` silences one rule on its own line; alone on a line, on the next one. The reason is not
 * optional, and a comment that silences nothing is itself remarked on.
 */
import { positionAt } from '../../engine/position.ts'
import type { Finding } from './finding.ts'

interface Silence {
  readonly rule: string
  readonly reason: string
  readonly file: string
  readonly line: number
  readonly column: number
  /** The line that it is about. */
  readonly about: number
}

const COMMENT = /\/\*\s*lint-ok\b\s*([A-Z_]*)\s*:?\s*([\s\S]*?)\s*\*\//g

function silencesIn(file: string, text: string): readonly Silence[] {
  return [...text.matchAll(COMMENT)].map(({ 0: whole, 1: rule = '', 2: reason = '', index }) => {
    const { line, column } = positionAt(text, index)
    const end = positionAt(text, index + whole.length)
    const before = text.slice(text.lastIndexOf('\n', index) + 1, index)
    const after = text.slice(index + whole.length).split('\n', 1)[0] ?? ''
    const alone = before.trim() === '' && after.trim() === ''
    return { rule, reason, file, line, column, about: alone ? end.line + 1 : end.line }
  })
}

/** The findings that are left, with what is wrong about the comments themselves. `texts` by file. */
export function withoutSilenced(
  findings: readonly Finding[],
  texts: ReadonlyMap<string, string>,
): readonly Finding[] {
  const silences = [...texts].flatMap(([file, text]) => silencesIn(file, text))
  const idle = new Set(silences.filter(({ rule, reason }) => rule !== '' && reason !== ''))
  const left = findings.filter((finding) => {
    const silence = silences.find(
      ({ rule, reason, file, about }) =>
        reason !== '' && rule === finding.rule && file === finding.file && about === finding.line,
    )
    if (silence !== undefined) idle.delete(silence)
    return silence === undefined
  })
  const wrong = silences
    .filter(({ rule, reason }) => rule === '' || reason === '')
    .map((silence) =>
      about(silence, 'LINT_OK_REASON', 'error', {
        zh: 'lint-ok 须写明规则和原因',
        en: 'lint-ok needs a rule and a reason',
      }),
    )
  const useless = [...idle].map((silence) =>
    about(silence, 'LINT_OK_IDLE', 'warning', {
      zh: `${silence.rule} 在第 ${silence.about} 行没有可静默的问题`,
      en: `There is no ${silence.rule} to silence on line ${silence.about}`,
    }),
  )
  return [...left, ...wrong, ...useless]
}

function about(
  { file, line, column, rule }: Silence,
  own: string,
  severity: Finding['severity'],
  reason: Finding['reason'],
): Finding {
  return {
    rule: own,
    severity,
    file,
    line,
    column,
    expression: rule,
    reason,
    remedy: {
      zh: '写成 lint-ok 规则: 原因，或删除这条注释',
      en: 'Write lint-ok RULE: reason, or remove the comment',
    },
  }
}
