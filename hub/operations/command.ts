/** `hub deliveries`, `hub replay`, `hub redirect`, `hub reconcile`: what an operator does, at a terminal. They ask the running hub. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { beijingTime } from '../contract/clock.ts'
import {
  conclude,
  endsWithUsage,
  type Outcome,
  type ToolHost,
  UsageError,
} from '../mapping/tools/tool-host.ts'
import type { AskHub } from './ask-hub.ts'
import {
  comparisonLines,
  dayLines,
  deliveryLines,
  detailLines,
  planLines,
  redirectLines,
  remapLines,
  summaryLines,
} from './lines.ts'

const NOTHING_DONE = 'Nothing was done. Answer y, or add --yes where nobody can be asked.'

interface FilterOptions {
  readonly state?: string
  readonly destination?: string
  readonly case?: string
  readonly owner?: string
  readonly code?: string
  readonly limit?: string
}

interface ActOptions {
  readonly yes?: boolean
  readonly json?: boolean
  readonly reason?: string
}

/** Exit codes: 0 done, 1 not done or differences found, 2 called wrongly or refused by the hub. */
export function operationCommands(host: ToolHost, ask: AskHub): readonly Command[] {
  return [
    deliveriesCommand(host, ask),
    replayCommand(host, ask),
    redirectCommand(host, ask),
    remapCommand(host, ask),
    reconcileCommand(host, ask),
  ].map((command) => endsWithUsage(command, host))
}

function deliveriesCommand(host: ToolHost, ask: AskHub): Command {
  return withFilter(new Command('deliveries'))
    .description('List deliveries, dead letters above all, or show one / 查看投递与死信')
    .argument('[id]', 'show this delivery with its attempts')
    .option('--after <position>', 'go on after this position')
    .option('--summary', 'counts of every destination instead')
    .option('--json', 'print one JSON object')
    .action(
      (
        id: string | undefined,
        options: FilterOptions & { after?: string; summary?: boolean; json?: boolean },
      ) =>
        conclude(host, options, async () => {
          if (options.summary) {
            const report = await ask('GET', '/v1/ops/summary')
            return { exitCode: 0, report, lines: summaryLines(report) }
          }
          if (id !== undefined) {
            const report = await ask('GET', `/v1/ops/deliveries/${encodeURIComponent(id)}`)
            return { exitCode: 0, report, lines: detailLines(report) }
          }
          const query = new URLSearchParams(filterOf(options))
          for (const name of ['after', 'limit'] as const) if (options[name]) query.set(name, options[name])
          const report = await ask('GET', `/v1/ops/deliveries?${query}`)
          return { exitCode: 0, report, lines: deliveryLines(report) }
        }),
    )
}

function replayCommand(host: ToolHost, ask: AskHub): Command {
  return withAct(withFilter(new Command('replay')))
    .description('Deliver again what matches, after a dry run and a question / 重放投递：先试运行，再确认')
    .option('--id <id...>', 'these deliveries, instead of a filter')
    .option('--original', 'map with the version of the package that each started with, not the current one')
    .action((options: FilterOptions & ActOptions & { id?: string[]; original?: boolean }) =>
      conclude(host, options, () => {
        const filter = filterOf(options)
        if (options.id === undefined && Object.keys(filter).length === 0)
          throw new UsageError(
            'Say what to replay: --state, --destination, --case, --owner, --code, or --id.',
          )
        const wanted =
          options.id === undefined
            ? { filter, ...(options.limit === undefined ? {} : { limit: Number(options.limit) }) }
            : { ids: options.id }
        const request = { ...wanted, ...(options.original ? { mapping: 'original' } : {}) }
        return confirmedAct(host, ask, '/v1/ops/deliveries/replay', request, options)
      }),
    )
}

