/** The hub's front door, lent to listeners whose protocol comes in there. Types only. */
import type { IncomingMessage, ServerResponse } from 'node:http'

export type DoorHandler = (request: IncomingMessage, response: ServerResponse) => void

export interface Door {
  /**
   * Everything at `path` and below goes to `handler`, unread; the longest path wins. The handler answers every request, and
   * limits what it reads.
   * @param path absolute, without a slash at its end; the hub's own addresses cannot be taken
   * @returns takes the handler off again; safe twice
   * @throws ConfigError where the path is taken
   */
  mount(path: string, handler: DoorHandler): () => void
}
