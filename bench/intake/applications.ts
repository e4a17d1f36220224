/** Distinct applications of the annex, all alike in size: 初始 and 延续 of both items, as a city of the acceptance gateway has them. */
import { applicationOf } from '../../simulators/acceptance/application.ts'
import type { Deployment } from '../../simulators/deployment.ts'
import type { Submission } from '../../simulators/formats/letter.ts'
import { person } from '../../simulators/people.ts'
import { annexItems } from '../../simulators/routing.ts'

export const SENDER = 'city-411300'
export const REGION = '411300'

const WINDOW = {
  hallId: 'DT411300',
  hallName: '南阳市政务服务大厅',
  windowId: 'DT411300-01',
  clerk: { id: 'CK41130001', name: '窗口测试员' },
}

/** @param number from 0; each is another applicant's */
export function application(deployment: Deployment, number: number, nowMs: number): Submission {
  const list = annexItems(deployment)
  const item = list[number % list.length] ?? list[0]
  const visit = {
    applicant: person(number),
    item,
    scenario: number % 2 === 0 ? 'initial' : 'renewal',
    jurisdictionRegion: REGION,
    plan: 'straight',
  } as const
  return applicationOf(visit, { region: REGION, window: WINDOW, nowMs })
}