function redirectCommand(host: ToolHost, ask: AskHub): Command {
  return withAct(new Command('redirect'))
    .description('Move what is open to a system that was replaced, after a dry run / 系统更换后改送投递')
    .requiredOption('--from <id>', 'system that was replaced')
    .requiredOption('--to <id>', 'system that takes its place')
    .option('--state <state>', 'dead, unknown, waiting or pending; all of them unless given')
    .option('--case <number>', 'case number')
    .option('--owner <who>', 'who has to act: integrator, operator or partner')
    .option('--code <code>', 'code of the reason, such as DELIVERY_CONTRACT')
    .option('--id <id...>', 'these deliveries, instead of a filter')
    .option('--limit <n>', 'select at most so many at once; the command goes on until nothing is left', '100')
    .action((options: FilterOptions & ActOptions & { from: string; to: string; id?: string[] }) =>
      conclude(host, options, () => {
        const { from, to, id: ids, limit } = options
        const filter = filterOf(options)
        const wanted = ids === undefined ? { filter, limit: Number(limit) } : { ids }
        return redirectAll(host, ask, { from, to, ...wanted }, options)
      }),
    )
}

/** One question, about all of it; then act by act, each with a dry run of its own, until nothing is left. */
async function redirectAll(
  host: ToolHost,
  ask: AskHub,
  request: object,
  { yes = false, json = false, reason = `at the terminal by ${host.user}` }: ActOptions,
): Promise<Outcome> {
  const path = '/v1/ops/deliveries/redirect'
  const role = 'operator'
  let plan = await ask('POST', path, { role, body: { ...request, dryRun: true } })
  const first = plan
  const lines = redirectLines(plan)
  if (plan.count === 0) return { exitCode: 0, report: { plan }, lines }
  if (!json) for (const line of lines) host.print(line)
  const question = plan.more ? 'Move these, and then the others that match?' : `Move ${plan.count}?`
  const agreed = yes || (!json && (await host.confirm?.(question)) === true)
  if (!agreed) return { exitCode: 1, report: { plan }, lines: [NOTHING_DONE] }
  let moved = 0
  let casesLeft = 0
  for (;;) {
    const result = await ask('POST', path, { role, body: { ...request, confirm: plan.confirm, reason } })
    moved += result.moved
    casesLeft += result.casesLeft
    // What could not be moved is found again and again: then it is for a later time.
    if (!plan.more || result.moved === 0) break
    if (!json) host.print(`Moved ${moved} so far; ${first.openInAll} were open when it began.`)
    plan = await ask('POST', path, { role, body: { ...request, dryRun: true } })
    if (plan.count === 0) break
  }
  const done = `Moved ${moved}.`
  return {
    exitCode: casesLeft === 0 ? 0 : 1,
    report: { plan: first, result: { moved, casesLeft } },
    lines: [
      casesLeft === 0 ? done : `${done} ${casesLeft} case(s) were being worked on; try again in a moment.`,
    ],
  }
}

function remapCommand(host: ToolHost, ask: AskHub): Command {
  return withAct(new Command('remap'))
    .description(
      'Map a message again from the bytes it came in, and send the correction / 按原始报文重新转换',
    )
    .argument('<message>', 'message id')
    .option('--mapping <version>', 'version of the sender’s format package; the current one unless given')
    .action((messageId: string, options: ActOptions & { mapping?: string }) =>
      conclude(host, options, async (): Promise<Outcome> => {
        const { yes = false, json = false, mapping, reason = `at the terminal by ${host.user}` } = options
        const path = `/v1/ops/messages/${encodeURIComponent(messageId)}/remap`
        const request = mapping === undefined ? {} : { version: mapping }
        const role = 'operator'
        const plan = await ask('POST', path, { role, body: { ...request, dryRun: true } })
        const lines = remapLines(plan)
        if (!plan.changed) return { exitCode: 0, report: { plan }, lines }
        if (!json) for (const line of lines) host.print(line)
        const agreed = yes || (!json && (await host.confirm?.('Send the correction?')) === true)
        if (!agreed) return { exitCode: 1, report: { plan }, lines: [NOTHING_DONE] }
        const result = await ask('POST', path, { role, body: { ...request, confirm: plan.confirm, reason } })
        return {
          exitCode: 0,
          report: { plan, result },
          lines: [`Corrected by message ${result.correction}.`],
        }
      }),
    )
}

