/** Rewrites the expectations of cases to what the package makes now: after a change that was meant. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import type { Validator } from '../../canonical/validator.ts'
import type { LoadedPackage } from '../load-package.ts'
import { type CaseResult, runCases } from '../run-cases.ts'

export interface CaseUpdate {
  readonly package: string
  readonly title: string
  /** Relative to the package's folder. */
  readonly file: string
  readonly text: string
}

export interface UpdatePlan {
  readonly updates: readonly CaseUpdate[]
  /** Failing cases that no new expectation would mend, with the reason. */
  readonly left: readonly { readonly title: string; readonly why: string }[]
}

/** What `--update` would write. A case that lacks its expectation gets one. */
export async function planUpdates(
  format: LoadedPackage,
  results: readonly CaseResult[],
  validator: Validator,
): Promise<UpdatePlan> {
  const updates: CaseUpdate[] = []
  const left: { title: string; why: string }[] = []
  for (const failed of results.filter(({ passed }) => !passed)) {
    const { title } = failed
    const planned = updateOf(format, await withExpectation(format, failed, validator))
    if (typeof planned === 'string') left.push({ title, why: planned })
    else updates.push({ package: format.id, title, ...planned })
  }
  return { updates, left }
}

/** The result of a case without expected.json, as if it had an empty one: so that there is an output to write. */
async function withExpectation(
  format: LoadedPackage,
  failed: CaseResult,
  validator: Validator,
): Promise<CaseResult> {
  if (!failed.problems.includes('expected.json is missing.')) return failed
  const prefix = `${failed.title}/`
  const files = [...format.cases].filter(([path]) => path.startsWith(prefix))
  const cases = new Map([...files, [`${prefix}expected.json`, 'null'] as const])
  const [result] = await runCases({ ...format, cases }, { validator })
  return result ?? failed
}

function updateOf(
  format: LoadedPackage,
  { title, actual, problems, sent }: CaseResult,
): { readonly file: string; readonly text: string } | string {
  const [problem] = problems
  if (problem !== undefined) return problem
  const refused = faultsOf(actual)
  const yaml = parseDocument(format.cases.get(`${title}/case.yaml`) ?? '')
  if (refused === undefined && yaml.has('faults'))
    return 'It is no longer refused: remove faults from case.yaml, then run --update again.'
  if (refused !== undefined && !yaml.has('faults')) {
    const codes = refused.map(({ code, source }) => `${code}${source === undefined ? '' : ` ${source}`}`)
    return `It is refused now (${codes.join(', ')}): mend the mapping, or write faults into case.yaml and delete expected.json.`
  }
  const raw = ['expected.xml', 'expected.txt'].find((name) => format.cases.has(`${title}/${name}`))
  if (refused === undefined && raw !== undefined && sent !== undefined)
    return { file: `cases/${title}/${raw}`, text: `${sent.replace(/\n$/, '')}\n` }
  if (refused === undefined)
    return { file: `cases/${title}/expected.json`, text: `${JSON.stringify(actual, null, 2)}\n` }
  yaml.set('faults', refused)
  return { file: `cases/${title}/case.yaml`, text: yaml.toString({ lineWidth: 0 }) }
}

function faultsOf(
  actual: unknown,
): readonly { readonly code: string; readonly source?: string }[] | undefined {
  const { faults } = (actual ?? {}) as { readonly faults?: unknown }
  return Array.isArray(faults) && Object.keys(actual as object).length === 1 ? faults : undefined
}

/** Writes the files below `mappingsDir`. Safe twice. */
export function writeUpdates(mappingsDir: string, updates: readonly CaseUpdate[]): void {
  for (const { package: format, file, text } of updates) writeFileSync(join(mappingsDir, format, file), text)
}
