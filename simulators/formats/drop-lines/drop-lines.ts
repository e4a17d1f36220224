/** The market regulator: files of lines in GB 18030 on an exchange server, a header and a trailer that count, and `.ok` last. */
import type { PartnerFormat } from '../partner-format.ts'
import { readFile } from './lines.ts'
import { identifyDrop, readDrop } from './read.ts'
import { nameOf, writeDrop } from './write.ts'

export const dropLines: PartnerFormat = {
  name: 'drop-lines',
  contentType: 'text/plain; charset=gb18030',
  write: writeDrop,
  decode: readFile,
  read: readDrop,
  answer: (verdict, { reference, words }) => ({
    status: 200,
    body: Buffer.from({ taken: `OK ${reference}`, duplicate: 'REPEAT', refused: `NO ${words}` }[verdict]),
  }),
  file: { fileName: nameOf, identify: identifyDrop },
}
