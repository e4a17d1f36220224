/** The front door lent to listeners: which path belongs to whom. What nobody took is the hub's own. */
import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import { pathRefusal } from '../config/door-paths.ts'
import type { Door, DoorHandler } from '../contract/door.ts'
import { ConfigError } from '../contract/errors.ts'

export interface OpenDoor extends Door {
  /** Passes on what nobody took. */
  readonly handler: RequestHandler
}

export function makeDoor(): OpenDoor {
  const mounted = new Map<string, DoorHandler>()
  return {
    mount(path, handler) {
      const refusal = pathRefusal(path, mounted)
      if (refusal !== undefined)
        throw new ConfigError([
          { file: 'front door', path, code: 'DOOR_PATH', reason: refusal, remedy: 'Choose another path.' },
        ])
      mounted.set(path, handler)
      return () => {
        if (mounted.get(path) === handler) mounted.delete(path)
      }
    },
    handler: function lendDoor(request, response, next) {
      const handler = longest(pathOf(request), mounted)
      if (handler === undefined) next()
      else handler(request, response)
    },
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string
}

function longest(path: string, mounted: ReadonlyMap<string, DoorHandler>): DoorHandler | undefined {
  for (let rest = path; rest !== ''; rest = rest.slice(0, rest.lastIndexOf('/'))) {
    const handler = mounted.get(rest)
    if (handler !== undefined) return handler
  }
  return undefined
}
