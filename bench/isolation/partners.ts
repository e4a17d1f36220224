/** Partners of two hubs in one process, one clock for both: a city that hands cases in at a steady rate, and doors that note when each message reaches them. */
import { Agent, createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { applicationOf } from '../../simulators/acceptance/application.ts'
import { readDeployment } from '../../simulators/deployment.ts'
import { gatewayJson } from '../../simulators/formats/gateway-json/gateway-json.ts'
import { person } from '../../simulators/people.ts'
import { keepSecrets } from '../../simulators/province/secrets.ts'
import { annexItems } from '../../simulators/routing.ts'
import { trueRandomBytes } from '../../simulators/time.ts'
import { signedHeaders } from '../../simulators/wire/signer.ts'
import { answerParent } from '../child.ts'

export type Behaviour = 'hangs' | 'answers-500'

export type PartnersQuestion =
  /** Opens the doors for one hub; systems that are not named take everything at once. */
  | { readonly kind: 'open'; readonly behaviour: Readonly<Record<string, Behaviour>> }
  /** Hands in cases at a steady rate; answers when the well ones among their receivers have all of it. */
  | {
      readonly kind: 'window'
      readonly hubAddress: string
      readonly secretsFile: string
      /** Regions that the cases belong to, in turn. */
      readonly regions: readonly string[]
      readonly ill: readonly string[]
      readonly count: number
      readonly perSecond: number
    }

export interface OpenAnswer {
  readonly port: number
}

export interface WindowAnswer {
  /** Milliseconds from handing in to arrival at a well receiver. */
  readonly latencies: readonly number[]
  /** 99th percentile of this process's event loop delay, milliseconds. */
  readonly lagMs: number
}

const SENDER = 'city-411300'
const REGION = '411300'
const LIMIT_MS = 20_000
/** "Taken" in the words of every format at once. */
const TAKEN = JSON.stringify({
  code: 200,
  message: 'ok',
  data: {},
  success: true,
  head: { code: '200', message: 'ok' },
  body: {},
  result: { code: 'OK', message: 'ok' },
  STATUS: '200',
})

const known = readDeployment()
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
/** `performance.now()` of the first arrival, by `<system> <message id>`. */
const arrivals = new Map<string, number>()
let number = 0

answerParent(async (question: PartnersQuestion): Promise<OpenAnswer | WindowAnswer> => {
  if (question.kind === 'window') return await runWindow(question)
  const server = openDoors(question.behaviour)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port }
})

function openDoors(behaviour: Readonly<Record<string, Behaviour>>): Server {
  const server = createServer((request, response) => {
    request.resume()
    request.on('error', () => undefined)
    request.on('end', () => {
      const [, system = ''] = (request.url ?? '').split('/')
      const how = behaviour[system]
      if (how === 'hangs') return
      if (how === 'answers-500') {
        response.writeHead(500, { 'content-length': 0 }).end()
        return
      }
      const key = `${system} ${request.headers['idempotency-key']}`
      if (!arrivals.has(key)) arrivals.set(key, performance.now())
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(TAKEN) })
        .end(TAKEN)
    })
  })
  server.keepAliveTimeout = 70_000
  return server
}

type WindowQuestion = Extract<PartnersQuestion, { kind: 'window' }>

async function runWindow(question: WindowQuestion): Promise<WindowAnswer> {
  const { count, perSecond, ill } = question
  const lag = monitorEventLoopDelay({ resolution: 5 })
  lag.enable()
  const startedAt = performance.now()
  const sent: Promise<{ sentAt: number; messageId: string; receivers: readonly string[] }>[] = []
  while (sent.length < count) {
    // An open loop: a hub that falls behind is not spared.
    const due = Math.min(count, Math.ceil(((performance.now() - startedAt) / 1000) * perSecond))
    while (sent.length < due) sent.push(handIn(question, number++))
    await pause(1)
  }
  const handedIn = await Promise.all(sent)
  const wanted = handedIn.flatMap(({ sentAt, messageId, receivers }) =>
    receivers
      .filter((system) => !ill.includes(system))
      .map((system) => ({ sentAt, key: `${system} ${messageId}` })),
  )
  const limit = performance.now() + LIMIT_MS
  while (wanted.some(({ key }) => !arrivals.has(key))) {
    if (performance.now() > limit) throw new Error('Well receivers did not get everything in time.')
    await pause(5)
  }
  lag.disable()
  const latencies = wanted.map(({ sentAt, key }) => (arrivals.get(key) as number) - sentAt)
  arrivals.clear()
  return { latencies, lagMs: lag.percentile(99) / 1e6 }
}

/** A renewal: decided by the city that it belongs to, with a copy to the province. */
async function handIn({ hubAddress, secretsFile, regions }: WindowQuestion, mine: number) {
  const region = regions[mine % regions.length] as string
  const [item] = annexItems(known)
  const key = known.systems.get(SENDER)?.key
  if (key === undefined) throw new Error('The deployment lacks the sender.')
  const nowMs = Date.now()
  const application = applicationOf(
    { applicant: person(mine), item, scenario: 'renewal', jurisdictionRegion: region, plan: 'straight' },
    {
      region: REGION,
      window: { hallId: 'DT411300', hallName: '南阳市政务服务大厅', windowId: 'DT411300-01', clerk: CLERK },
      nowMs,
    },
  )
  const ownNo = `${REGION}-BENCH-${String(mine).padStart(8, '0')}`
  const body = gatewayJson.write(application, {
    letterNo: `${ownNo}-1`,
    position: 1,
    caseNo: undefined,
    ownNo,
    sender: { id: SENDER, region: REGION },
    writtenAt: nowMs,
  })
  const secret = keepSecrets(secretsFile, []).get(key.secretName) ?? ''
  const send = (): Promise<{ messageId: string }> => {
    const unsigned = { method: 'POST', path: '/v1/cases', query: '', body }
    const signer = { id: key.id, algorithm: key.algorithm, secret }
    const nonce = trueRandomBytes(16).toString('base64url')
    return post(`${hubAddress}/v1/cases`, signedHeaders(unsigned, signer, nowMs, nonce), body)
  }
  const sentAt = performance.now()
  // A kept-open connection may be closed by the hub just as it is used: the same bytes again are the same message.
  const { messageId } = await send().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET') throw error
    return send()
  })
  return { sentAt, messageId, receivers: [`city-${region}`, item.owner] }
}

const CLERK = { id: 'CK41130001', name: '窗口测试员' }

function post(url: string, headers: Record<string, string>, body: Buffer): Promise<{ messageId: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-type': gatewayJson.contentType, 'content-length': body.length },
      },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (piece: string) => {
          text += piece
        })
        answer.on('end', () => {
          if (answer.statusCode === 201) resolve(JSON.parse(text))
          else reject(new Error(`The hub answered ${answer.statusCode}: ${text}`))
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}
