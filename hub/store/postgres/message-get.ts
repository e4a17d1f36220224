import type { Message } from '../../contract/message.ts'
import type { RawMessage } from '../../contract/store.ts'
import type { Database } from './database.ts'

const selectMessage = `
  select body, bytes, content_type, declared_charset, detected_charset
  from message join message_raw on message_id = id where id = $1 and message_id = $1`

/** The canonical message and the bytes that it was read from. */
export async function messageGet(
  database: Database,
  query: { readonly id: string },
): Promise<{ readonly message: Message; readonly raw: RawMessage } | undefined> {
  const [[row] = []] = await database.read({ sql: selectMessage, values: [query.id] })
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
