/** The outbound half: each message one file, with its companions, for a receiver that reads a folder. */
import type { Attachment, Link, LinkServices, Outbound, Receipt } from '../../hub/contract/adapter.ts'
import { LinkLost, OutcomeUnknown, Rejected, RetryLater } from '../../hub/contract/errors.ts'
import { unlessStopped } from '../shared/unless-stopped.ts'
import {
  type DepositOptions,
  deposit,
  type Enclosure,
  look,
  type Parcel,
  type Reply,
  sweep,
} from './deposit.ts'
import type { DigestName, Naming } from './digest.ts'
import { fileName, folderName } from './file-name.ts'
import { unsafeName } from './place/name.ts'
import type { PlaceConfig } from './place/open-place.ts'
import { join, type Place, PlaceError } from './place/place.ts'

/** As checked by config.schema.json, which describes every field and holds the defaults. */
export interface FileConfig {
  readonly place: PlaceConfig
  readonly folder?: string
  readonly name?: string
  readonly digests?: readonly DigestName[]
  readonly ok?: boolean
  readonly companions?: Naming
  readonly doneFolder?: string
  readonly ackExtension?: string
  readonly attachmentFolder?: string
}

export type LinkSettings = FileConfig &
  Required<Pick<FileConfig, 'folder' | 'name' | 'digests' | 'ok' | 'companions' | 'attachmentFolder'>>

/** Far longer than any attempt lives, on the clock of any server that is roughly right. */
const ABANDONED_MS = 24 * 3_600_000

/**
 * What became of a file: the whole policy of this adapter, in the order of its lines. Returns the receipt, or throws the
 * `DeliveryError` whose class is the instruction. Pure.
 */
export function judge(reply: Reply, path: string): Receipt {
  switch (reply.kind) {
    case 'written':
      return { reference: path }
    case 'there':
      return {
        reference: path,
        duplicate: true,
        ...(reply.words === undefined ? {} : { answer: reply.words }),
      }
    case 'differs':
      throw new Rejected(
        'contract',
        `${reply.path} stands there with another content. The name must be that of one message: put {messageId} or a number of its own into it, or into the folder of attachments.`,
      )
    case 'stopped':
      if (reply.stage === 'looking') throw new LinkLost('Stopped before anything was written.')
      // Counted, so that a file too big for its time limit comes to a person in the end.
      if (reply.stage === 'writing')
        throw new RetryLater('Stopped while the file was written; the receiver sees nothing of it.')
      throw new OutcomeUnknown(`Stopped while ${path} was put in place.`)
    case 'failed':
      throw failed(reply.stage, reply.failure)
  }
}

function failed(stage: 'looking' | 'writing' | 'publishing', failure: PlaceError): Error {
  const cause = { cause: failure }
  switch (failure.kind) {
    case 'unreachable':
      if (stage === 'looking') return new LinkLost(failure.message, cause)
      return new RetryLater(`${failure.message} The receiver sees nothing of the file yet.`, cause)
    case 'lost':
      if (stage === 'looking') return new LinkLost(failure.message, cause)
      if (stage === 'publishing')
        return new OutcomeUnknown(`${failure.message} The file may be in place or not.`, cause)
      return new RetryLater(`${failure.message} The receiver sees nothing of the file yet.`, cause)
    case 'denied':
      return new Rejected('credential', `${failure.message} Check the account and its rights there.`, cause)
    case 'name':
      return new Rejected('contract', failure.message, cause)
    case 'full':
    case 'exists':
    case 'missing':
    case 'failed':
      return new RetryLater(failure.message, cause)
  }
}

export class FileLink implements Link {
  readonly #settings: LinkSettings
  readonly #place: Place
  readonly #services: LinkServices
  readonly #deposits: DepositOptions
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #swept = new Set<string>()

  constructor(settings: LinkSettings, place: Place, services: LinkServices) {
    this.#settings = settings
    this.#place = place
    this.#services = services
    this.#deposits = {
      digests: settings.digests,
      ok: settings.ok,
      naming: settings.companions,
      doneFolder: settings.doneFolder,
      ackExtension: settings.ackExtension,
      randomBytes: services.randomBytes,
    }
  }

  async deliver(message: Outbound, signal: AbortSignal): Promise<Receipt> {
    const parcel = this.#parcelOf(message)
    const stop = this.#stop(signal)
    const reply = await this.#track(deposit(this.#place, parcel, this.#deposits, stop))
    if (reply.kind === 'written' && !this.#swept.has(parcel.folder)) {
      this.#swept.add(parcel.folder)
      // What lies about harms nobody, so nothing depends on it.
      const before = this.#services.clock.now() - ABANDONED_MS
      await unlessStopped(sweep(this.#place, parcel.folder, before), stop).catch(() => {})
    }
    return judge(reply, join(parcel.folder, parcel.name))
  }

  async query(message: Outbound, signal: AbortSignal): Promise<Receipt | undefined> {
    const parcel = this.#parcelOf(message)
    const stop = this.#stop(signal)
    try {
      const found = await this.#track(unlessStopped(look(this.#place, parcel, this.#deposits), stop))
      return found.kind === 'there' ? judge(found, join(parcel.folder, parcel.name)) : undefined
    } catch (error) {
      throw this.#asking(error, stop)
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    const stop = this.#stop(signal)
    try {
      const entry = await this.#track(unlessStopped(this.#place.stat(''), stop))
      if (entry?.kind !== 'folder')
        throw new PlaceError('unreachable', `There is no folder ${this.#place.title}.`)
    } catch (error) {
      throw this.#asking(error, stop)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#underWay)
    await this.#place.close()
  }

  #stop(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal])
  }

  #asking(error: unknown, stop: AbortSignal): unknown {
    if (error instanceof PlaceError) return failed('looking', error)
    return stop.aborted ? new LinkLost('Stopped while asking.') : error
  }

  /** @throws Rejected where the message's file, or one that goes with it, cannot have its name */
  #parcelOf(message: Outbound): Parcel {
    const { name, attachmentFolder } = this.#settings
    const folder = folderName(message.hints.folder ?? this.#settings.folder, message)
    const { attachments = [] } = message
    const beside = attachments.length === 0 ? '' : join(folder, folderName(attachmentFolder, message))
    return {
      folder,
      name: fileName(message.hints.fileName ?? name, message),
      body: message.body,
      enclosures: attachments.map((attachment) => enclosureOf(attachment, beside)),
    }
  }

  async #track<Result>(work: Promise<Result>): Promise<Result> {
    this.#underWay.add(work)
    try {
      return await work
    } finally {
      this.#underWay.delete(work)
    }
  }
}

/** @throws Rejected where its name is none */
function enclosureOf(attachment: Attachment, folder: string): Enclosure {
  const { fileId, name, size } = attachment
  const reason = unsafeName(name)
  if (reason !== undefined)
    throw new Rejected('contract', `The attachment cannot be called ${JSON.stringify(name)}: ${reason}.`)
  const [, sm3] = /^hub-file:sm3:([0-9a-f]{64})$/.exec(fileId) ?? []
  return { path: join(folder, name), size, sm3, open: () => attachment.open() }
}
