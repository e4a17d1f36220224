/** Finding a region by any code it has, or had on the day in question. */
import type { Region, Topology } from './topology.ts'

/**
 * The region that `code` names on `date` (`YYYY-MM-DD`): by its current code, else by an alias in use on that day.
 * Takes six digits, or twelve of which the last six are zeros; anything else names nothing. No prefix is ever
 * compared: 济源 has four codes with three prefixes, and the ten counties share the prefix of a city they do not report to.
 */
export function regionOn(
  topology: Pick<Topology, 'regions'>,
  code: string,
  date: string,
): Region | undefined {
  const six = /^(\d{6})(?:000000)?$/.exec(code)?.[1]
  if (six === undefined) return undefined
  return (
    topology.regions.get(six) ?? [...topology.regions.values()].find((region) => hadAlias(region, six, date))
  )
}

function hadAlias({ aliases }: Region, code: string, date: string): boolean {
  return aliases.some(
    (alias) => alias.code === code && (alias.from ?? date) <= date && date <= (alias.until ?? date),
  )
}

/** A region and those it reports to, upwards, the province last. The parents must exist. */
export function upwards(regions: ReadonlyMap<string, Region>, region: Region): Region[] {
  const chain = [region]
  for (let above = region.parent; above !== undefined; above = chain.at(-1)?.parent) {
    chain.push(regions.get(above) as Region)
  }
  return chain
}
