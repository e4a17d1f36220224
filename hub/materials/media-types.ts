/**
 * Which kinds of files are taken. What a file is declared to be has to fit its first bytes, so that no program comes in as a
 * picture; what the bytes beyond say is the virus scanner's business.
 */

/** What materials of government services come as (GB/T 33190-2016 for OFD), and no active content. */
export const USUAL_MEDIA_TYPES: readonly string[] = [
  'application/ofd',
  'application/pdf',
  'image/jpeg',
  'image/png',
  'image/tiff',
  'image/bmp',
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/wps-office.wps',
  'application/zip',
  'application/xml',
  'text/plain',
]

/** First bytes that are enough to judge: a PDF may carry up to 1024 bytes before its header (ISO 32000-1 Annex H, 3.4.1). */
export const HEAD_BYTES = 1024 + 5

type Fits = (head: Buffer) => boolean

const startsWith =
  (...starts: readonly string[]): Fits =>
  (head) =>
    starts.some((hex) => head.subarray(0, hex.length / 2).toString('hex') === hex)

/** Local file header, end of an empty archive, or the mark of a split one (APPNOTE 4.3). */
const zip = startsWith('504b0304', '504b0506', '504b0708')
/** Compound File Binary, what office programs wrote before 2007. */
const compound = startsWith('d0cf11e0a1b11ae1')
/** After a byte order mark and white space, in UTF-8 or either UTF-16. */
const markup: Fits = (head) => /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*</.test(head.toString('latin1'))
const text: Fits = (head) => startsWith('fffe', 'feff')(head) || !head.includes(0)

const FITS: Readonly<Record<string, Fits>> = {
  'application/pdf': (head) => head.includes('%PDF-'),
  'application/ofd': zip,
  'application/zip': zip,
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': zip,
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': zip,
  'application/msword': compound,
  'application/vnd.ms-excel': compound,
  'application/wps-office.wps': compound,
  'image/jpeg': startsWith('ffd8ff'),
  'image/png': startsWith('89504e470d0a1a0a'),
  'image/gif': startsWith('474946383761', '474946383961'),
  'image/tiff': startsWith('49492a00', '4d4d002a'),
  'image/bmp': startsWith('424d'),
  'application/xml': markup,
  'text/xml': markup,
  'text/plain': text,
}

/** Windows and Unix programs, and scripts that name their interpreter. */
const program = startsWith('4d5a', '7f454c46', '2321')

/** The declared type as it is kept, without parameters and in lower case; undefined where it is none. */
export function mediaTypeOf(declared: string): string | undefined {
  const type = declared.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/.test(type) && type.length <= 127 ? type : undefined
}

/** `head`: the first `HEAD_BYTES` of the file, or all of it where it is shorter. A type without known first bytes fits all but programs. */
export function fitsType(head: Uint8Array, mediaType: string): boolean {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  if (program(bytes)) return false
  return FITS[mediaType]?.(bytes) ?? true
}
