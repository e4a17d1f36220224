/**
 * What the natural resources authority reports: one row a letter, in the tables of the Shandong shape. A special node that
 * ends is the row that began it, with the next version. It has no window.
 */
import { spaced } from '../../beijing.ts'
import type { DecidingLetter, Envelope, Letter } from '../letter.ts'

export type Columns = Readonly<Record<string, string | null>>

export interface Report {
  readonly table: string
  readonly row: Columns
}

/** @throws Error where the letter is a window's */
export function reportOf(letter: Letter, envelope: Envelope): Report {
  const said = deciding(letter)
  const { org, clerk } = said.office
  const { table, place, version = 1, columns } = contentOf(said, envelope)
  return {
    table,
    row: {
      ORGBUSNO: said.departmentNo,
      PROJID: envelope.caseNo ?? null,
      ...(place === undefined ? {} : { SN: String(place) }),
      DATAVER: String(version),
      STDVER: '1',
      ...columns,
      PROCUNIT: org.code,
      PROCUNITNAME: org.name,
      NODEPROCER: clerk.id,
      NODEPROCERNAME: clerk.name,
      MAKETIME: spaced(envelope.writtenAt),
      SIGNSTATE: '0',
    },
  }
}

/** The same for both versions of a row. */
export function numberOf(letter: Letter, envelope: Envelope): string {
  const said = deciding(letter)
  const { table, place = '' } = contentOf(said, envelope)
  return `${said.departmentNo}-${LETTERS[table]}${place}`
}

const LETTERS: Readonly<Record<string, string>> = {
  EA_JC_STEP_BASICINFO: 'B',
  EA_JC_STEP_PROC: 'P',
  EA_JC_STEP_SPECIALNODE: 'S',
  EA_JC_STEP_DONE: 'D',
}

/** Place of the one procedure of a case among its special nodes; corrections follow by their round. */
const PROCEDURE = 1
const BEFORE_CORRECTIONS = 10

function deciding(letter: Letter): DecidingLetter {
  if ('office' in letter) return letter
  throw new Error(`The natural resources authority has no window and sends no ${letter.type}.`)
}

interface Content {
  readonly table: string
  /** SN; absent in tables with one row a case. */
  readonly place?: number
  readonly version?: number
  readonly columns: Columns
}

function contentOf(letter: DecidingLetter, { position }: Envelope): Content {
  const at = spaced(letter.at)
  const step = (columns: Columns): Content => ({
    table: 'EA_JC_STEP_PROC',
    place: position,
    columns: { NODESTATE: '02', NODETYPE: '2', NODESTARTTIME: at, NODEENDTIME: at, ...columns },
  })
  const special = (place: number, version: number, columns: Columns): Content => ({
    table: 'EA_JC_STEP_SPECIALNODE',
    place,
    version,
    columns: { NODESTATE: version === 1 ? '01' : '02', NODESTARTTIME: at, NODEENDTIME: at, ...columns },
  })
  switch (letter.type) {
    case 'case.received':
      return { table: 'EA_JC_STEP_BASICINFO', columns: { RECEIVETIME: at } }
    case 'case.accepted':
      return step({
        NODENAME: '受理',
        NODERESULT: '4',
        NODEADV: '材料齐全，予以受理',
        DOCNO: letter.noticeNo,
        PROMISEDATE: letter.promisedDay,
      })
    case 'case.refused':
      return step({
        NODENAME: '受理',
        NODERESULT: '3',
        NODEADV: letter.reasons.join('；'),
        DOCNO: letter.noticeNo,
      })
    case 'correction.requested':
      return special(BEFORE_CORRECTIONS + letter.round, 1, {
        NODENAME: '补齐补正',
        NODERESULT: '1',
        NODEADV: letter.things.map(({ requirement }) => requirement).join('；'),
        LISTS: letter.things.map(({ name }) => name).join(';'),
        CORRECTWAYS: '1,3',
        NOTETIME: at,
        LIMITDATE: letter.dueDay,
        DOCNO: letter.noticeNo,
      })
    case 'procedure.started':
      return special(PROCEDURE, 1, {
        NODENAME: letter.name,
        NODERESULT: '3',
        NODEADV: letter.reason,
        LIMITDATE: letter.expectedEndDay,
      })
    case 'procedure.ended':
      return special(PROCEDURE, 2, { NODENAME: letter.name, NODERESULT: '3', NODEADV: letter.result })
    case 'step.recorded':
      return step({
        NODENAME: letter.name,
        NODESTARTTIME: spaced(letter.startedAt),
        NODERESULT: '1',
        NODEADV: letter.opinion,
      })
    case 'case.decided':
      return step({
        NODENAME: '审批',
        NODETYPE: '3',
        NODERESULT: letter.granted ? '1' : '0',
        NODEADV: letter.opinion,
        DOCNO: letter.documentNo,
      })
    case 'case.completed':
      return {
        table: 'EA_JC_STEP_DONE',
        columns: {
          DONETIME: at,
          DONERESULT: letter.granted ? '0' : '6',
          DONEEXPLAIN: letter.explanation,
          CERTNAME: letter.licence?.name ?? null,
          CERTNO: letter.licence?.number ?? null,
          CERTISSUER: letter.licence?.issuer ?? null,
          CERTDATE: letter.licence?.issuedDay ?? null,
          CERTFROM: letter.licence?.validFromDay ?? null,
          CERTUNTIL: letter.licence?.validUntilDay ?? null,
        },
      }
  }
}
