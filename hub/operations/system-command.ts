/** `hub system test <id>`: one configured system looked at from this machine; says what to fix. */
import { Command } from 'commander'
import { loadValidator } from '../canonical/validator.ts'
import type { CheckReport } from '../config/check.ts'
import { ownSecrets } from '../config/own-secrets.ts'
import { secretNames } from '../config/secrets.ts'
import { readSettings } from '../config/settings.ts'
import type { AdapterKind } from '../contract/adapter.ts'
import type { RandomBytes } from '../contract/clock.ts'
import { ConfigError } from '../contract/errors.ts'
import { loadFormatPackages } from '../mapping/load-packages.ts'
import { runCases } from '../mapping/run-cases.ts'
import { conclude, endsWithUsage, type ToolHost, UsageError } from '../mapping/tools/tool-host.ts'
import type { AskHub } from './ask-hub.ts'
import { type Finding, type ListenerLine, testSystem } from './system-test.ts'

export interface SystemCommandParts {
  readonly ask: AskHub
  readonly randomBytes: RandomBytes
  /** The kinds and the configuration as the hub would have them. */
  readonly readAll: () => Promise<{ readonly kinds: readonly AdapterKind[]; readonly report: CheckReport }>
}

const MARKS = { ok: '✓', wrong: '✗', 'not-known': '–' } as const

/** Exit codes: 0 nothing wrong, 1 something to fix, 2 called wrongly. */
export function systemCommand(host: ToolHost, parts: SystemCommandParts): Command {
  const command = new Command('system').description('Look at one connected system / 检查一个接入系统')
  command
    .command('test')
    .description(
      'Address, credentials, clocks, format of one system; sends nothing / 连通、凭证、时钟、格式，不发送报文',
    )
    .argument('<id>', 'system, as in topology/systems/')
    .option('--json', 'print one JSON object')
    .action((id: string, options: { json?: boolean }) =>
      conclude(host, options, async () => {
        const findings = await findingsOf(id, host, parts)
        const wrong = findings.filter(({ verdict }) => verdict === 'wrong')
        return {
          exitCode: wrong.length === 0 ? 0 : 1,
          report: { system: id, findings },
          lines: linesOf(findings),
        }
      }),
    )
  return endsWithUsage(command, host)
}

async function findingsOf(
  id: string,
  { environment, clock }: ToolHost,
  { ask, randomBytes, readAll }: SystemCommandParts,
): Promise<readonly Finding[]> {
  const { kinds, report } = await readAll()
  const { topology, settings, faults } = report
  if (topology === undefined || settings === undefined) throw new ConfigError(faults)
  const system = topology.systems.get(id)
  if (system === undefined)
    throw new UsageError(`There is no system ${id} in ${settings.topologyDir}/systems that takes part.`)
  const format = loadFormatPackages(settings.mappingsDir).packages.get(system.format)
  return testSystem(system, {
    kinds,
    format,
    runCases: async () => (format === undefined ? [] : runCases(format, { validator: loadValidator() })),
    secret: ownSecrets(environment, readSettings(environment)),
    secretNames: secretNames({ systems: new Map([[id, system]]), operators: new Map() }).map(
      ({ name }) => name,
    ),
    listeners: async () => {
      try {
        const answer: { listeners: readonly ListenerLine[] } = await ask(
          'GET',
          `/v1/ops/listeners?system=${encodeURIComponent(id)}`,
        )
        return answer.listeners
      } catch (error) {
        // Nobody answers, or this machine holds no operator's key: what is to be known without is told all the same.
        if (error instanceof UsageError || error instanceof ConfigError) return undefined
        throw error
      }
    },
    clock,
    randomBytes,
  })
}

function linesOf(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ step, verdict, words, fix }) => [
    `${MARKS[verdict]} ${step.padEnd(11)} ${words}`,
    ...(fix === undefined ? [] : [`  → ${fix}`]),
  ])
}
