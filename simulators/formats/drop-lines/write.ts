/** What the market regulator writes: a file for each letter, dates without a time, several things of one kind in one text. */
import { compact, slashed } from '../../beijing.ts'
import type { DecidingLetter, Envelope, Letter } from '../letter.ts'
import { fileOf, type Row } from './lines.ts'

/** @throws Error where the letter is a window's */
export function writeDrop(letter: Letter, envelope: Envelope): Buffer {
  const deciding = decidingLetter(letter)
  const { office, departmentNo, at } = deciding
  const header = {
    fs: 'HN',
    qh: envelope.sender.region,
    lx: kindOf(deciding),
    rq: compact(envelope.writtenAt).slice(0, 8),
  }
  const detail: Row = {
    bh: departmentNo,
    rq: slashed(at).slice(0, 10),
    tybh: envelope.caseNo ?? '',
    xh: envelope.letterNo,
    dw: office.org.name,
    gh: office.clerk.id,
    jbr: office.clerk.name,
    ...about(deciding),
  }
  return fileOf(header, detail)
}

/** Below a folder for its region. @throws Error where the letter is a window's */
export function nameOf(letter: Letter, { sender: { region }, letterNo, writtenAt }: Envelope): string {
  const kind = kindOf(decidingLetter(letter))
  return `${region}/HN_${region}_${kind}_${compact(writtenAt).slice(0, 8)}_${letterNo}.txt`
}

function decidingLetter(letter: Letter): DecidingLetter {
  if (!('office' in letter))
    throw new Error(`The market regulator has no window and sends no ${letter.type}.`)
  return letter
}

function kindOf({ type }: DecidingLetter): string {
  return {
    'case.received': 'SJ',
    'case.accepted': 'SL',
    'case.refused': 'BYSL',
    'correction.requested': 'BZ',
    'procedure.started': 'TSKS',
    'procedure.ended': 'TSJS',
    'step.recorded': 'HJ',
    'case.decided': 'SP',
    'case.completed': 'BJ',
  }[type]
}

function about(letter: DecidingLetter): Row {
  switch (letter.type) {
    case 'case.received':
      return {}
    case 'case.accepted':
      return { wsh: letter.noticeNo, yxq: slashDay(letter.promisedDay) }
    case 'case.refused':
      return { wsh: letter.noticeNo, sm: letter.reasons.join('；') }
    case 'correction.requested':
      return {
        wsh: letter.noticeNo,
        // On the web, or at the window.
        jg: '13',
        sm: letter.things.map(({ name, requirement }) => `${name}:${requirement}`).join(';'),
        yxq: slashDay(letter.dueDay),
      }
    case 'procedure.started':
      return {
        wsh: letter.procedureNo,
        jg: '1',
        bt: letter.name,
        sm: letter.reason,
        yxq: slashDay(letter.expectedEndDay),
      }
    case 'procedure.ended':
      return { wsh: letter.procedureNo, jg: '1', bt: letter.name, sm: letter.result }
    case 'step.recorded':
      return { bt: letter.name, jg: '1', sm: letter.opinion }
    case 'case.decided':
      return { jg: letter.granted ? '0' : '1', sm: letter.opinion, wsh: letter.documentNo }
    case 'case.completed':
      return {
        jg: letter.granted ? '0' : '1',
        sm: letter.explanation,
        ...(letter.licence === undefined
          ? {}
          : {
              bt: letter.licence.name,
              sm: `${letter.explanation}|证书编号:${letter.licence.number}`,
              yxq: slashDay(letter.licence.validUntilDay),
            }),
      }
  }
}

function slashDay(text: string): string {
  return text.replaceAll('-', '/')
}
