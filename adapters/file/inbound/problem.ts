/** What can be wrong with a file or a line before the hub has seen it. Codes are stable, and listed in the README. */

export const FILE_PROBLEMS = {
  FILE_EMPTY: { zh: '文件为空', en: 'The file is empty' },
  FILE_TOO_LARGE: { zh: '文件过大', en: 'The file is too large' },
  FILE_DIGEST: { zh: '文件与摘要不符，请重新上传', en: 'The file does not match its digest; send it again' },
  FILE_DIGEST_MISSING: { zh: '缺少摘要文件', en: 'The companion with the digest is missing or holds none' },
  FILE_CHARSET: {
    zh: '首尾记录与约定的字符集不符',
    en: 'Header or trailer do not fit the agreed character set',
  },
  FILE_HEADER_MISSING: { zh: '缺少头记录', en: 'The header line is missing' },
  FILE_TRAILER_MISSING: {
    zh: '缺少尾记录，文件可能不完整',
    en: 'The trailer line is missing; the file may be cut off',
  },
  FILE_STRUCTURE: { zh: '记录顺序有误', en: 'A line stands where it must not' },
  FILE_COUNT: { zh: '记录数不符', en: 'The number of lines is not what the file says' },
  LINE_TOO_LONG: { zh: '行过长', en: 'The line is too long' },
  LINE_RECORD_UNKNOWN: { zh: '记录标识无法识别', en: 'The first field names no known kind of line' },
} as const satisfies Record<string, { readonly zh: string; readonly en: string }>

export type FileProblemCode = keyof typeof FILE_PROBLEMS

/** Why a file is refused as a whole. */
export interface FileProblem {
  readonly code: FileProblemCode
  readonly line?: number
  /** Expected and found, or the limit; nothing of the file's content but numbers and digests. */
  readonly detail?: { readonly zh: string; readonly en: string }
}
