/** The files of a format package as text, read once; everything after works on this map. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** Path relative to the folder, with forward slashes → text. */
export type PackageFiles = ReadonlyMap<string, string>

/** All files below `folder`, sorted by path; files and folders whose name begins with a dot are left out. */
export function readFiles(folder: string): PackageFiles {
  const files = new Map<string, string>()
  const visit = (at: string): void => {
    for (const name of readdirSync(at).sort()) {
      if (name.startsWith('.')) continue
      const path = join(at, name)
      if (statSync(path).isDirectory()) visit(path)
      else files.set(relative(folder, path).split(sep).join('/'), readFileSync(path, 'utf8'))
    }
  }
  visit(folder)
  return files
}

/** Names of the folders directly below `folder` that hold packages: not `_shared`, not hidden. */
export function packageFolders(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^[._]/.test(entry.name))
    .map((entry) => entry.name)
    .sort()
}
