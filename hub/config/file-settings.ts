/** The settings of files (docs/materials.md), out of the checked values of the environment. */

export interface ObjectStoreSettings {
  /** Address with the bucket as its path: `https://host:port/bucket`. */
  readonly url: string
  readonly region: string
  readonly keyId: string
}

/** Name of the secret that goes with `keyId`. */
export const OBJECT_STORE_SECRET = 'HUB_FILES_S3_SECRET'

export interface FileSettings {
  /** Absent: `files` in the data directory. */
  readonly dir?: string
  /** Absent: files stand in `dir`. Parts of unfinished files stand there in any case. */
  readonly objectStore?: ObjectStoreSettings
  readonly maxBytes: number
  /** Lower case; absent: what materials usually are (hub/materials/media-types.ts). */
  readonly mediaTypes?: readonly string[]
  /** `clamd:<host>:<port>` or `command:<path>`; absent: nobody scans. */
  readonly scan?: string
  /** Hours after which a part to which nothing was added is erased. */
  readonly partHours: number
  /** Bytes that stay free on the disk. */
  readonly keepFreeBytes: number
}

/** `values`: by name of the variable, defaults filled in. */
export function fileSettingsOf(values: Readonly<Record<string, unknown>>): FileSettings {
  const text = (name: string): string | undefined => values[name] as string | undefined
  const dir = text('HUB_FILES_DIR')
  const types = text('HUB_FILES_TYPES')
  const scan = text('HUB_FILES_SCAN')
  const url = text('HUB_FILES_S3_URL')
  const objectStore = url && {
    url,
    region: text('HUB_FILES_S3_REGION') as string,
    keyId: text('HUB_FILES_S3_KEY_ID') as string,
  }
  return {
    ...(objectStore ? { objectStore } : {}),
    ...(dir === undefined ? {} : { dir }),
    maxBytes: values.HUB_FILES_MAX_BYTES as number,
    ...(types === undefined ? {} : { mediaTypes: types.split(',').map((type) => type.trim().toLowerCase()) }),
    ...(scan === undefined ? {} : { scan }),
    partHours: values.HUB_FILES_PART_HOURS as number,
    keepFreeBytes: values.HUB_FILES_KEEP_FREE_BYTES as number,
  }
}
