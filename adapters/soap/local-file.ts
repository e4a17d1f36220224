/** Files of the WSDL folder, and no others. */
import { realpathSync, statSync } from 'node:fs'
import { resolve, sep } from 'node:path'

/** There is no such file, or it must not be read; says why. */
export class FileRefused extends Error {}

const MAX_BYTES = 8 * 2 ** 20

/** @throws FileRefused */
export function realFolder(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    throw new FileRefused(`there is no folder ${path}`)
  }
}

/**
 * Where the file really lies, links followed.
 * @param path absolute, or from the folder
 * @throws FileRefused
 */
export function localFile(folder: string, path: string): string {
  let file: string
  try {
    file = realpathSync(resolve(folder, path))
  } catch {
    throw new FileRefused(`there is no file ${path}`)
  }
  if (!isWithin(folder, file)) throw new FileRefused(`${file} is outside the folder ${folder}`)
  if (statSync(file).size > MAX_BYTES) throw new FileRefused(`${file} has more than ${MAX_BYTES} bytes`)
  return file
}

export function isWithin(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}
