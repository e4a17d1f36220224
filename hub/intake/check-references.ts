/** Files of the hub that a message names have to be there, be the sender's to name, and be what the message says of them. */
import type { Fault } from '../contract/errors.ts'
import type { StoredFile } from '../contract/file-store.ts'
import type { Store } from '../contract/store.ts'
import { referenceInCase } from '../materials/access.ts'
import { type FoundReference, referencesIn } from '../materials/references.ts'
import { fault, isBroken } from './faults.ts'

export type ReferenceStore = Pick<Store, 'fileGet' | 'caseTimeline'>

/**
 * One fault for each reference that does not hold; numbers of files elsewhere are not looked at. A sender may name what it
 * handed in itself, and what the messages of the same case (`caseNo`; it is a party of it) name already. `formal`: what was
 * found wrong before, and is not judged again.
 */
export async function referenceFaults(
  store: ReferenceStore,
  message: { readonly sender: string; readonly caseNo: string | undefined; readonly data: unknown },
  formal: readonly Fault[],
): Promise<readonly Fault[]> {
  const faults: Fault[] = []
  for (const found of referencesIn(message.data)) {
    if (isBroken(formal, found.pointer)) continue
    const file = found.sm3 === undefined ? undefined : await store.fileGet({ digest: found.sm3 })
    if (file === undefined || file.sm3 !== found.sm3 || !(await mayName(store, message, file)))
      faults.push(unknown(found))
    else faults.push(...differences(found, file))
  }
  return faults
}

async function mayName(
  store: ReferenceStore,
  { sender, caseNo }: { readonly sender: string; readonly caseNo: string | undefined },
  { sm3, uploads }: StoredFile,
): Promise<boolean> {
  if (uploads.some(({ system }) => system === sender)) return true
  return caseNo !== undefined && (await referenceInCase(store, caseNo, sm3)) !== undefined
}

function differences({ pointer, reference }: FoundReference, file: StoredFile): Fault[] {
  const { size, digest } = reference
  const faults: Fault[] = []
  if (size !== undefined && size !== file.size)
    faults.push(
      fault(
        'FILE_DIFFERS',
        `${pointer}/size`,
        `枢纽所存文件为 ${file.size} 字节`,
        `the file has ${file.size} bytes`,
        {
          size: file.size,
        },
      ),
    )
  if (digest !== undefined && digest.value !== file[digest.algorithm])
    faults.push(
      fault(
        'FILE_DIFFERS',
        `${pointer}/digest/value`,
        '摘要与枢纽所存文件不符',
        'this is not the digest of the file that the hub has',
      ),
    )
  return faults
}

/** The same words where there is none and where it is somebody else's: nobody can try out what others have handed in. */
function unknown({ pointer }: FoundReference): Fault {
  return fault(
    'FILE_UNKNOWN',
    `${pointer}/id`,
    '枢纽没有本系统上传的此文件，请先上传并使用返回的编号',
    'the hub has no such file of yours: hand it in first, and use the id that was answered',
  )
}
