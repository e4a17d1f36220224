/** The handful of cases that `npm start` hands in: the annex of the regulation in small, in every way a case can go, and what other departments decide. */
import type { Visit } from '../acceptance/application.ts'
import type { Deployment } from '../deployment.ts'
import { person } from '../people.ts'
import type { Plan } from '../plan.ts'
import { ANNEX_OWNER } from '../routing.ts'

export interface AnnexCase {
  /** Region whose window receives it. */
  readonly region: string
  readonly visit: Visit
  readonly why: { readonly zh: string; readonly en: string }
}

const CONSTRUCTOR = '1141000000000901362410190001000'
const COST_ENGINEER = '1141000000000901362410190002000'

/** Region of the window, region that the case belongs to, item, scenario, plan, what it is for. */
type Line = readonly [
  region: string,
  jurisdiction: string,
  taskCode: string,
  scenario: string,
  plan: Plan,
  zh: string,
  en: string,
]

const LINES: readonly Line[] = [
  [
    '411300',
    '410526',
    CONSTRUCTOR,
    'renewal',
    'straight',
    '南阳收件，滑县办理',
    'received in a city, decided by a county elsewhere',
  ],
  [
    '410100',
    '410100',
    CONSTRUCTOR,
    'initial',
    'publicity',
    '省级办理，公示期间停表',
    'decided by the province, clock stopped for publicity',
  ],
  [
    '410200',
    '410300',
    COST_ENGINEER,
    'initial',
    'correction',
    '省级办理，一次补正',
    'decided by the province after one correction',
  ],
  [
    '410500',
    '410500',
    COST_ENGINEER,
    'renewal',
    'straight',
    '本市收件，本市办理',
    'received and decided in the same city',
  ],
  [
    '411100',
    '411000',
    CONSTRUCTOR,
    'change',
    'missing-materials',
    '收件箱取件的市；材料不齐，一次性告知后补齐',
    'a city that polls its inbox; told at once what is missing',
  ],
  [
    '419001',
    '410400',
    COST_ENGINEER,
    'initial',
    'refused',
    '不予受理并说明理由',
    'not accepted, with reasons',
  ],
  [
    '410700',
    '411729',
    COST_ENGINEER,
    'addition',
    'correction',
    '收件箱取件的县办理，一次补正',
    'decided by a county that polls its inbox, after one correction',
  ],
  [
    '410225',
    '411600',
    CONSTRUCTOR,
    'cancellation',
    'straight',
    '收件箱取件的县收件',
    'received by a county that polls its inbox',
  ],
]

/** @throws Error where the deployment lacks an item of the annex */
export function annexCases(deployment: Deployment): AnnexCase[] {
  return LINES.map(([region, jurisdictionRegion, taskCode, scenario, plan, zh, en], index) => ({
    region,
    visit: {
      applicant: person(index),
      item: itemOf(deployment, taskCode),
      scenario,
      jurisdictionRegion,
      plan,
    },
    why: { zh, en },
  }))
}

/** Windows that hand in what departments decide, in turn; one of them polls its inbox. */
const DEPARTMENT_WINDOWS = ['411500', '411525', '410800', '411200'] as const
const DEPARTMENT_PLANS = ['correction', 'straight', 'publicity', 'correction'] as const

/** One case for every item that a department decides by itself. */
export function departmentCases({ systems, items }: Deployment): AnnexCase[] {
  const own = [...items.values()].filter(({ owner }) => owner !== ANNEX_OWNER)
  return own.map((item, index) => {
    const { name } = systems.get(item.owner) ?? { name: { zh: item.owner, en: item.owner } }
    const region = DEPARTMENT_WINDOWS[index % DEPARTMENT_WINDOWS.length] as string
    const [scenario] = item.scenarios
    if (scenario === undefined) throw new Error(`${item.name.zh} has no scenario.`)
    return {
      region,
      visit: {
        applicant: person(100 + index),
        item,
        scenario: scenario.code,
        jurisdictionRegion: '410526',
        plan: DEPARTMENT_PLANS[index % DEPARTMENT_PLANS.length] as Plan,
      },
      why: { zh: `${name.zh}办理`, en: `decided by: ${name.en}` },
    }
  })
}

/** Cases without end for a test of load or failure: windows, items, scenarios and plans in turn. @param number from 0 */
export function anyCase(deployment: Deployment, number: number, plans: readonly Plan[]): AnnexCase {
  const regions = [...deployment.systems.values()]
    .filter(({ role }) => role === 'acceptance')
    .map(({ region }) => region)
  const turn = <Choice>(choices: readonly Choice[], step: number): Choice =>
    choices[Math.floor(number / step) % choices.length] as Choice
  const item = itemOf(deployment, turn([CONSTRUCTOR, COST_ENGINEER], 1))
  return {
    region: turn(regions, 1),
    visit: {
      applicant: person(1_000 + number),
      item,
      scenario: turn(item.scenarios, 2).code,
      jurisdictionRegion: turn([...regions.slice(5), ...regions.slice(0, 5)], 1),
      plan: turn(plans, 1),
    },
    why: { zh: '批量办件', en: 'one of many' },
  }
}

function itemOf({ items }: Deployment, taskCode: string) {
  const item = items.get(taskCode)
  if (item === undefined) throw new Error(`The item ${taskCode} of the annex is not in topology/items.`)
  return item
}
