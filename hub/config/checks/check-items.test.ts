import assert from 'node:assert/strict'
import { type Edit, placesOf, readEdited, swap } from '../../testing/edited-topology.ts'

const file = 'items/second-class-constructor.yaml'
const M01 = '  - code: M01\n    name: { zh: 审查表, en: Review form }'

/** Of what every material has: the first one's. */
const first =
  (found: string, instead: string): Edit =>
  (text) =>
    text.replace(found, instead)

const breaks: readonly {
  readonly title: string
  readonly edit: Edit
  readonly expected: readonly string[]
}[] = [
  {
    title: 'a promised limit that is longer than the statutory one',
    edit: swap('promisedDays: 20', 'promisedDays: 21'),
    expected: [`ITEM_PROMISE ${file}#/promisedDays`],
  },
  {
    title: 'a task code that ends with another catalogue code',
    edit: swap("catalogCode: '410190001000'", "catalogCode: '410190003000'"),
    expected: [`ITEM_CATALOG_CODE ${file}#/catalogCode`],
  },
  {
    title: 'a handling-item code that does not begin with the task code',
    edit: swap("'114100000000090136241019000100002'", "'114100000000090136241019000300002'"),
    expected: [`ITEM_HANDLE_ITEM ${file}#/scenarios/0/handleItem`],
  },
  {
    title: 'a handling-item code that two scenarios have',
    edit: swap("'114100000000090136241019000100002'", "'114100000000090136241019000100001'"),
    expected: [`ITEM_HANDLE_ITEM_DUPLICATE ${file}#/scenarios/1/handleItem`],
  },
  {
    title: 'a material code that stands twice',
    edit: swap('code: M02', 'code: M01'),
    expected: [`ITEM_MATERIAL_DUPLICATE ${file}#/materials/1/code`],
  },
  {
    title: 'a material name that stands twice',
    edit: swap('zh: 资格证书,', 'zh: 审查表,'),
    expected: [`ITEM_MATERIAL_DUPLICATE ${file}#/materials/1/name/zh`],
  },
  {
    title: 'a material required for a scenario that the item lacks',
    edit: swap('scenarios: [addition] }', 'scenarios: [addition, transfer] }'),
    expected: [`ITEM_REQUIRED_WHEN ${file}#/materials/8/requiredWhen/scenarios/1`],
  },
  {
    title: 'requiredWhen on a material that is not required',
    edit: swap(
      'required: true\n    # Printed as 否; it belongs to 增项 and to nothing else.',
      'required: false',
    ),
    expected: [`ITEM_REQUIRED_WHEN ${file}#/materials/8/requiredWhen`],
  },
  {
    title: 'paper of an electronic material',
    edit: swap(`${M01}\n    medium: either`, `${M01}\n    medium: electronic`),
    expected: [`ITEM_PAPER ${file}#/materials/0/paperRequired`],
  },
  {
    title: 'an item that ends before it begins',
    edit: swap('statutoryDays:', 'effectiveUntil: 2020-10-28\nstatutoryDays:'),
    expected: [`ITEM_PERIOD ${file}#/effectiveUntil`],
  },
  {
    title: 'paper that is archived and not posted',
    edit: first('paperRequired: true', 'paperRequired: false'),
    expected: [`ITEM_ARCHIVE ${file}#/materials/0/archive/form`],
  },
  {
    title: 'an archive of which nobody is in charge',
    edit: first('by: city-department', 'by: nobody'),
    expected: [`ITEM_ARCHIVE ${file}#/materials/0/archive/by`],
  },
  {
    title: 'a material that does not say how it is reviewed (art. 6)',
    edit: first('    reviewMethod: original-checked\n', ''),
    expected: [`CONFIG_REQUIRED ${file}#/materials/0/reviewMethod`],
  },
  {
    title: 'an owner that is no department',
    edit: swap('owner: housing-registration', 'owner: city-410100'),
    expected: [`ITEM_OWNER_UNKNOWN ${file}#/owner`],
  },
]

/** A second version of the item, in a file that is read after the first. */
const nextVersion =
  (version: number, effectiveFrom: string): Edit =>
  () =>
    firstText()
      .replace('version: 1', `version: ${version}`)
      .replace('effectiveFrom: 2020-10-29', `effectiveFrom: ${effectiveFrom}`)

function firstText(): string {
  let text = ''
  readEdited({
    [file]: (found) => {
      text = found
      return found
    },
  })
  return text
}

describe('checkItems', () => {
  for (const { title, edit, expected } of breaks) {
    it(`finds ${title}`, () => {
      assert.deepEqual(placesOf(readEdited({ [file]: edit }).faults), expected)
    })
  }

  it('finds a check character of the implementing body that does not fit, wherever the code stands', () => {
    const mistyped: Edit = (text) => text.replaceAll('114100000000090136', '114100000000090137')
    const { faults } = readEdited({
      [file]: mistyped,
      'routes/housing.yaml': mistyped,
      'items/second-class-cost-engineer.yaml': mistyped,
    })
    assert.deepEqual(placesOf(faults), [
      `ITEM_TASK_CODE_CHECK ${file}#/taskCode`,
      'ITEM_TASK_CODE_CHECK items/second-class-cost-engineer.yaml#/taskCode',
    ])
  })

  it('finds a scenario that stands twice', () => {
    const { faults } = readEdited({
      [file]: swap('{ code: reissue,', '{ code: change,'),
      'routes/housing.yaml': (text) =>
        text.replace(
          '[renewal, change, addition, reissue, cancellation]',
          '[renewal, change, addition, cancellation]',
        ),
    })
    assert.deepEqual(placesOf(faults), [`ITEM_SCENARIO_DUPLICATE ${file}#/scenarios/4/code`])
  })

  it('finds two versions that are in force on one day', () => {
    const { faults } = readEdited({ 'items/second-class-constructor-2.yaml': nextVersion(2, '2026-01-01') })
    assert.deepEqual(placesOf(faults), [`ITEM_PERIOD ${file}#/effectiveFrom`])
  })

  it('finds a version that stands twice', () => {
    const { faults } = readEdited({ 'items/second-class-constructor-2.yaml': nextVersion(1, '2026-01-01') })
    assert.deepEqual(placesOf(faults), [`ITEM_VERSION_DUPLICATE ${file}#/version`])
  })

  it('takes versions that follow each other, in the order of their days', () => {
    const { topology, faults } = readEdited({
      [file]: swap('statutoryDays:', 'effectiveUntil: 2025-12-31\nstatutoryDays:'),
      'items/a-second-version.yaml': nextVersion(2, '2026-01-01'),
    })
    assert.deepEqual(faults, [])
    assert.deepEqual(
      topology?.items.get('1141000000000901362410190001000')?.map(({ version }) => version),
      [1, 2],
    )
  })

  it('promises the statutory limit where no other is promised', () => {
    const promised = (edit: Edit): number | undefined =>
      readEdited({ [file]: edit }).topology?.items.get('1141000000000901362410190001000')?.[0]?.promisedDays
    assert.equal(promised(swap('promisedDays: 20\n', '')), 20)
    assert.equal(promised(swap('promisedDays: 20', 'promisedDays: 15')), 15)
  })
})
