/** The regions among themselves: codes and aliases name one region a day, parents exist, the nodes are 18 and 10 (art. 2). */
import type { ConfigFault } from '../../contract/errors.ts'
import type { RegionAlias } from '../topology.ts'
import type { ConfigFile, RegionsContent } from '../topology-files.ts'

interface Located {
  readonly code: string
  readonly zh: string
  readonly level: 'province' | 'city' | 'county'
  readonly parent?: string
  readonly within?: string
  readonly aliases: readonly RegionAlias[]
  readonly path: string
}

export function checkRegions({ file, content }: ConfigFile<RegionsContent>): ConfigFault[] {
  const { province } = content
  const regions: Located[] = [
    {
      ...province,
      zh: province.name.zh,
      level: 'province',
      aliases: province.aliases ?? [],
      path: '/province',
    },
    ...content.regions.map((region, index) => ({ ...region, zh: region.name.zh, path: `/regions/${index}` })),
  ]
  const shape = [...duplicateCodes(regions, file), ...parents(regions, file)]
  // A wrong code or parent makes the count wrong too: that would be the same mistake told twice.
  return [...shape, ...aliases(regions, file), ...(shape.length > 0 ? [] : nodeCount(content, file))]
}

function duplicateCodes(regions: readonly Located[], file: string): ConfigFault[] {
  return regions.flatMap((region, index) => {
    const first = regions.slice(0, index).find(({ code }) => code === region.code)
    if (first === undefined) return []
    const reason = `${region.code} is the code of ${first.zh} already.`
    return [
      {
        file,
        path: `${region.path}/code`,
        code: 'REGION_DUPLICATE',
        reason,
        remedy: 'Correct the code, or remove one of the two.',
      },
    ]
  })
}

function parents(regions: readonly Located[], file: string): ConfigFault[] {
  const byCode = new Map(regions.map((region) => [region.code, region]))
  const faults: ConfigFault[] = []
  for (const { code, parent, within, path } of regions) {
    if (parent !== undefined && !byCode.has(parent)) {
      const reason = `No region has the code ${parent}.`
      faults.push({
        file,
        path: `${path}/parent`,
        code: 'REGION_PARENT_UNKNOWN',
        reason,
        remedy: 'Name a region of this file.',
      })
    } else if (parent !== undefined && reaches(byCode, parent, code)) {
      const reason = `${code} would report to itself.`
      faults.push({
        file,
        path: `${path}/parent`,
        code: 'REGION_PARENT_CYCLE',
        reason,
        remedy: 'Let the chain of parents end at the province.',
      })
    }
    if (within !== undefined && byCode.get(within)?.level !== 'city') {
      const reason = `No city has the code ${within}.`
      faults.push({
        file,
        path: `${path}/within`,
        code: 'REGION_WITHIN_UNKNOWN',
        reason,
        remedy: 'Name a city of this file.',
      })
    }
  }
  return faults
}

function reaches(byCode: ReadonlyMap<string, Located>, from: string, code: string): boolean {
  const seen = new Set<string>()
  for (let at: string | undefined = from; at !== undefined && !seen.has(at); at = byCode.get(at)?.parent) {
    if (at === code) return true
    seen.add(at)
  }
  return false
}

/** An alias must not name, on any day, what a current code or another alias names. */
function aliases(regions: readonly Located[], file: string): ConfigFault[] {
  const faults: ConfigFault[] = []
  const before: { readonly alias: RegionAlias; readonly region: Located }[] = []
  for (const region of regions) {
    region.aliases.forEach((alias, index) => {
      const path = `${region.path}/aliases/${index}`
      if (alias.from !== undefined && alias.until !== undefined && alias.from > alias.until) {
        const reason = `It ends on ${alias.until}, before it begins on ${alias.from}.`
        faults.push({
          file,
          path,
          code: 'REGION_ALIAS_PERIOD',
          reason,
          remedy: 'Correct one of the two days.',
        })
      }
      const current = regions.find(({ code }) => code === alias.code)
      const other = before.find(
        (candidate) => candidate.alias.code === alias.code && overlap(candidate.alias, alias),
      )
      const taken = current?.zh ?? other?.region.zh
      if (taken !== undefined) {
        const reason = `${alias.code} is ${current === undefined ? 'an alias' : 'the current code'} of ${taken} in the same period.`
        const remedy = 'Correct the code, or give the alias the days on which it meant this region alone.'
        faults.push({ file, path: `${path}/code`, code: 'REGION_ALIAS_CONFLICT', reason, remedy })
      }
      before.push({ alias, region })
    })
  }
  return faults
}

function overlap(one: RegionAlias, other: RegionAlias): boolean {
  const startsInTime = (from: string | undefined, until: string | undefined): boolean =>
    from === undefined || until === undefined || from <= until
  return startsInTime(one.from, other.until) && startsInTime(other.from, one.until)
}

function nodeCount({ expects, province, regions }: RegionsContent, file: string): ConfigFault[] {
  const counts = [
    { level: 'city', key: 'cities', expected: expects.cities },
    { level: 'county', key: 'counties', expected: expects.counties },
  ] as const
  return counts.flatMap(({ level, key, expected }) => {
    const nodes = regions.filter((region) => region.parent === province.code && region.level === level)
    if (nodes.length === expected) return []
    const reason = `${expected} ${key} must report to the province, ${nodes.length} do: ${nodes.map(({ code }) => code).join(', ')}.`
    const remedy = `Add or remove regions, or change expects.${key} where the province's structure was changed.`
    return [{ file, path: `/expects/${key}`, code: 'REGION_COUNT', reason, remedy }]
  })
}
