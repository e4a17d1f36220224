/**
 * Packets of the SSH File Transfer Protocol, version 3 (draft-ietf-secsh-filexfer-02), the version that servers speak.
 * Written here because names are bytes in it, and the client in the library knows names in UTF-8 only.
 */
import { PlaceError } from './place.ts'

export const TYPE = {
  INIT: 1,
  VERSION: 2,
  OPEN: 3,
  CLOSE: 4,
  READ: 5,
  WRITE: 6,
  LSTAT: 7,
  OPENDIR: 11,
  READDIR: 12,
  REMOVE: 13,
  MKDIR: 14,
  RENAME: 18,
  STATUS: 101,
  HANDLE: 102,
  DATA: 103,
  NAME: 104,
  ATTRS: 105,
  EXTENDED: 200,
} as const

/** Status codes (§7), and some of later versions that servers send nevertheless. */
export const STATUS = {
  OK: 0,
  EOF: 1,
  NO_SUCH_FILE: 2,
  PERMISSION_DENIED: 3,
  FAILURE: 4,
  OP_UNSUPPORTED: 8,
  FILE_ALREADY_EXISTS: 11,
  WRITE_PROTECT: 12,
  NO_SPACE: 14,
  QUOTA_EXCEEDED: 15,
} as const

/** §6.3 */
export const OPEN = { READ: 0x01, WRITE: 0x02, CREAT: 0x08, TRUNC: 0x10 } as const

/** A packet that does not hold what its type says: what it answers may have been done or not. */
export class WireError extends PlaceError {
  constructor(reason: string) {
    super('lost', `The server does not keep to its protocol: ${reason}.`)
  }
}

export interface Attributes {
  readonly size: number | undefined
  /** POSIX mode with the type of file in it. */
  readonly mode: number | undefined
  /** Seconds since the Unix epoch. */
  readonly modified: number | undefined
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function uint64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

export function text(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as Uint8Array)
  return Buffer.concat([uint32(content.length), content])
}

/** Attributes with permissions only (§5). */
export function modeAttributes(mode: number): Buffer {
  return Buffer.concat([uint32(0x4), uint32(mode)])
}

/** A packet with its length before it. */
export function packet(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat([Buffer.of(type), ...parts])
  return Buffer.concat([uint32(content.length), content])
}

/** Reads a packet's content from its beginning to its end. Every method throws `WireError` where it is too short. */
export class Fields {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get empty(): boolean {
    return this.#at >= this.#bytes.length
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new WireError('a packet is too short')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  byte(): number {
    return this.take(1)[0] as number
  }

  uint32(): number {
    return this.take(4).readUInt32BE()
  }

  uint64(): number {
    return Number(this.take(8).readBigUInt64BE())
  }

  text(): Buffer {
    return this.take(this.uint32())
  }

  attributes(): Attributes {
    const flags = this.uint32()
    const size = flags & 0x1 ? this.uint64() : undefined
    if (flags & 0x2) this.take(8)
    const mode = flags & 0x4 ? this.uint32() : undefined
    let modified: number | undefined
    if (flags & 0x8) {
      this.uint32()
      modified = this.uint32()
    }
    if (flags & 0x80000000)
      for (let count = this.uint32(); count > 0; count--) {
        this.text()
        this.text()
      }
    return { size, mode, modified }
  }
}

/** Cuts a stream of bytes into packets' contents. */
export class PacketCutter {
  readonly #limit: number
  #rest = Buffer.alloc(0)

  /** @param limit bytes of the largest packet that is taken */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @throws WireError where a packet is larger than the limit, or empty */
  push(bytes: Uint8Array): Buffer[] {
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes])
    const packets: Buffer[] = []
    let at = 0
    while (this.#rest.length - at >= 4) {
      const length = this.#rest.readUInt32BE(at)
      if (length === 0 || length > this.#limit)
        throw new WireError(`a packet of ${length} bytes; 1 to ${this.#limit} are taken`)
      if (this.#rest.length - at - 4 < length) break
      packets.push(this.#rest.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
    this.#rest = this.#rest.subarray(at)
    return packets
  }
}
