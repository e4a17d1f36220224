/**
 * The desk that decides (a department, or a city for what the annex leaves to it): takes the application, and then acts
 * by the case's plan, one letter after the other. Copies of cases that others decide are filed and nothing more.
 */
import { compact, day } from '../beijing.ts'
import type { CatalogueItem, Deployment } from '../deployment.ts'
import type { Office, Reading } from '../formats/letter.ts'
import type { Desk, Party, PartyCase } from '../party.ts'
import type { Plans } from '../plan.ts'
import { partiesOfCase } from '../routing.ts'
import type { Chance } from '../time.ts'

export interface BackOfficeParts {
  readonly party: Party
  readonly deployment: Deployment
  readonly plans: Plans
  readonly chance: Chance
  readonly office: Office
  /** How long an official thinks before each letter, in milliseconds. */
  readonly pace: { readonly leastMs: number; readonly mostMs: number }
  readonly onTrouble: (system: string, error: unknown) => void
}

type Application = Extract<Reading, { type: 'case.submitted' }>

/** Days of a year, for a licence that is valid for three. */
const LICENCE_DAYS = 3 * 365
const DAY_MS = 86_400_000

export function backOffice(parts: BackOfficeParts): Desk {
  const { party, plans, deployment, chance, pace, office } = parts
  /** Who waits for the applicant's correction, by the hub's number of the case. */
  const waiting = new Map<string, () => void>()
  /** Makes own numbers differ from those of an earlier run against the same hub. */
  const run = compact(party.time.now())
  let opened = 0

  const think = (): Promise<void> => {
    const delayMs = chance.whole(pace.leastMs, pace.mostMs)
    return delayMs === 0 ? Promise.resolve() : new Promise((resolve) => party.time.after(delayMs, resolve))
  }

  async function decide(application: Application): Promise<void> {
    const parties = partiesOfCase(deployment, application)
    if (parties.decider !== party.system.id) return
    const plan = plans.of(application.residentId)
    const item = itemOf(deployment, application.taskCode)
    opened++
    const departmentNo = `BM${party.system.region}${run}${String(opened).padStart(6, '0')}`
    const theCase: PartyCase = { parties, ownNo: departmentNo, caseNo: application.caseName, letters: 0 }
    const common = () => ({ at: party.time.now(), departmentNo, office })
    const tell = async (letter: Parameters<Party['tell']>[1]): Promise<void> => {
      const { status } = await party.tell(theCase, letter)
      if (status >= 300) throw new Stuck()
      await think()
    }

    await think()
    if (plan !== 'swift') await tell({ type: 'case.received', ...common() })
    if (plan === 'refused') {
      await tell({
        type: 'case.refused',
        ...common(),
        noticeNo: `${departmentNo}-BYSL`,
        reasons: ['申请人的资格证书已过有效期', '聘用单位不具备相应资质'],
      })
      return
    }
    if (plan === 'correction') {
      const corrected = new Promise<void>((resolve) => waiting.set(application.caseName, resolve))
      const things = application.materials.slice(0, 2).map(({ name }) => ({
        code: item.materials.find((material) => material.name.zh === name)?.code ?? '',
        name,
        requirement: `${name}未加盖公章，请补盖后重新提交`,
      }))
      await tell({
        type: 'correction.requested',
        ...common(),
        noticeNo: `${departmentNo}-BZ1`,
        round: 1,
        things,
        dueDay: day(party.time.now() + 15 * DAY_MS),
      })
      await corrected
      await think()
    }
    await tell({
      type: 'case.accepted',
      ...common(),
      noticeNo: `${departmentNo}-SL`,
      promisedDay: day(party.time.now() + 28 * DAY_MS),
    })
    if (plan === 'publicity') {
      const procedure = { procedureNo: `${departmentNo}-GS`, name: '审查意见公示' }
      await tell({
        type: 'procedure.started',
        ...common(),
        ...procedure,
        reason: '注册审查意见依规定公示',
        expectedEndDay: day(party.time.now() + 7 * DAY_MS),
      })
      await tell({ type: 'procedure.ended', ...common(), ...procedure, result: '公示期内无异议' })
    }
    if (plan !== 'swift')
      await tell({
        type: 'step.recorded',
        ...common(),
        name: '审核',
        startedAt: party.time.now(),
        opinion: '材料真实有效，拟同意',
      })
    await tell({
      type: 'case.decided',
      ...common(),
      granted: true,
      opinion: '同意注册',
      documentNo: `${departmentNo}-JD`,
    })
    await tell({
      type: 'case.completed',
      ...common(),
      granted: true,
      explanation: '准予注册，颁发证书',
      licence: licenceOf(item, departmentNo, office, party.time.now()),
    })
  }

  return (reading) => {
    if (reading.type === 'case.supplemented') {
      waiting.get(reading.caseName)?.()
      waiting.delete(reading.caseName)
    }
    if (reading.type !== 'case.submitted') return
    decide(reading).catch((error: unknown) => {
      // The hub's refusal has been reported by the party; the case stays where it is.
      if (!(error instanceof Stuck)) parts.onTrouble(party.system.id, error)
    })
  }
}

class Stuck extends Error {}

function itemOf({ items }: Deployment, taskCode: string): CatalogueItem {
  const item = items.get(taskCode)
  if (item === undefined) throw new Error(`There is no item ${taskCode}.`)
  return item
}

function licenceOf(item: CatalogueItem, departmentNo: string, { org }: Office, nowMs: number) {
  return {
    name: `${item.name.zh.replace('注册资格认定', '')}注册证书`,
    number: `豫${departmentNo}`,
    issuer: org.name,
    issuedDay: day(nowMs),
    validFromDay: day(nowMs),
    validUntilDay: day(nowMs + LICENCE_DAYS * DAY_MS),
  }
}
