/**
 * A door in front of a real database for tests: it passes bytes on, knows a COMMIT when it sees one, and can hold, drop or cut
 * what the server answers to it, or be shut as a server that is down. It shares no code with the adapter.
 */
import type { Socket } from 'node:net'
import { DoorProxy } from '../door-proxy.ts'

/**
 * What becomes of the answer to a commit. `cut-unsent`: the commit itself does not reach the server. The others happen after it
 * was done.
 */
export type CommitTreatment = 'pass' | 'drop' | 'cut-before' | 'cut-within' | 'cut-unsent'

export class DatabaseProxy extends DoorProxy {
  /** Commits that clients have sent. */
  commits = 0
  treatment: CommitTreatment = 'pass'
  /** Nothing of a client's is passed on before this resolves. */
  ready: Promise<unknown> = Promise.resolve()
  /** What the server answers to a commit is passed on only after this resolves. */
  beforeAnswer: () => Promise<void> = async () => {}
  protected join(client: Socket, server: Socket, cut: () => void): void {
    let isCommitting = false
    let asking = Promise.resolve()
    client.on('data', (chunk: Buffer) => {
      asking = asking
        .then(() => this.ready)
        .then(() => {
          if (isCommit(chunk)) {
            isCommitting = true
            if (this.treatment === 'cut-unsent') cut()
            this.commits++
            this.changed()
          }
          server.write(chunk)
        })
        .catch(cut)
    })
    let answering = Promise.resolve()
    server.on('data', (chunk: Buffer) => {
      const answersCommit = isCommitting
      isCommitting = false
      answering = answering
        .then(() => (answersCommit ? this.#answer(chunk, client, cut) : void client.write(chunk)))
        .catch(cut)
    })
  }

  async #answer(chunk: Buffer, client: Socket, cut: () => void): Promise<void> {
    await this.beforeAnswer()
    this.changed()
    switch (this.treatment) {
      case 'pass':
        client.write(chunk)
        return
      case 'drop':
        return
      case 'cut-within':
        client.write(chunk.subarray(0, 3), cut)
        return
      default:
        cut()
    }
  }
}

/** A simple query of PostgreSQL (`Q`, length, text, 0), or COM_QUERY of MySQL (header of 4 bytes, 3, text). */
function isCommit(chunk: Buffer): boolean {
  const text = chunk.toString('latin1')
  return text === 'Q\0\0\0\x0bcommit\0' || (chunk[4] === 3 && chunk.length < 20 && text.endsWith('commit'))
}
