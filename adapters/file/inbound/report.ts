/** The `.err` beside a file: what was refused of it and why, for the people who sent it. */
import iconv from 'iconv-lite'
import type { InboundOutcome } from '../../../hub/contract/listener.ts'
import { FILE_PROBLEMS, type FileProblem, type FileProblemCode } from './problem.ts'
import type { Charset } from './settings.ts'

/** One thing wrong. */
export interface ReportRow {
  /** From 1; absent for what concerns the file as a whole. */
  readonly line?: number
  /** What the sender calls the line: its number in the file, never a name or an identity number. */
  readonly id?: string
  readonly code: string
  /** In the sender's own document. */
  readonly field?: string
  readonly zh: string
  readonly en: string
}

export interface ReportCounts {
  readonly details: number
  readonly accepted: number
  readonly refused: number
}

/** Rows beyond this many are counted and left out: a file that is wrong in every line is wrong in the same way. */
export const MOST_ROWS = 10_000

const COLUMNS = ['行号', '编号', '代码', '字段', '原因', 'reason']

/** What becomes of an outcome that is no acceptance: a row for each fault. */
export function rowsOf(
  outcome: Exclude<InboundOutcome, { kind: 'accepted' }>,
  place: Pick<ReportRow, 'line' | 'id'>,
): ReportRow[] {
  const { code, title, words } = outcome
  const faults = outcome.kind === 'refused' ? outcome.faults : []
  if (faults.length === 0)
    return [{ ...place, code, zh: title.zh === words ? words : `${title.zh}：${words}`, en: title.en }]
  return faults.map((fault) => ({
    ...place,
    code: fault.code,
    ...(fault.source === undefined ? {} : { field: fault.source }),
    zh: fault.reason.zh,
    en: fault.reason.en,
  }))
}

export function problemRow({ code, line, detail }: FileProblem): ReportRow {
  return { ...(line === undefined ? {} : { line }), ...textOf(code, detail), code }
}

export function textOf(
  code: FileProblemCode,
  detail?: { readonly zh: string; readonly en: string },
): Pick<ReportRow, 'zh' | 'en'> {
  const { zh, en } = FILE_PROBLEMS[code]
  return detail === undefined ? { zh, en } : { zh: `${zh}：${detail.zh}`, en: `${en}: ${detail.en}` }
}

/** `counts` absent: the file was refused as a whole. */
export function reportBytes(
  name: string,
  rows: readonly ReportRow[],
  counts: ReportCounts | undefined,
  charset: Charset,
): Buffer {
  const about =
    counts === undefined
      ? '整份退回，未接收任何内容 / refused as a whole, nothing of it was taken'
      : `明细 ${counts.details} 条，接收 ${counts.accepted} 条，退回 ${counts.refused} 条 / ${counts.details} detail lines, ${counts.accepted} taken, ${counts.refused} refused`
  const lines = [
    `# ${name}`,
    `# ${about}`,
    ...(rows.length > MOST_ROWS ? [`# 仅列前 ${MOST_ROWS} 项 / only the first ${MOST_ROWS} are listed`] : []),
    COLUMNS.join('|'),
    ...rows
      .slice(0, MOST_ROWS)
      .map(({ line, id, code, field, zh, en }) =>
        [line, id, code, field, zh, en].map((cell) => cellText(cell ?? '')).join('|'),
      ),
  ]
  return encoded(`${lines.join('\r\n')}\r\n`, charset)
}

function cellText(cell: string | number): string {
  return String(cell)
    .replaceAll('|', '｜')
    .replace(/\p{Cc}+/gu, ' ')
}

/** A character that the set lacks is written as its number: `?` would read as the sender's own mistake. */
function encoded(text: string, charset: Charset): Buffer {
  const bytes = iconv.encode(text, charset)
  if (iconv.decode(bytes, charset) === text) return bytes
  const spelt = [...text].map((character) =>
    iconv.decode(iconv.encode(character, charset), charset) === character
      ? character
      : `&#x${(character.codePointAt(0) as number).toString(16).toUpperCase()};`,
  )
  return iconv.encode(spelt.join(''), charset)
}
