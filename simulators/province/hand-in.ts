/** Hands the cases in at their windows, and prints what moves from then on. */
import type { WindowCase } from '../acceptance/window.ts'
import { annexCases, departmentCases } from './cases.ts'
import type { Province } from './province.ts'
import { printTimeline } from './timeline.ts'

/**
 * One case after the other; each is added to `cases` once the hub has taken it.
 * @throws Error where the hub refuses a case, or the signal fires
 */
export async function handIn(province: Province, cases: WindowCase[], signal: AbortSignal): Promise<void> {
  const { deployment, ledger } = province
  const place = (code: string): string => deployment.regionNames.get(code)?.zh ?? code
  const timeline = printTimeline(ledger, (line) => console.log(line))
  for (const [index, { region, visit, why }] of [
    ...annexCases(deployment),
    ...departmentCases(deployment),
  ].entries()) {
    signal.throwIfAborted()
    const label = `[${index + 1}]`
    const scenario = visit.item.scenarios.find(({ code }) => code === visit.scenario)?.name
    const way = `${place(region)} → ${place(visit.jurisdictionRegion)}`
    console.log(
      `${label} ${visit.item.name.zh}·${scenario?.zh}（${way}）${why.zh} / ${scenario?.en}: ${why.en}`,
    )
    const theCase = await province.receive(region, visit)
    cases.push(theCase)
    if (theCase.missing.length > 0)
      console.log(`${label}   –  一次性告知缺 missing: ${theCase.missing.join('、')}`)
    timeline.name(theCase.caseNo as string, label)
  }
}
