/**
 * Asks clamd over a socket: `zINSTREAM`, then pieces, each after its length in four bytes, most significant first, then a length
 * of 0 (the manual page clamd(8), COMMANDS). The scanner needs no access to the hub's disk, and may run elsewhere.
 */
import { createReadStream } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ScanPatience, ScanResult } from './scanner.ts'

/** An answer is one line; what is longer is none. */
const MOST_ANSWER_BYTES = 4096

/** Waits `timeoutMs` for the next sign of life. Throws where there is no understandable answer. */
export async function scanByClamd(
  address: { readonly host: string; readonly port: number },
  path: string,
  { clock, timeoutMs }: ScanPatience,
): Promise<ScanResult> {
  const socket = connect(address)
  const wait = () =>
    clock.after(timeoutMs, () => socket.destroy(new Error(`no sign of life for ${timeoutMs} ms`)))
  let patience = wait()
  const alive = (): void => {
    patience.cancel()
    patience = wait()
  }
  socket.on('drain', alive).on('data', alive).on('connect', alive)
  try {
    const answer = answerOf(socket)
    // It may answer and hang up before it has read everything: then the answer counts, not the broken pipe.
    const sent = pipeline(Readable.from(framed(path)), socket, { end: false })
    sent.catch(() => {})
    const words = await answer
    const found = /^stream: (.+) FOUND$/.exec(words)
    if (found !== null) return { clean: false, finding: found[1] as string }
    if (words === 'stream: OK') {
      await sent
      return { clean: true }
    }
    throw new Error(words === '' ? 'it hung up without an answer' : `it answered ${words.slice(0, 200)}`)
  } finally {
    patience.cancel()
    socket.destroy()
  }
}

async function* framed(path: string): AsyncGenerator<Buffer> {
  yield Buffer.from('zINSTREAM\0')
  for await (const chunk of createReadStream(path)) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE((chunk as Buffer).length)
    yield length
    yield chunk as Buffer
  }
  yield Buffer.alloc(4)
}

function answerOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    socket.on('data', (bytes) => {
      answer += bytes.toString('utf8')
      const end = answer.indexOf('\0')
      if (end !== -1) resolve(answer.slice(0, end).trim())
      else if (answer.length > MOST_ANSWER_BYTES) reject(new Error('its answer has no end'))
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(answer.trim()))
  })
}
