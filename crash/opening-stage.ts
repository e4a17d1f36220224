/**
 * What the start of a hub does to its store: it makes file and schema where there are none, and brings a store in order whose
 * hub was killed. Whatever dies or fails on the way, the file is sound afterwards and has lost nothing, and the next opening
 * comes to where an undisturbed one comes.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readStoreFile, STORE_FILES } from './store-file.ts'
import type { Stage } from './syscall-stage.ts'
import { hasHappened, tracer } from './tracer.ts'

const OPENER = join(import.meta.dirname, 'store-opener.ts')

/**
 * @param template data directory with the store before it is opened; absent: there is none
 * @throws Error where the opening without any fault does not end well
 */
export async function openingStage(name: string, folder: string, template?: string): Promise<Stage> {
  const held = template === undefined ? new Set<string>() : readStoreFile(template).messageIds
  const wanted = await withStore(folder, template, async (dataDir) => {
    if (!(await open(dataDir))) throw new Error('The store cannot be opened, though nothing was done to it.')
    return readStoreFile(dataDir).schema
  })
  return {
    name,
    run: (point, log) =>
      withStore(folder, template, async (dataDir) => {
        const files = STORE_FILES.map((file) => join(dataDir, file))
        // Dying or refusing is an answer, where the disk fails.
        await open(dataDir, tracer({ files, log, point }))
        const words: string[] = []
        const { integrity, messageIds } = readStoreFile(dataDir)
        const lost = [...held].filter((id) => !messageIds.has(id))
        if (integrity !== 'ok') words.push(`integrity_check: ${integrity}`)
        words.push(...lost.map((id) => `${id} is not in the file any more`))
        if (!(await open(dataDir))) words.push('the store cannot be opened any more')
        else if (readStoreFile(dataDir).schema !== wanted) words.push('the schema is not what it should be')
        return {
          reached: hasHappened(log, point),
          accepted: held.size,
          lost: lost.length,
          words,
        }
      }),
  }
}

async function withStore<T>(
  folder: string,
  template: string | undefined,
  work: (dataDir: string) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(join(folder, 'opening-'))
  try {
    if (template !== undefined) cpSync(template, dataDir, { recursive: true })
    return await work(dataDir)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Opens and closes the store in a process of its own; answers whether that went well. */
async function open(dataDir: string, under: readonly string[] = []): Promise<boolean> {
  const [command = process.execPath, ...prefix] = [...under, process.execPath]
  const program = [...prefix, OPENER, join(dataDir, STORE_FILES[0])]
  const child = spawn(command, program, { stdio: 'ignore' })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}
