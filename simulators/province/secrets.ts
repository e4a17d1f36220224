/** The secrets of a simulated province: drawn once, kept in one file that only its owner reads, shared with the hub by that file. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { trueRandomBytes } from '../time.ts'

/**
 * Answers the secret of every name. Names that the file lacks are drawn and added; those it has are kept. Safe twice.
 * @throws Error where the file is there but is not an object of strings
 */
export function keepSecrets(file: string, names: readonly string[]): ReadonlyMap<string, string> {
  const kept = read(file)
  const missing = names.filter((name) => kept[name] === undefined)
  for (const name of missing) kept[name] = trueRandomBytes(32).toString('base64url')
  if (missing.length > 0) {
    // Written aside and renamed: a start that is broken off must not leave half a file of secrets.
    const aside = `${file}.new`
    writeFileSync(aside, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 })
    renameSync(aside, file)
  }
  return new Map(Object.entries(kept))
}

function read(file: string): Record<string, string> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
  const content: unknown = JSON.parse(text)
  if (
    typeof content !== 'object' ||
    content === null ||
    !Object.values(content).every((value) => typeof value === 'string')
  ) {
    throw new Error(`${file} should be one JSON object of secret names and their values.`)
  }
  return content as Record<string, string>
}
