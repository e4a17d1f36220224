/** Whether a package may become active: it loads, lint finds no error, its cases pass and reach enough of it. */
import { loadValidator } from '../../canonical/validator.ts'
import type { LoadedPackage } from '../load-package.ts'
import { loadSource, type PackageSource, shippedCanonicalSchemas } from '../registry/package-source.ts'
import { runCases } from '../run-cases.ts'
import { lintPackage } from './static/lint.ts'
import { readSource } from './static/package-source.ts'
import { runCoverage } from './static/run-coverage.ts'
import { faultLines } from './workbench.ts'

export interface Check {
  readonly name: 'load' | 'lint' | 'cases' | 'coverage'
  readonly passed: boolean
  /** One line of what was found. */
  readonly words: string
  /** What stands against it. */
  readonly details: readonly string[]
}

export interface Examination {
  readonly checks: readonly Check[]
  readonly passed: boolean
  /** Absent where the package does not load. */
  readonly package?: LoadedPackage
}

/** @param minCoverage percent of the conditions' sides that the cases must reach */
export async function examine(source: PackageSource, minCoverage: number): Promise<Examination> {
  const loaded = loadSource(source)
  if (loaded.package === undefined) {
    const words = `${loaded.faults.length} fault(s)`
    const check: Check = { name: 'load', passed: false, words, details: faultLines(loaded.faults) }
    return { checks: [check], passed: false }
  }
  const checks = [lintCheck(source), ...(await caseChecks(source, loaded.package, minCoverage))]
  return { checks, passed: checks.every(({ passed }) => passed), package: loaded.package }
}

function lintCheck(source: PackageSource): Check {
  const findings = lintPackage(readSource(textsOf(source)))
  const errors = findings.filter(({ severity }) => severity === 'error')
  return {
    name: 'lint',
    passed: errors.length === 0,
    words: `${errors.length} error(s), ${findings.length - errors.length} warning(s)`,
    details: errors.map(
      ({ file, line, column, rule, reason }) =>
        `${file}:${line}:${column}  ${rule}  ${reason.zh} / ${reason.en}`,
    ),
  }
}

async function caseChecks(
  source: PackageSource,
  loaded: LoadedPackage,
  minCoverage: number,
): Promise<Check[]> {
  const validator = loadValidator()
  const results = await runCases(loaded, { validator })
  const failed = results.filter(({ passed }) => !passed)
  const cases: Check = {
    name: 'cases',
    passed: failed.length === 0 && results.length > 0,
    words:
      results.length === 0 ? 'there are none' : `${results.length - failed.length} of ${results.length} pass`,
    details: failed.map(({ title }) => `${title} fails; see: hub mapping test ${loaded.id}`),
  }
  const { coverage } = await runCoverage(readSource(textsOf(source)), validator)
  if (coverage === undefined || coverage.branches.total === 0)
    return [cases, { name: 'coverage', passed: true, words: 'there are no conditions', details: [] }]
  const { branches, rows } = coverage
  const enough = branches.percent >= minCoverage
  return [
    cases,
    {
      name: 'coverage',
      passed: enough,
      words: `branches ${branches.covered}/${branches.total} (${branches.percent} %), code rows ${rows.covered}/${rows.total} (${rows.percent} %)`,
      details: enough
        ? []
        : [`At least ${minCoverage} % of the branches are asked for; see: hub mapping coverage ${loaded.id}`],
    },
  ]
}

function textsOf({ format, files, shared, partnerSchemas }: PackageSource): Parameters<typeof readSource>[0] {
  return {
    folder: format,
    files,
    shared,
    canonicalSchemas: shippedCanonicalSchemas(),
    ...(partnerSchemas === undefined ? {} : { partnerSchemas: JSON.parse(partnerSchemas) as object }),
  }
}
