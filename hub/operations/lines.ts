/** The hub's answers as lines for people at a terminal. */

// biome-ignore-start lint/suspicious/noExplicitAny: answers of the hub, shaped as docs/operating.md says
type Answer = any

export function deliveryLines({ deliveries, next }: Answer): string[] {
  if (deliveries.length === 0)
    return [next === undefined ? 'None.' : `None so far; go on with --after ${next}.`]
  return [
    ...deliveries.flatMap((delivery: Answer) => headLines(delivery)),
    ...(next === undefined ? [] : [`More with --after ${next}.`]),
  ]
}

export function detailLines({ attempts, duplicateRisk, acts, ...delivery }: Answer): string[] {
  return [
    ...headLines(delivery),
    ...attempts.flatMap((attempt: Answer, index: number) => [
      `  attempt ${index + 1}, ${attempt.startedAt}: ${attempt.outcome}. ${attempt.words}`,
      ...evidenceLines('sent', attempt.sent),
      ...evidenceLines('answered', attempt.answered),
    ]),
    `  a replay: ${duplicateRisk.words.en}`,
    `  you may: ${acts.join(', ') || 'nothing now'}`,
  ]
}

export function planLines({ count, destinations, leftAlone, more, unknownIds = 0 }: Answer): string[] {
  const left = Object.entries(leftAlone).map(([state, found]) => `${found} ${state}`)
  return [
    count === 0
      ? 'Nothing to replay.'
      : `Dry run: ${count} would be delivered again, with the same message ids.`,
    ...destinations.flatMap((one: Answer) => [
      `  ${one.destination}: ${one.count} (${statesText(one.states)})`,
      `    ${one.duplicateRisk.words.en}`,
      ...(one.otherVersion === 0
        ? []
        : [`    ${one.otherVersion} mapped with the package as it is now, not as they started.`]),
    ]),
    ...(left.length === 0 ? [] : [`  left alone, under way anyway: ${left.join(', ')}`]),
    ...(unknownIds === 0 ? [] : [`  unknown ids: ${unknownIds}`]),
    ...(more ? ['  There are more than one act takes; run it again afterwards.'] : []),
  ]
}

export function redirectLines(plan: Answer): string[] {
  const { count, cases, from, to, states, openInAll, roles, alreadyThere, underWay, more } = plan
  if (count === 0) return [`Nothing to move from ${from}.`]
  const parts = Object.entries(roles).filter(([, found]) => found !== 0)
  return [
    `Dry run: ${count} of ${cases} case(s) would go to ${to} instead of ${from}, with the same message ids.`,
    `  ${statesText(states)}; ${openInAll} are open to ${from} in all`,
    ...(parts.length === 0
      ? []
      : [
          `  later messages go to ${to} too, as ${parts.map(([role, found]) => `${role} of ${found}`).join(', ')} case(s)`,
        ]),
    `  ${plan.movedRisk.words.en}`,
    `  ${plan.duplicateRisk.words.en}`,
    ...(alreadyThere === 0 ? [] : [`  ${alreadyThere} are only cancelled: ${to} has the message already.`]),
    ...(underWay === 0 ? [] : [`  ${underWay} are being attempted now; their cases may be left for later.`]),
    ...(more ? ['  There are more than one act takes; the command goes on with them.'] : []),
  ]
}

export function remapLines(plan: Answer): string[] {
  const { type, caseNo, format, version, changed, differences, clocks, destinations } = plan
  const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))
  if (!changed)
    return [`${type} of case ${caseNo} comes out the same with ${format} ${version}; nothing to do.`]
  return [
    `Dry run: ${type} of case ${caseNo} comes out differently with ${format} ${version}:`,
    ...differences.map(({ path, was, becomes }: Answer) => `  ${path}: ${shown(was)} → ${shown(becomes)}`),
    ...clocks.map(
      ({ clock, was, becomes }: Answer) =>
        `  clock ${clock}: ${was === undefined ? 'not there' : `${was.dueDate} ${was.state}`} → ${becomes.dueDate} ${becomes.state}`,
    ),
    ...destinations.flatMap(({ destination, how, requeued }: Answer) => [
      how === 'instead'
        ? `  ${destination} gets it instead of the first one, which did not arrive${requeued === 0 ? '' : `; ${requeued} later ones are queued anew behind it`}`
        : `  ${destination} has the first one, and gets a second ${type} of the case with another message id: ask whether it takes that for a correction`,
    ]),
  ]
}

