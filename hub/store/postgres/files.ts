import type { FileVerbs, StoredFile } from '../../contract/file-store.ts'
import type { AuditEntry } from '../../contract/store.ts'
import { auditInsert } from './audit-append.ts'
import type { Database } from './database.ts'
import { storedText } from './rows-of.ts'

/** Names no key: of two who add the same file at once, the later one may meet either digest of it first. */
const insertFile = 'insert into file (sm3, sha256, size) values ($1, $2, $3) on conflict do nothing'

const upsertUpload = `
  insert into file_upload (sm3, system, name, media_type, at_ms) values ($1, $2, $3, $4, $5)
  on conflict (sm3, system) do update set
    name = excluded.name, media_type = excluded.media_type, at_ms = excluded.at_ms`

export async function fileAdd(
  database: Database,
  { file, upload, audit }: Parameters<FileVerbs['fileAdd']>[0],
): Promise<void> {
  const { system, name, mediaType, atMs } = upload
  await database.write(
    { sql: insertFile, values: [file.sm3, file.sha256, file.size] },
    { sql: upsertUpload, values: [file.sm3, system, storedText(name), mediaType, Math.floor(atMs)] },
    auditInsert([audit]),
  )
}

/** One statement, so that a file is never seen without its first upload. */
const selectFile = `
  select file.sm3, file.sha256, file.size, upload.system, upload.name, upload.media_type, upload.at_ms
  from file left join file_upload as upload on upload.sm3 = file.sm3
  where file.sm3 = $1 or file.sha256 = $1 order by upload.system`

export async function fileGet(
  database: Database,
  { digest }: Parameters<FileVerbs['fileGet']>[0],
): Promise<StoredFile | undefined> {
  const [rows = []] = await database.read({ sql: selectFile, values: [digest] })
  const [first] = rows
  if (first === undefined) return undefined
  return {
    sm3: first.sm3 as string,
    sha256: first.sha256 as string,
    size: first.size as number,
    uploads: rows
      .filter(({ system }) => system !== null)
      .map((row) => ({
        system: row.system as string,
        name: row.name as string,
        mediaType: row.media_type as string,
        atMs: row.at_ms as number,
      })),
  }
}

export async function auditAppend(database: Database, entry: AuditEntry): Promise<void> {
  await database.write(auditInsert([entry]))
}
