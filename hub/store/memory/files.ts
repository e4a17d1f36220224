import type { FileVerbs, StoredFile } from '../../contract/file-store.ts'

/** The files of the store in memory. */
export class MemoryFiles {
  /** By SM3. */
  readonly #files = new Map<string, StoredFile>()

  add({ file, upload }: Parameters<FileVerbs['fileAdd']>[0]): void {
    const others = this.#files.get(file.sm3)?.uploads.filter(({ system }) => system !== upload.system) ?? []
    const uploads = [...others, { ...upload }].sort((a, b) => (a.system < b.system ? -1 : 1))
    this.#files.set(file.sm3, { ...file, uploads })
  }

  get({ digest }: { readonly digest: string }): StoredFile | undefined {
    const found = this.#files.get(digest) ?? [...this.#files.values()].find(({ sha256 }) => sha256 === digest)
    return structuredClone(found)
  }
}
