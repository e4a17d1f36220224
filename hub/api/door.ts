/** The front door lent to listeners: which path belongs to whom. What nobody took is the hub's own. */
import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import type { Door, DoorHandler } from '../contract/door.ts'
import { ConfigError } from '../contract/errors.ts'

/** First parts of the hub's own addresses. */
const OWN = ['v1', 'livez', 'readyz', 'metrics', 'console']

export interface OpenDoor extends Door {
  /** Passes on what nobody took. */
  readonly handler: RequestHandler
}

export function makeDoor(): OpenDoor {
  const mounted = new Map<string, DoorHandler>()
  return {
    mount(path, handler) {
      const refusal = refusalOf(path, mounted)
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

function refusalOf(path: string, mounted: ReadonlyMap<string, unknown>): string | undefined {
  if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(path)) return `${path} is no plain path such as /partners/city-1.`
  if (OWN.includes(path.split('/')[1] as string)) return `${path} is among the hub's own addresses.`
  return mounted.has(path) ? `${path} is taken by another listener.` : undefined
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
