/** U+0000 or half of a surrogate pair, as JSON writes them; the backslashes before it come in pairs. */
const UNSTORABLE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g

/**
 * A list of records as one parameter, for `json_to_recordset`; what is undefined becomes null. Texts of PostgreSQL can
 * hold neither U+0000 nor half of a surrogate pair; both become U+FFFD. JSON inside a text keeps them, escaped.
 */
export function rowsOf(records: readonly object[]): string {
  return JSON.stringify(records).replace(UNSTORABLE, '$1\uFFFD')
}

/** The text as it comes back; what is compared with an answer of the database is made the same first. */
export function storedText(text: string): string {
  return text.isWellFormed() && !text.includes('\u0000')
    ? text
    : text.toWellFormed().replaceAll('\u0000', '\uFFFD')
}
