/** The virus scanner that looks at every file before it is taken. Which one, the settings say; the hub has none of its own. */
import type { Clock } from '../contract/clock.ts'
import { HubError } from '../contract/errors.ts'
import { scanByClamd } from './scan-clamd.ts'
import { scanByCommand } from './scan-command.ts'

/** `finding`: the scanner's name for what it found. */
export type ScanResult = { readonly clean: true } | { readonly clean: false; readonly finding: string }

/** Looks at a file on the hub's own disk. Throws `ScanError` where it could not be looked at: nothing is known then, and nothing is taken. */
export type Scan = (path: string) => Promise<ScanResult>

/** How long a scanner is waited for: that of a socket for each sign of life, a program for all that it does. */
export interface ScanPatience {
  readonly clock: Pick<Clock, 'after'>
  readonly timeoutMs: number
}

/** The scanner did not answer, or not so that it can be understood. */
export class ScanError extends HubError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('FILE_SCAN_UNAVAILABLE', message, options)
  }
}

/** `clamd:<host>:<port>` or `command:<path>`, as the setting has it (settings.schema.json); absent: nobody scans. */
export function makeScan(setting: string | undefined, patience: ScanPatience): Scan | undefined {
  if (setting === undefined) return undefined
  const [kind = '', ...rest] = setting.split(':')
  const place = rest.join(':')
  if (kind === 'command') return (path) => orScanError(scanByCommand(place, path, patience.timeoutMs))
  const colon = place.lastIndexOf(':')
  const address = {
    host: place.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(place.slice(colon + 1)),
  }
  return (path) => orScanError(scanByClamd(address, path, patience))
}

async function orScanError(scanning: Promise<ScanResult>): Promise<ScanResult> {
  try {
    return await scanning
  } catch (error) {
    throw new ScanError(`The virus scanner could not be asked: ${(error as Error).message}`, { cause: error })
  }
}
