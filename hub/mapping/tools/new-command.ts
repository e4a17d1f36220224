/** `hub mapping new`: the skeleton of a package from one sample payload. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command, Option } from 'commander'
import { DECIDING_TYPES, type MessageType, RECEIVING_TYPES } from '../../contract/message.ts'
import { loadSource, readWorkingCopy } from '../registry/package-source.ts'
import { type NewPackage, newPackage } from './skeleton/package-text.ts'
import { MOST_SAMPLE_BYTES, readSample } from './skeleton/read-sample.ts'
import { conclude, type Outcome, type OutputOptions, type ToolHost, UsageError } from './tool-host.ts'
import { faultLines, workbenchOf } from './workbench.ts'

export interface NewOptions extends OutputOptions {
  readonly sample: string
  readonly type: MessageType
}

export function newCommand(host: ToolHost): Command {
  return new Command('new')
    .description('Make the skeleton of a package from a sample payload, with proposals and marked gaps.')
    .argument('<format>', 'id of the package: lower case, such as city-a-json')
    .requiredOption(
      '--sample <file>',
      'one message as the partner sends it: JSON, XML, a form or delimited text',
    )
    .addOption(
      new Option('--type <type>', 'canonical type of the message')
        .choices([...RECEIVING_TYPES, ...DECIDING_TYPES])
        .default('case.submitted'),
    )
    .option('--json', 'print one JSON object')
    .action((format: string, options: NewOptions) =>
      conclude(host, options, async () => newFormat(host, format, options)),
    )
}

/** Writes files only where none are. @throws UsageError for a bad id, a package that exists, a sample that cannot be read */
export function newFormat(host: ToolHost, format: string, { sample: file, type }: NewOptions): Outcome {
  const bench = workbenchOf(host)
  if (!/^[a-z][a-z0-9-]{1,39}$/.test(format))
    throw new UsageError(
      `${format} is no id of a package: 2 to 40 lower-case letters, digits and dashes, a letter first.`,
    )
  const folder = join(bench.mappingsDir, format)
  const schemaFile = join(bench.formatSchemas, format, 'messages.schema.json')
  for (const path of [folder, schemaFile])
    if (existsSync(path)) throw new UsageError(`${path} exists already; nothing is overwritten.`)
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`)
  if (statSync(file).size > MOST_SAMPLE_BYTES)
    throw new UsageError(`${file} is larger than one message: over 4 MB.`)
  const sample = readSample(readFileSync(file))
  const made = newPackage(format, type, sample)
  for (const [path, text] of made.files) writeNew(join(folder, path), text)
  writeNew(schemaFile, made.schema)

  const source = readWorkingCopy(bench, format)
  const faults = source === undefined ? [] : loadSource(source).faults
  const written = [...made.files.keys()].map((path) => `mappings/${format}/${path}`)
  written.push(`schemas/formats/${format}/messages.schema.json`)
  const { proposals, gaps } = made.mapping
  return {
    exitCode: faults.length === 0 ? 0 : 1,
    report: {
      format,
      media: sample.media,
      message: made.message,
      written,
      proposals,
      gaps,
      fields: made.fields,
      faults,
    },
    lines: [...reportLines(format, made, written), ...faultLines(faults)],
  }
}

function writeNew(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text, { flag: 'wx' })
}

function reportLines(format: string, made: NewPackage, written: readonly string[]): string[] {
  const { proposals, gaps } = made.mapping
  return [
    `${made.fields.length} field(s) in the sample, ${proposals.length} proposal(s):`,
    ...proposals.map(({ source, target, reason }) => `  ${source} → ${target}  (${reason})`),
    ...(gaps.required.length === 0
      ? []
      : ['required, without a source:', ...gaps.required.map((path) => `  ${path}`)]),
    ...(gaps.unused.length === 0
      ? []
      : ['fields of the sample that nothing reads:', ...gaps.unused.map((path) => `  ${path}`)]),
    'written:',
    ...written.map((path) => `  ${path}`),
    `The sample stands in mappings/${format}/cases: replace what is personal by made-up data before you commit it.`,
    `next: fill the gaps, then hub mapping test ${format}`,
  ]
}
