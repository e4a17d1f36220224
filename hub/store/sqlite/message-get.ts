import type { Message } from '../../contract/message.ts'
import type { RawMessage } from '../../contract/store.ts'
import type { Connection } from './connection.ts'

/** The canonical message and the bytes that it was read from. */
export function messageGet(
  connection: Connection,
  query: { readonly id: string },
): { readonly message: Message; readonly raw: RawMessage } | undefined {
  const row = connection.one(
    `select body, bytes, content_type, declared_charset, detected_charset
     from message join message_raw on message_position = position where id = ?`,
    query.id,
  )
  if (row === undefined) return undefined
  return {
    message: JSON.parse(row.body as string),
    raw: {
      bytes: row.bytes as Uint8Array,
      contentType: row.content_type as string,
      declaredCharset: (row.declared_charset as string | null) ?? undefined,
      detectedCharset: row.detected_charset as string,
    },
  }
}
