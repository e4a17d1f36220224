/** The simulated province under load, in a process of its own: a fixed number of cases under way at any time, each the shortest way through. */

import { readDeployment } from '../../simulators/deployment.ts'
import { person } from '../../simulators/people.ts'
import { openProvince, type Province, type ProvinceOptions } from '../../simulators/province/province.ts'
import { keepSecrets } from '../../simulators/province/secrets.ts'
import { annexItems } from '../../simulators/routing.ts'
import { machineTime } from '../../simulators/time.ts'
import { answerParent } from '../child.ts'

export type RoundtripQuestion =
  | { readonly kind: 'open'; readonly secretsFile: string }
  /** Runs cases for so many seconds, the warm-up left out of the count. */
  | {
      readonly kind: 'run'
      readonly hubAddress: string
      readonly warmUpSeconds: number
      readonly seconds: number
      readonly underWay: number
    }

export interface OpenAnswer {
  readonly address: string
}

export interface RunAnswer {
  /** Milliseconds from handing in to the origin's seeing case.completed, sorted. */
  readonly latencies: number[]
  readonly seconds: number
  /** Words of what went wrong; empty where nothing did. */
  readonly troubles: string[]
}

/** How long the cases under way at the end may take. */
const LAST_CASES_MS = 15_000

let hubAddress = ''
let province: Province | undefined

answerParent(async (question: RoundtripQuestion): Promise<OpenAnswer | RunAnswer> => {
  if (question.kind === 'open') {
    province = await openProvince(optionsFor(question.secretsFile))
    return { address: province.address }
  }
  if (province === undefined) throw new Error('The province is not open.')
  hubAddress = question.hubAddress
  return await runCases(province, question)
})

function optionsFor(secretsFile: string): ProvinceOptions {
  const deployment = readDeployment()
  const secrets = keepSecrets(secretsFile, [])
  return {
    deployment,
    secrets,
    hubAddress: () => hubAddress,
    port: 0,
    time: machineTime,
    seed: 1,
    pace: { leastMs: 0, mostMs: 0 },
  }
}

async function runCases(
  open: Province,
  { warmUpSeconds, seconds, underWay }: Extract<RoundtripQuestion, { kind: 'run' }>,
): Promise<RunAnswer> {
  const { deployment, ledger } = open
  const items = annexItems(deployment)
  // Cities that are pushed to: what a poller's own rhythm adds is not the hub's.
  const regions = [...deployment.systems.values()]
    .filter(({ role, door }) => role === 'acceptance' && door !== undefined)
    .map(({ region }) => region)
  const startedAt = performance.now()
  const countFrom = startedAt + warmUpSeconds * 1000
  const countTo = countFrom + seconds * 1000
  const latencies: number[] = []
  const completions = new Map<string, (atMs: number) => void>()
  const completed = new Map<string, number>()
  const stopWatching = ledger.watch({
    arrived({ receiver, caseNo, type }) {
      if (type !== 'case.completed' || !receiver.startsWith('c')) return
      const told = completions.get(caseNo)
      if (told === undefined) completed.set(caseNo, performance.now())
      else told(performance.now())
    },
  })
  const stuck = Promise.withResolvers<never>()
  let number = 0

  async function oneAfterTheOther(): Promise<void> {
    while (performance.now() < countTo) {
      const mine = number++
      const region = regions[mine % regions.length] as string
      const item = items[mine % items.length]
      if (item === undefined) throw new Error('There is no item.')
      const from = performance.now()
      const { caseNo = '' } = await open.receive(region, {
        applicant: person(mine),
        item,
        scenario: 'initial',
        jurisdictionRegion: region,
        plan: 'swift',
      })
      const to =
        completed.get(caseNo) ?? (await new Promise<number>((resolve) => completions.set(caseNo, resolve)))
      completions.delete(caseNo)
      completed.delete(caseNo)
      if (to >= countFrom && to < countTo) latencies.push(to - from)
    }
  }

  const late = setTimeout(
    () => stuck.reject(new Error(`Cases are stuck:\n${troublesOf(open).join('\n')}`)),
    (warmUpSeconds + seconds) * 1000 + LAST_CASES_MS,
  )
  await Promise.race([stuck.promise, Promise.all(Array.from({ length: underWay }, oneAfterTheOther))])
  clearTimeout(late)
  stopWatching()
  latencies.sort((a, b) => a - b)
  return { latencies, seconds, troubles: troublesOf(open) }
}

function troublesOf({ ledger, refusals, troubles }: Province): string[] {
  const { doubled, misordered } = ledger.report()
  return [
    ...refusals.map(
      ({ type, status, problem }) => `the hub answered ${status} to ${type}: ${JSON.stringify(problem)}`,
    ),
    ...troubles.map(
      ({ system, error }) => `${system}: ${error instanceof Error ? error.message : String(error)}`,
    ),
    ...doubled.map(({ system, key }) => `${system}: ${key} took effect twice`),
    ...misordered.map(({ receiver, caseNo }) => `${receiver} saw ${caseNo} out of order`),
  ].slice(0, 10)
}
