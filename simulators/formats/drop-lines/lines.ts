/** Lines with `|` between their fields, in GB 18030: a header, detail lines with what belongs to them, and a trailer that counts them. */
import iconv from 'iconv-lite'
import { Misread } from '../letter.ts'

export type Row = Readonly<Record<string, string>>

/** What one file says. */
export interface ExchangeFile {
  readonly H: Row
  readonly D: Row
  readonly A?: Row
  readonly M?: readonly Row[]
  readonly K?: Row
  readonly P?: Row
  readonly T: Row
}

interface Line {
  readonly fields: readonly string[]
  /** The one field that may hold `|`. */
  readonly free?: string
}

const words = (text: string): readonly string[] => text.split(' ')

const LINES: Readonly<Record<string, Line>> = {
  H: { fields: words('fs qh lx rq js') },
  D: { fields: words('bh sxbm mc zjhm rq jg sm yxq tybh xh wsh bt dw gh jbr'), free: 'sm' },
  A: {
    fields: words(
      'sqrlx zjlx ywblx qx bjlx xmmc fddbr sjh dh dz yb qd sqsj sjsj slqh dtmc ckbh sdqh sddw lqfs sjr sjrdh sjdz lxr lxrdh dlr dlrzjlx dlrzjhm dlrdh',
    ),
  },
  M: { fields: words('clbm clmc xs yj fyj sq rq wj'), free: 'wj' },
  K: { fields: words('kdgs kddh dw lqfs lqr zjlx zjhm ckbh') },
  P: { fields: words('myd bq cs pjr qd ckbh nr'), free: 'nr' },
  T: { fields: words('js') },
}

/** A file with one detail line, as the agency writes it: lines end in CR LF. */
export function fileOf(header: Row, detail: Row): Buffer {
  const rows: readonly (readonly [kind: string, row: Row])[] = [
    ['H', { ...header, js: '1' }],
    ['D', detail],
    ['T', { js: '1' }],
  ]
  const text = rows.map(([kind, row]) => `${lineOf(kind, row)}\r\n`).join('')
  return iconv.encode(text, 'gb18030')
}

function lineOf(kind: string, row: Row): string {
  const { fields, free } = LINES[kind] as Line
  const cells = fields.map((name) => {
    const cell = (row[name] ?? '').replace(/[\r\n]+/g, ' ')
    if (name !== free && cell.includes('|')) throw new Error(`${kind}.${name} cannot hold |: ${cell}`)
    return cell
  })
  return [kind, ...cells].join('|')
}

/** @throws Misread where a byte is none of GB 18030, a line is not known, or the numbers do not fit */
export function readFile(body: Buffer): ExchangeFile {
  const rows = textOf(body)
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map(rowOf)
  const of = (kind: string): Row[] => rows.filter((row) => row.kind === kind).map(({ row }) => row)
  const [header, ...moreHeaders] = of('H')
  const [trailer, ...moreTrailers] = of('T')
  const details = of('D')
  const [detail] = details
  if (header === undefined || rows[0]?.kind !== 'H' || moreHeaders.length > 0)
    throw new Misread('the file does not begin with its one header')
  if (trailer === undefined || rows.at(-1)?.kind !== 'T' || moreTrailers.length > 0)
    throw new Misread('the file does not end with its one trailer')
  if (header.js !== String(details.length) || trailer.js !== String(details.length))
    throw new Misread(
      `the header counts ${header.js}, the trailer ${trailer.js}, and there are ${details.length} lines`,
    )
  if (detail === undefined || details.length > 1) throw new Misread('a file is to be about one case')
  const single = (kind: 'A' | 'K' | 'P'): object => {
    const [row] = of(kind)
    return row === undefined ? {} : { [kind]: row }
  }
  const materials = of('M')
  return {
    H: header,
    D: detail,
    ...single('A'),
    ...(materials.length === 0 ? {} : { M: materials }),
    ...single('K'),
    ...single('P'),
    T: trailer,
  }
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder('gb18030', { fatal: true }).decode(body)
  } catch {
    throw new Misread('the file is not text in GB 18030')
  }
}

function rowOf(line: string): { readonly kind: string; readonly row: Row } {
  const [kind = '', ...cells] = line.split('|')
  const known = Object.hasOwn(LINES, kind) ? LINES[kind] : undefined
  if (known === undefined) throw new Misread(`a line begins with ${kind.slice(0, 10)}`)
  const { fields, free } = known
  const surplus = cells.length - fields.length
  if (surplus < 0 || (surplus > 0 && free === undefined))
    throw new Misread(`a line ${kind} has ${cells.length} fields after its kind, not ${fields.length}`)
  if (free !== undefined) {
    const at = fields.indexOf(free)
    cells.splice(at, surplus + 1, cells.slice(at, at + surplus + 1).join('|'))
  }
  return { kind, row: Object.fromEntries(fields.map((name, at) => [name, cells[at] ?? ''])) }
}
