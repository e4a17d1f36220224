import type { FileVerbs, StoredFile } from '../../contract/file-store.ts'
import { auditAppend } from './audit-append.ts'
import type { Connection } from './connection.ts'

export function fileAdd(connection: Connection, request: Parameters<FileVerbs['fileAdd']>[0]): void {
  const { file, upload, audit } = request
  connection.run('insert or ignore into file values (?, ?, ?)', file.sm3, file.sha256, file.size)
  connection.run(
    `insert into file_upload values (?, ?, ?, ?, ?)
     on conflict (sm3, system) do update set
       name = excluded.name, media_type = excluded.media_type, at_ms = excluded.at_ms`,
    file.sm3,
    upload.system,
    upload.name,
    upload.mediaType,
    upload.atMs,
  )
  auditAppend(connection, audit)
}

export function fileGet(
  connection: Connection,
  { digest }: { readonly digest: string },
): StoredFile | undefined {
  const row = connection.one('select * from file where sm3 = ? or sha256 = ?', digest, digest)
  if (row === undefined) return undefined
  const sm3 = row.sm3 as string
  const uploads = connection
    .all('select * from file_upload where sm3 = ? order by system', sm3)
    .map((upload) => ({
      system: upload.system as string,
      name: upload.name as string,
      mediaType: upload.media_type as string,
      atMs: upload.at_ms as number,
    }))
  return { sm3, sha256: row.sha256 as string, size: row.size as number, uploads }
}
