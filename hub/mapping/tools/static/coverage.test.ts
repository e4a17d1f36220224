import assert from 'node:assert/strict'
import { loadValidator } from '../../../canonical/validator.ts'
import { type PackageSource, readSource, readSources, SHIPPED } from './package-source.ts'
import { runCoverage } from './run-coverage.ts'
import { codeCoverage, requiredCoverage, shareOf } from './static-coverage.ts'

const [gateway] = readSources(SHIPPED, 'gateway-json').packages as [PackageSource]
const validator = loadValidator()
const RECEIVE = 'in/DEPT_RECEIVE.jsonata'

function changed(
  changes: Readonly<Record<string, (text: string) => string>>,
  drop: RegExp = /^$/,
): PackageSource {
  const files = new Map([...gateway.files].filter(([path]) => !drop.test(path)))
  for (const [file, change] of Object.entries(changes)) files.set(file, change(files.get(file) ?? ''))
  return readSource({ ...gateway, files })
}

describe('static coverage', () => {
  it('counts required fields that every branch gives, and names the branch that leaves one out', () => {
    const whole = requiredCoverage(gateway).find(({ mapping }) => mapping === 'out/case.withdrawn')
    assert.deepEqual(
      { percent: whole?.percent, uncovered: whole?.uncovered },
      { percent: 100, uncovered: [] },
    )
    const broken = changed({
      'out/case.withdrawn.jsonata': () =>
        `{ "head": $head(id, "CASE_WITHDRAW"), "body": data.operatorId = "1"\n  ? { "unifiedNo": subject, "withdrawDate": "x", "reason": data.operatorName }\n  : { "unifiedNo": subject } }`,
    })
    const found = requiredCoverage(broken).find(({ mapping }) => mapping === 'out/case.withdrawn')
    const left = found?.uncovered.map(({ target, given, line, needs }) => [target, given, line, needs.join()])
    assert.deepEqual(left?.sort(), [
      ['body.reason', 'maybe', 2, 'data.operatorName'],
      ['body.reason', 'never', 3, ''],
      ['body.withdrawDate', 'never', 3, ''],
    ])
    assert.ok((found?.percent ?? 100) < 100)
  })

  it('counts code values both ways', () => {
    const whole = codeCoverage(gateway)
    assert.deepEqual(
      whole.filter(({ toPartner }) => toPartner !== undefined && toPartner.percent < 100),
      [],
    )
    const less = changed({ 'codes/get-way.csv': (text) => text.replace(/^4,terminal.*\n/m, '') })
    const table = codeCoverage(less).find((one) => one.table === 'get-way')
    assert.deepEqual(table?.toPartner, { covered: 3, total: 4, percent: 75, missing: ['terminal'] })
    assert.equal(table?.toCanonical?.total, 3)
  })

  it('calls nothing of nothing whole', () => {
    assert.equal(shareOf(0, 0).percent, 100)
    assert.equal(shareOf(999, 1000).percent, 99.9)
  })
})

describe('coverage by the cases', () => {
  const receiving = (body: object) => ({
    'cases/测试收件/case.yaml': () =>
      'about: 测试\ndirection: in\nmessage: DEPT_RECEIVE\nnow: 2026-10-08T10:00:00+08:00\n',
    'cases/测试收件/input.json': () =>
      JSON.stringify({ head: { apiCode: 'DEPT_RECEIVE', requestNo: 'r' }, body }),
    'cases/测试收件/expected.json': () => '{}',
  })

  it('is nothing without cases', async () => {
    const { coverage, faults } = await runCoverage(changed({}, /^cases\//), validator)
    assert.deepEqual(faults, [])
    assert.equal(coverage?.cases, 0)
    assert.equal(coverage?.branches.covered, 0)
    assert.equal(coverage?.defaults.covered, 0)
    assert.equal(coverage?.rows.covered, 0)
    assert.ok((coverage?.branches.total ?? 0) > 10)
    assert.equal(coverage?.idle.length, gateway.mappings.length)
  })

  it('tells which default a case takes, where it stands', async () => {
    const takes = async (body: object) => {
      const { coverage } = await runCoverage(changed(receiving(body), /^cases\//), validator)
      assert.equal(coverage?.idle.includes('in/DEPT_RECEIVE'), false)
      return coverage?.uncoveredBranches
        .filter(({ file }) => file.endsWith(RECEIVE))
        .map(({ kind, line, expression }) => `${kind} ${line} ${expression.slice(0, 8)}`)
    }
    const text = gateway.files.get(RECEIVE) ?? ''
    const line = text.slice(0, text.indexOf('??')).split('\n').length
    assert.deepEqual(await takes({ deptProjectNo: 'D1', projectNo: 'P1' }), [`default ${line} $present`])
    const other = await takes({ projectNo: 'P1' })
    assert.equal(
      other?.some((branch) => branch.startsWith('default')),
      false,
    )
    assert.equal(other?.length, 1)
  })

  it('counts code rows by direction', async () => {
    const { coverage } = await runCoverage(gateway, validator)
    assert.deepEqual(coverage?.failed, [])
    assert.ok((coverage?.rows.covered ?? 0) > 10)
    assert.equal((coverage?.rows.covered ?? 0) + (coverage?.uncoveredRows.length ?? 0), coverage?.rows.total)
    for (const { table, line } of coverage?.uncoveredRows ?? []) assert.ok(line > 1, table)
  })

  it('gives the faults of a package that does not load', async () => {
    const { coverage, faults } = await runCoverage(changed({ [RECEIVE]: () => '{' }), validator)
    assert.equal(coverage, undefined)
    assert.ok(faults.length > 0)
  })
})
