/** Everything about files, put together from the settings: where they stand, how they come in, who may fetch them. */
import { join } from 'node:path'
import type { FileSettings } from '../config/file-settings.ts'
import type { Clock, Timer } from '../contract/clock.ts'
import type { ContentStore } from '../contract/content-store.ts'
import type { Store } from '../contract/store.ts'
import { type FileTickets, makeFileTickets } from './file-tickets.ts'
import { openFolderContent } from './folder-content.ts'
import { USUAL_MEDIA_TYPES } from './media-types.ts'
import { openParts } from './parts.ts'
import { makeScan } from './scanner.ts'
import { makeUploads, type Uploads } from './uploads.ts'

export interface Materials {
  readonly uploads: Uploads
  readonly contents: ContentStore
  readonly tickets: FileTickets
  readonly store: Pick<Store, 'fileAdd' | 'fileGet' | 'auditAppend' | 'caseGet' | 'caseTimeline'>
  readonly clock: Clock
  /** Sweeps now and every hour from now on. */
  start(): void
  /** Safe twice. */
  stop(): Promise<void>
}

export interface MaterialParts {
  readonly settings: FileSettings
  readonly dataDir: string
  readonly store: Materials['store']
  readonly clock: Clock
  readonly ticketKey: Uint8Array
  /** Where partners reach the hub, without a slash at the end; asked when a ticket is made. */
  readonly base: () => string
  /** An object store in place of the local folder. */
  readonly contents?: ContentStore
  readonly log: {
    info(details: object, text: string): void
    warn(details: object, text: string): void
  }
}

const HOUR_MS = 3_600_000
/** A scanner that takes longer for half a gigabyte is not going to answer. */
const SCAN_TIMEOUT_MS = 120_000

/** Throws `StoreError` where the folder cannot be used. */
export async function openMaterials(all: MaterialParts): Promise<Materials> {
  const { settings, store, clock, log } = all
  const folder = settings.dir ?? join(all.dataDir, 'files')
  const contents = all.contents ?? (await openFolderContent(folder))
  const uploads = makeUploads({
    // Beside the contents: what is complete is taken over without being copied.
    parts: await openParts(join(folder, 'parts')),
    contents,
    store,
    clock,
    scan: makeScan(settings.scan, { clock, timeoutMs: SCAN_TIMEOUT_MS }),
    limits: {
      maxBytes: settings.maxBytes,
      mediaTypes: new Set(settings.mediaTypes ?? USUAL_MEDIA_TYPES),
      keepFreeBytes: settings.keepFreeBytes,
    },
  })
  let timer: Timer | undefined
  let sweeping: Promise<void> = Promise.resolve()

  const sweep = async (): Promise<void> => {
    try {
      const swept = await uploads.sweep(settings.partHours * HOUR_MS)
      if (swept > 0) log.info({ swept }, 'parts of files that were never completed were erased')
    } catch (error) {
      log.warn({ error }, 'parts of files could not be looked through')
    }
  }
  const start = (): void => {
    sweeping = sweep()
    timer = clock.after(HOUR_MS, start)
  }
  return {
    uploads,
    contents,
    tickets: makeFileTickets({ key: all.ticketKey, clock, base: all.base }),
    store,
    clock,
    start,
    async stop() {
      timer?.cancel()
      await sweeping
      await contents.close()
    },
  }
}
