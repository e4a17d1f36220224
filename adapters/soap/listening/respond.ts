/** Writes an answer, or the interface description, to the connection. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../../hub/contract/clock.ts'
import type { DoorHandler } from '../../../hub/contract/door.ts'
import { PROBLEMS } from '../../../hub/contract/problems.ts'
import { MEDIA_TYPES, type SoapVersion } from '../message/envelope.ts'
import { type Answer, faultAnswer } from './answer.ts'
import { describeService } from './description.ts'
import type { Describe } from './partner-description.ts'
import { endUnread } from './request-body.ts'

export function wantsDescription({ url = '' }: IncomingMessage): boolean {
  return /^[^?]*\?(?:wsdl|singlewsdl)(?:=|&|$)/i.test(url)
}

/** Where only the path is known, the host is the one that was asked, where that is a host at all. */
export function sendDescription(
  { headers }: IncomingMessage,
  response: ServerResponse,
  describe: Describe,
  address: string | { readonly path: string },
): void {
  const host = /^[A-Za-z0-9.:[\]-]{1,255}$/.test(headers.host ?? '') ? headers.host : 'localhost'
  response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' })
  response.end(describe(typeof address === 'string' ? address : `http://${host}${address.path}`))
}

export function send(
  request: IncomingMessage,
  response: ServerResponse,
  version: SoapVersion,
  { status, text, retryAfterMs }: Answer,
  clock: Clock,
): void {
  const body = Buffer.from(text)
  response.setHeader('content-type', `${MEDIA_TYPES[version]}; charset=utf-8`)
  response.setHeader('content-length', body.length)
  if (status === 405) response.setHeader('allow', 'POST')
  if (retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1000))
  if (!request.complete) response.setHeader('connection', 'close')
  response.writeHead(status)
  // A request without a body is complete a moment after its handler was called; `close` does it no harm.
  if (request.complete) response.end(body)
  else {
    response.write(body)
    endUnread(request, response, clock)
  }
}

/** At `/soap` itself: the description for developers; systems have their services below. */
export const publishDescription: DoorHandler = (request, response) => {
  if (request.method === 'GET' && wantsDescription(request))
    return sendDescription(request, response, describeService, { path: '/soap/SYSTEM-ID' })
  const { zh, en } = PROBLEMS.NOT_FOUND
  const words = {
    zh: '各系统的服务地址是 /soap/ 加系统标识，接口说明见 /soap?wsdl',
    en: 'The service of a system has the address /soap/ and its id, the description /soap?wsdl.',
  }
  const { text } = faultAnswer('1.1', { blame: 'sender', code: 'NOT_FOUND', title: { zh, en }, words })
  response.writeHead(404, { 'content-type': `${MEDIA_TYPES['1.1']}; charset=utf-8`, connection: 'close' })
  response.end(text)
}
