/**
 * A code table: which partner code stands for which canonical code. Total and exact, never a default: a code that
 * is not in the table is refused (`CODE_UNMAPPED`), because the same value means opposite things in different
 * systems (four code books for "final result" disagree).
 *
 * `codes/<table>.csv`: `partner,canonical,label,note`, and `preferred` where one code has several counterparts:
 * `in` = what the partner's code means when read, `out` = what is written for the canonical code, `both`.
 */
import type { ConfigFault } from '../contract/errors.ts'
import { readCsv } from './csv.ts'

export interface CodeTable {
  readonly name: string
  /** Partner code → canonical code; a boolean where the declaration lists true and false. */
  readonly toCanonical: ReadonlyMap<string, string | boolean>
  readonly toPartner: ReadonlyMap<string, string>
  readonly rows: readonly CodeRow[]
  /** Told to whoever sends, or is to be sent, a code that has no counterpart on purpose. */
  readonly without?: CodesWithout
}

export interface CodeRow {
  readonly line: number
  readonly partner: string
  readonly canonical: string
  readonly label: string
  readonly preferred: '' | 'in' | 'out' | 'both'
}

/** Codes that have no counterpart on purpose, with the reason, by side. */
export interface CodesWithout {
  readonly canonical?: Readonly<Record<string, string>>
  readonly partner?: Readonly<Record<string, string>>
}

/** What format.yaml declares about a table (`codes.<table>`). */
export interface CodeTableDeclaration {
  readonly direction: 'in' | 'out' | 'both'
  /** Every canonical value that can occur; each needs a row in an outgoing table. */
  readonly canonical?: readonly (string | boolean)[]
  /** Every code that the partner's code book lists; each needs a row in an incoming table. */
  readonly partner?: readonly string[]
  readonly without?: CodesWithout
}

const COLUMNS = ['partner', 'canonical', 'label', 'note'] as const

/** Reads and checks one table. `file` is named in the faults; a table with faults is not to be used. */
export function readCodeTable(
  name: string,
  text: string,
  declaration: CodeTableDeclaration,
  file: string,
): { readonly table: CodeTable; readonly faults: readonly ConfigFault[] } {
  const faults: ConfigFault[] = []
  const fault = (code: string, line: number | undefined, reason: string, remedy: string): void => {
    faults.push({ file: line === undefined ? file : `${file}:${line}`, path: '', code, reason, remedy })
  }

  const [header, ...records] = readCsv(text)
  const columns = header?.cells ?? []
  const headerWrong =
    COLUMNS.some((column, index) => columns[index] !== column) ||
    columns.length > 5 ||
    (columns.length === 5 && columns[4] !== 'preferred')
  if (headerWrong) {
    fault(
      'FORMAT_CODE_HEADER',
      header?.line,
      'The first line must name the columns.',
      'Write partner,canonical,label,note or partner,canonical,label,note,preferred.',
    )
    return { table: { name, toCanonical: new Map(), toPartner: new Map(), rows: [] }, faults }
  }

  const rows: CodeRow[] = []
  for (const { line, cells } of records) {
    const [partner = '', canonical = '', label = '', , preferred = ''] = cells
    if (cells.length < 2 || cells.length > columns.length || canonical === '') {
      fault(
        'FORMAT_CODE_ROW',
        line,
        `A row has ${cells.length} cells or no canonical code.`,
        'Fill partner and canonical.',
      )
    } else if (!['', 'in', 'out', 'both'].includes(preferred)) {
      fault(
        'FORMAT_CODE_ROW',
        line,
        `preferred is "${preferred}".`,
        'Write in, out or both, or leave it empty.',
      )
    } else if (rows.some((row) => row.partner === partner && row.canonical === canonical)) {
      fault(
        'FORMAT_CODE_DUPLICATE',
        line,
        `"${partner}" ↔ "${canonical}" stands twice.`,
        'Remove one of the rows.',
      )
    } else {
      rows.push({ line, partner, canonical, label, preferred: preferred as CodeRow['preferred'] })
    }
  }

  const pick = (key: 'partner' | 'canonical', direction: 'in' | 'out'): Map<string, string> => {
    const chosen = new Map<string, string>()
    const other = key === 'partner' ? 'canonical' : 'partner'
    for (const [value, group] of Map.groupBy(rows, (row) => row[key])) {
      const preferred = group.filter((row) => row.preferred === direction || row.preferred === 'both')
      const used = declaration.direction === 'both' || declaration.direction === direction
      if (group.length > 1 && preferred.length !== 1 && used) {
        fault(
          'FORMAT_CODE_AMBIGUOUS',
          (preferred[1] ?? group[1])?.line,
          `${key} code "${value}" has ${group.length} counterparts, ${preferred.length} of them preferred.`,
          `Write "${direction}" (or "both") in the column preferred of exactly one of them.`,
        )
      }
      const row = preferred[0] ?? group[0]
      if (row !== undefined) chosen.set(value, row[other])
    }
    return chosen
  }
  const canonical = declaration.canonical?.map(String)
  const booleans = declaration.canonical?.some((code) => typeof code === 'boolean') === true
  const read = pick('partner', 'in')
  const table: CodeTable = {
    name,
    toCanonical: booleans ? new Map([...read].map(([partner, code]) => [partner, code === 'true'])) : read,
    toPartner: pick('canonical', 'out'),
    rows,
    ...(declaration.without === undefined ? {} : { without: declaration.without }),
  }

  const demand = (
    side: 'canonical' | 'partner',
    values: readonly string[],
    have: ReadonlyMap<string, unknown>,
  ): void => {
    const without = declaration.without?.[side] ?? {}
    for (const value of values) {
      if (!have.has(value) && without[value] === undefined) {
        fault(
          'FORMAT_CODE_MISSING',
          undefined,
          `The ${side} code "${value}" has no row.`,
          `Add a row, or name "${value}" with the reason under codes.${name}.without.${side} in format.yaml.`,
        )
      }
    }
    for (const value of Object.keys(without)) {
      if (have.has(value)) {
        fault(
          'FORMAT_CODE_ROW',
          undefined,
          `The ${side} code "${value}" has a row and stands under without.`,
          'Remove one of the two.',
        )
      }
    }
  }
  if (declaration.direction !== 'in') demand('canonical', canonical ?? [], table.toPartner)
  if (declaration.direction !== 'out') demand('partner', declaration.partner ?? [], table.toCanonical)
  for (const row of rows) {
    if (canonical !== undefined && !canonical.includes(row.canonical)) {
      fault(
        'FORMAT_CODE_UNKNOWN',
        row.line,
        `"${row.canonical}" is not a canonical code of this table.`,
        `Use one of ${canonical.join(', ')}.`,
      )
    }
  }
  return { table, faults }
}
