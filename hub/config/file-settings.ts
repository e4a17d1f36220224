/** The settings of files (docs/materials.md), out of the checked values of the environment. */

export interface FileSettings {
  /** Absent: `files` in the data directory. */
  readonly dir?: string
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
  return {
    ...(dir === undefined ? {} : { dir }),
    maxBytes: values.HUB_FILES_MAX_BYTES as number,
    ...(types === undefined ? {} : { mediaTypes: types.split(',').map((type) => type.trim().toLowerCase()) }),
    ...(scan === undefined ? {} : { scan }),
    partHours: values.HUB_FILES_PART_HOURS as number,
    keepFreeBytes: values.HUB_FILES_KEEP_FREE_BYTES as number,
  }
}
