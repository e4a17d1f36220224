/** Files in both directions over the agencies' SFTP server: the simulators work on its disk, the hub comes over the network. */
import { createHash } from 'node:crypto'
import { access, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { WireConfig } from '../deployment.ts'
import type { FileSide } from '../formats/partner-format.ts'
import type { Message } from '../party.ts'
import { pause } from '../time.ts'
import { awaitLetter } from './found-letter.ts'
import type { Wire, WireParts } from './wire.ts'

interface Place {
  readonly folder: string
  readonly user: string
  readonly password: { readonly secret: string }
}

interface OutboundConfig {
  readonly place: Place
  readonly ok?: boolean
  readonly companions?: 'append' | 'replace'
  readonly attachmentFolder?: string
  readonly doneFolder?: string
}

interface InboundConfig {
  readonly place: Place
  readonly digest?: 'md5' | 'sm3' | 'sha256'
  readonly companions?: 'append' | 'replace'
  readonly rejectedFolder?: string
  readonly charset?: string
  readonly reportCharset?: string
}

const LOOK_EVERY_MS = 60
const COMPANION = /\.(ok|md5|sm3|sha256|err|ack|tmp)$/

function folderOf({ grounds, secret }: WireParts, { folder, user, password }: Place): Promise<string> {
  return grounds.exchangeFolder(folder, { user, password: secret(password.secret) })
}

function sideOf({ format }: WireParts): FileSide {
  if (format.file === undefined)
    throw new Error(`The format ${format.name} does not say how it writes in files.`)
  return format.file
}

/** @throws Error where the format has no side for files */
export async function openFileReader(parts: WireParts, way: WireConfig): Promise<Wire> {
  const config = way.config as OutboundConfig
  const side = sideOf(parts)
  const folder = await folderOf(parts, config.place)
  const stop = new AbortController()
  const forever = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await look(parts, side, folder, config).catch((error: unknown) =>
        parts.onTrouble(parts.system.id, error),
      )
      await pause(parts.time, LOOK_EVERY_MS, stop.signal).catch(() => undefined)
    }
  }
  return {
    collect: () => void forever(),
    close: async () => stop.abort(new Error('the simulator was stopped')),
  }
}

async function look(
  { party, system, format, onTrouble }: WireParts,
  side: FileSide,
  folder: string,
  config: OutboundConfig,
): Promise<void> {
  const first = new Set(await wholeFiles(folder, config))
  if (first.size === 0) return
  // A folder is not listed at one moment. What came before a file of the first list is in the second for certain.
  const files = await wholeFiles(folder, config)
  const read: { file: string; message: Message }[] = []
  for (const file of files) {
    try {
      const document = format.decode(await readFile(file))
      read.push({ file, message: { ...side.identify(basename(file), document), document } })
    } catch (error) {
      onTrouble(system.id, error)
      await putAway(file, 'unread', config)
    }
  }
  read.sort((one, other) => (one.message.messageId < other.message.messageId ? -1 : 1))
  const last = read.findLastIndex(({ file }) => first.has(file))
  for (const { file, message } of read.slice(0, last + 1)) {
    // Folders give no answers: a file that stays where it is is read again.
    if (party.faults.insteadOfHandling() !== undefined) return
    let to = config.doneFolder ?? 'done'
    try {
      party.take(message)
    } catch (error) {
      onTrouble(system.id, error)
      to = 'unread'
    }
    if (party.faults.losesAnswer()) return
    await putAway(file, to, config)
  }
}

function companionOf(file: string, extension: string, how: 'append' | 'replace' = 'append'): string {
  return how === 'append' ? `${file}.${extension}` : file.replace(/\.[^.]*$/, `.${extension}`)
}

/** Files whose sender has said that everything is there; of folders that are put away nothing. */
async function wholeFiles(folder: string, config: OutboundConfig): Promise<string[]> {
  const { ok, companions, doneFolder = 'done', attachmentFolder = 'att' } = config
  const elsewhere = [doneFolder, 'unread', attachmentFolder.split('/', 1)[0]]
  const found: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !elsewhere.includes(entry.name))
      found.push(...(await wholeFiles(path, config)))
    if (!entry.isFile() || entry.name.startsWith('.') || COMPANION.test(entry.name)) continue
    if (ok !== true || (await isThere(companionOf(path, 'ok', companions)))) found.push(path)
  }
  return found
}

/** `.ok` first: from then on the file counts as read, whatever happens to the rest. */
async function putAway(file: string, to: string, { companions }: OutboundConfig): Promise<void> {
  const folder = join(dirname(file), to)
  await mkdir(folder, { recursive: true })
  for (const extension of ['ok', 'md5', 'sm3', 'sha256']) {
    const companion = companionOf(file, extension, companions)
    if (await isThere(companion)) await rename(companion, join(folder, basename(companion)))
  }
  await rename(file, join(folder, basename(file)))
}

/** @throws Error where the format has no side for files */
export async function openFileCarrier(parts: WireParts, way: WireConfig): Promise<Wire> {
  const { format, client, time } = parts
  const config = way.config as InboundConfig
  const side = sideOf(parts)
  const folder = await folderOf(parts, config.place)
  return {
    carrier: {
      carry: async (sending, signal) => {
        const file = join(folder, side.fileName(sending.letter, sending.envelope))
        await drop(file, sending.body, config)
        const refusal = (): Promise<string | undefined> => reportOn(file, config)
        return awaitLetter(sending, { client, time, format, refusal }, signal)
      },
    },
  }
}

/** The file under a name that says that it is not yet whole, its digest, and `.ok` last. */
async function drop(
  file: string,
  body: Buffer,
  { digest = 'md5', companions }: InboundConfig,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const aside = `${file}.tmp`
  await writeFile(aside, body)
  await rename(aside, file)
  const hex = createHash(digest).update(body).digest('hex')
  await writeFile(companionOf(file, digest, companions), `${hex}  ${basename(file)}\n`)
  await writeFile(companionOf(file, 'ok', companions), '')
}

/** What the hub says of a file that it refused, whole or in part; undefined where it has said nothing. */
async function reportOn(
  file: string,
  { rejectedFolder = 'rejected', charset = 'utf-8', reportCharset = charset }: InboundConfig,
): Promise<string | undefined> {
  for (const folder of [dirname(file), join(dirname(file), rejectedFolder)]) {
    const report = await readFile(join(folder, `${basename(file)}.err`)).catch(() => undefined)
    if (report !== undefined) return new TextDecoder(reportCharset).decode(report)
  }
  return undefined
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
