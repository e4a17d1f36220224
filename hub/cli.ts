/** The `hub` command: `npm run hub -- <command>`. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { Command, CommanderError } from 'commander'
import { makeOperationsClient } from './api/operations-client.ts'
import { ownSecrets } from './config/own-secrets.ts'
import { readSettings } from './config/settings.ts'
import { ConfigError, HubError } from './contract/errors.ts'
import { loadKinds, readConfiguration, startHub, systemClock } from './main.ts'
import { mappingCommand } from './mapping/tools/command.ts'
import { processHost } from './mapping/tools/process-host.ts'
import { operationCommands } from './operations/command.ts'
import { systemCommand } from './operations/system-command.ts'
import { signRequest } from './security/signature.ts'

interface SignOptions {
  readonly system?: string
  readonly operator?: string
  readonly method: string
  readonly path: string
  readonly body?: string
}

// A reader such as `head` may leave before everything is printed; that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const program = new Command('hub').description('The provincial integration hub / 省统一受理平台集成枢纽')

program
  .command('serve')
  .description('Start the hub and serve until SIGTERM or SIGINT.')
  .action(async () => {
    // What the hub writes holds personal data: for its own account only.
    process.umask(0o077)
    const hub = await startHub(process.env)
    // Node would keep what it has compiled when the process ends in good order; a hub that is killed starts again too.
    flushCompileCache()
    let asked = 0
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      // Kept for good: whoever starts the hub may pass a terminal's signal on to it again. The third is a person's who will not wait.
      process.on(signal, () => {
        asked++
        if (asked === 3) process.exit(1)
        if (asked > 1) return
        hub.stop().then(
          () => process.exit(0),
          (error: unknown) => fail(error),
        )
      })
    }
  })

program
  .command('check')
  .description('Check topology, formats and settings; print every fault with file, path, reason and remedy.')
  .option('--json', 'print one JSON object')
  .action(async ({ json }: { json?: boolean }) => {
    const kinds = await loadKinds(process.env)
    const { faults, summary } = readConfiguration(process.env, { secrets: false, kinds })
    if (json) {
      console.log(JSON.stringify({ ok: faults.length === 0, summary, faults }))
    } else {
      for (const { file, path, code, reason, remedy } of faults)
        console.log(`${file}${path && `#${path}`}  ${code}\n  ${reason}\n  → ${remedy}`)
      console.log(faults.length === 0 ? `ok: ${summary}` : `${faults.length} fault(s).`)
    }
    process.exitCode = faults.length === 0 ? 0 : 1
  })

program
  .command('sign')
  .description(
    'Print the headers that sign a request, one a line, for: curl -H @<file>. See docs/signing.md.',
  )
  .option('--system <id>', 'system that sends, as in topology/systems/')
  .option('--operator <id>', 'account that sends, as in topology/operators.yaml')
  .option('--method <method>', 'method of the request', 'GET')
  .requiredOption('--path <path>', 'path with query, such as /v1/cases?validate=only')
  .option('--body <file>', 'file that holds the body, byte for byte')
  .action(async ({ system, operator, method, path, body }: SignOptions) => {
    const settings = readSettings(process.env)
    const kinds = await loadKinds(process.env)
    const { topology } = readConfiguration(process.env, { secrets: false, kinds })
    const sender = topology?.systems.get(system ?? '') ?? topology?.operators.get(operator ?? '')
    const [key] = sender?.keys ?? []
    if (key === undefined || (system === undefined) === (operator === undefined))
      throw new HubError(
        'SIGN_UNKNOWN_SYSTEM',
        `Name one sender with a key: --system, of ${settings.topologyDir}/systems, or --operator, of operators.yaml there.`,
      )
    const secret = ownSecrets(process.env, settings)(key.secret)
    const [pathname = '', query = ''] = path.split('?', 2)
    const headers = signRequest(
      {
        method: method.toUpperCase(),
        path: pathname,
        query,
        body: body === undefined ? new Uint8Array() : readFileSync(body),
      },
      { keyId: key.id, algorithm: key.algorithm, secret },
      { timestampSeconds: Math.floor(Date.now() / 1000), nonce: randomBytes(16).toString('base64url') },
    )
    for (const [name, value] of Object.entries(headers)) console.log(`${name}: ${value}`)
  })

const host = processHost(process.env, systemClock)
program.addCommand(mappingCommand(host))
const askHub = makeOperationsClient(process.env, systemClock, randomBytes)
for (const command of operationCommands(host, askHub)) program.addCommand(command)
const readAll = async () => {
  const kinds = await loadKinds(process.env)
  return { kinds, report: readConfiguration(process.env, { secrets: false, kinds }) }
}
program.addCommand(systemCommand(host, { ask: askHub, randomBytes, readAll }))

function fail(error: unknown): void {
  // A command that was called wrongly: its words are printed, its exit code is set.
  if (error instanceof CommanderError) return
  if (error instanceof ConfigError) {
    for (const { file, path, reason, remedy } of error.faults)
      console.error(`${file}${path && `#${path}`}\n  ${reason}\n  → ${remedy}`)
    console.error(`The hub does not start with ${error.faults.length} fault(s) in its configuration.`)
  } else {
    console.error(error instanceof HubError ? `${error.code}: ${error.message}` : error)
  }
  process.exit(1)
}

program.parseAsync().catch(fail)
