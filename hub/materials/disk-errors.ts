/** The one place where what the operating system says about a file becomes an error of ours. */
import { StoreError } from '../contract/errors.ts'

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Passes errors of ours on. */
export function diskErrorOf(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (!(error instanceof Error) || error instanceof StoreError || typeof code !== 'string') return error
  if (FULL.has(code))
    return new StoreError('STORE_FULL', 'There is no room for the file on the disk.', { cause: error })
  return /^E[A-Z0-9]+$/.test(code)
    ? new StoreError('STORE_UNAVAILABLE', `The folder of files cannot be used: ${message}`, { cause: error })
    : error
}

export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw diskErrorOf(error)
  }
}