export function summaryLines({ totals, needsAPerson, destinations }: Answer): string[] {
  const busy = destinations.filter(({ counts }: Answer) =>
    Object.entries(counts).some(([state, count]) => state !== 'delivered' && count !== 0),
  )
  return [
    `All: ${statesText(totals)}`,
    `For a person: ${statesText(needsAPerson.byOwner)}; ${statesText(needsAPerson.byCode)}`,
    ...busy.map(
      ({ destination, counts, breaker, oldestWaitingSeconds }: Answer) =>
        `  ${destination}: ${statesText(counts)}${breaker === undefined || breaker === 'closed' ? '' : `; left alone for a while (breaker ${breaker})`}${
          oldestWaitingSeconds === undefined ? '' : `; oldest waits ${oldestWaitingSeconds} s`
        }`,
    ),
  ]
}

export function dayLines(report: Answer): string[] {
  const parts = ['accepted', 'due', 'delivered', 'waiting', 'dead', 'unknown', 'cancelled']
  return [
    `${report.system}, ${report.day}, as of ${report.at}`,
    ...parts.map((part) => {
      const { count, digest, byType } = report[part]
      return `  ${part.padEnd(9)} ${String(count).padStart(6)}  ${count === 0 ? '' : `${digest}  ${statesText(byType)}`}`.trimEnd()
    }),
  ]
}

export function comparisonLines(report: Answer): string[] {
  const { matched, missingAtPartner, openAtHub, acceptedNotListed, otherwiseKnown, unknownToHub } = report
  const due = ({ id, type, caseNo, state }: Answer) => `    ${id}  ${type}  case ${caseNo}  ${state}`
  const listed = ({ id, externalId }: Answer) => `    ${id ?? `own number ${externalId}`}`
  const section = (title: string, list: readonly Answer[], line: (one: Answer) => string): string[] =>
    list.length === 0 ? [] : [`  ${title}: ${list.length}`, ...list.map(line)]
  return [
    `Matched: ${matched}`,
    ...section('missing at the partner (--repair delivers them again)', missingAtPartner, due),
    ...section('the partner has it, the hub does not know it was delivered', openAtHub, due),
    ...section(
      'taken by the hub, not on the partner’s list',
      acceptedNotListed,
      ({ id, type, caseNo }: Answer) => `    ${id}  ${type}  case ${caseNo}`,
    ),
    ...section('of another day or another system', otherwiseKnown, listed),
    ...section('unknown to the hub', unknownToHub, listed),
  ]
}

function headLines({
  id,
  state,
  held,
  destination,
  type,
  caseNo,
  createdAt,
  nextAttemptAt,
  reason,
}: Answer): string[] {
  return [
    `${state}${held ? ' (held)' : ''}  ${destination}  ${type}  case ${caseNo}`,
    `  ${id}  made ${createdAt}${nextAttemptAt === undefined ? '' : `, next attempt ${nextAttemptAt}`}`,
    ...(reason === undefined ? [] : [`  ${reason.code}, for ${reason.owner}: ${reason.words}`]),
  ]
}

function evidenceLines(what: string, evidence: Answer): string[] {
  if (evidence === undefined) return []
  const { bytes, charset, document, text } = evidence
  return [`    ${what}, ${bytes} bytes ${charset}: ${text ?? JSON.stringify(document)}`]
}

function statesText(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0)
  return some.length === 0 ? 'none' : some.map(([state, count]) => `${count} ${state}`).join(', ')
}
// biome-ignore-end lint/suspicious/noExplicitAny: as above
