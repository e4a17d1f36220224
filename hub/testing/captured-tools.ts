/** The commands of `hub mapping` in this process, on a copy of some packages, with what they print caught. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommanderError } from 'commander'
import { mappingCommand } from '../mapping/tools/command.ts'
import type { ExitCode, ToolHost } from '../mapping/tools/tool-host.ts'
import { VirtualClock } from './virtual-clock.ts'

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface Printed {
  readonly code: ExitCode | undefined
  readonly out: string
  readonly err: string
  /** The output read as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: reports are looked into by tests, field by field
  readonly json: any
}

export interface Tools {
  /** Temporary folder with `mappings`, `schemas` and `data` inside. */
  readonly root: string
  readonly clock: VirtualClock
  /** Adds what is given to the host; `confirm` makes it a terminal. */
  run(args: readonly string[], host?: Partial<ToolHost>): Promise<Printed>
  /** Below `root`. */
  read(path: string): string
  write(path: string, text: string): void
  remove(): void
}

/** `formats` of the project are copied; an empty list gives an empty `mappings/`. */
export function openTools(...formats: readonly string[]): Tools {
  const root = mkdtempSync(join(tmpdir(), 'mapping-tools-'))
  mkdirSync(join(root, 'schemas'))
  cpSync(join(project, 'mappings/_shared'), join(root, 'mappings/_shared'), { recursive: true })
  for (const format of formats) {
    cpSync(join(project, 'mappings', format), join(root, 'mappings', format), { recursive: true })
    cpSync(join(project, 'schemas/formats', format), join(root, 'schemas', format), { recursive: true })
  }
  const clock = new VirtualClock()
  const environment = { HUB_MAPPINGS_DIR: join(root, 'mappings'), HUB_DATA_DIR: join(root, 'data') }
  const formatSchemas = join(root, 'schemas')
  return {
    root,
    clock,
    async run(args, more = {}) {
      const out: string[] = []
      const err: string[] = []
      let code: ExitCode | undefined
      const host: ToolHost = {
        environment,
        clock,
        user: 'tester',
        formatSchemas,
        print: (text) => void out.push(text),
        complain: (text) => void err.push(text),
        finish: (given) => (code = given),
        stopping: new AbortController().signal,
        ...more,
      }
      await mappingCommand(host)
        .parseAsync(args, { from: 'user' })
        .catch((error: unknown) => {
          if (!(error instanceof CommanderError)) throw error
        })
      const text = out.join('\n')
      return {
        code,
        out: text,
        err: err.join('\n'),
        get json() {
          return JSON.parse(text)
        },
      }
    },
    read: (path) => readFileSync(join(root, path), 'utf8'),
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