function reconcileCommand(host: ToolHost, ask: AskHub): Command {
  return withAct(new Command('reconcile'))
    .description('Compare the books of a day with a system, and repair / 与接入系统按日对账')
    .requiredOption('--system <id>', 'system of the topology')
    .option('--day <YYYY-MM-DD>', 'Beijing day; today unless given')
    .option(
      '--list <file>',
      'the partner’s own list: message ids, one a line, or a JSON array of {"id", "externalId"}',
    )
    .option('--repair', 'replay what the partner lacks by its list')
    .action((options: ActOptions & { system: string; day?: string; list?: string; repair?: boolean }) =>
      conclude(host, options, async (): Promise<Outcome> => {
        const { system, day = beijingTime(host.clock.now()).slice(0, 10), list } = options
        if (list === undefined) {
          if (options.repair) throw new UsageError('A repair needs the partner’s list: --list <file>.')
          const report = await ask('GET', `/v1/ops/reconciliation?${new URLSearchParams({ system, day })}`)
          return { exitCode: 0, report, lines: dayLines(report) }
        }
        const request = { system, day, messageIds: readList(list) }
        if (options.repair) return confirmedAct(host, ask, '/v1/ops/reconciliation/repair', request, options)
        const report = await ask('POST', '/v1/ops/reconciliation/compare', { body: request })
        const differences =
          report.missingAtPartner.length + report.openAtHub.length + report.unknownToHub.length
        return { exitCode: differences === 0 ? 0 : 1, report, lines: comparisonLines(report) }
      }),
    )
}

/** Dry run, question, act. Where nobody can be asked, nothing is done without `--yes`. */
async function confirmedAct(
  host: ToolHost,
  ask: AskHub,
  path: string,
  request: object,
  { yes = false, json = false, reason = `at the terminal by ${host.user}` }: ActOptions,
): Promise<Outcome> {
  const role = 'operator'
  const plan = await ask('POST', path, { role, body: { ...request, dryRun: true } })
  const lines = planLines(plan)
  if (plan.count === 0) return { exitCode: 0, report: { plan }, lines }
  if (!json) for (const line of lines) host.print(line)
  const agreed = yes || (!json && (await host.confirm?.(`Replay ${plan.count}?`)) === true)
  if (!agreed)
    return {
      exitCode: 1,
      report: { plan },
      lines: [NOTHING_DONE],
    }
  const result = await ask('POST', path, { role, body: { ...request, confirm: plan.confirm, reason } })
  const done = `Replayed ${result.replayed} of ${result.confirmed}.`
  const left = result.confirmed - result.replayed
  return {
    exitCode: left === 0 ? 0 : 1,
    report: { plan, result },
    lines: [left === 0 ? done : `${done} ${left} could not be taken back now; try again in a moment.`],
  }
}

function withFilter(command: Command): Command {
  return command
    .option('--state <state>', 'dead, unknown, waiting, pending, leased, delivered or cancelled')
    .option('--destination <id>', 'system that it goes to')
    .option('--case <number>', 'case number')
    .option('--owner <who>', 'who has to act: integrator, operator or partner')
    .option('--code <code>', 'code of the reason, such as DELIVERY_CONTRACT')
    .option('--limit <n>', 'at most so many')
}

function withAct(command: Command): Command {
  return command
    .option('--reason <text>', 'why; kept in the audit log')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON object')
}

function filterOf({ state, destination, case: caseNo, owner, code }: FilterOptions): Record<string, string> {
  const given = Object.entries({ state, destination, caseNo, owner, code })
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function readList(file: string): unknown[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`The list cannot be read: ${(cause as Error).message}.`)
  }
  if (!text.trimStart().startsWith('['))
    return text
      .split(/\s+/)
      .filter((id) => id !== '')
      .map((id) => ({ id }))
  try {
    return JSON.parse(text) as unknown[]
  } catch (cause) {
    throw new UsageError(`${file} is no JSON array: ${(cause as Error).message}.`)
  }
}
