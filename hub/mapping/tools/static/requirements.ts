/** Required members of the target that a branch leaves out, or that may be missing. */
import type { Requirement } from './conform.ts'
import type { Finding, Remark } from './finding.ts'
import { placedAt } from './infer-mapping.ts'
import type { MappingSource } from './package-source.ts'

export function requirementFindings(
  requirements: readonly Requirement[],
  mapping: MappingSource,
): readonly Finding[] {
  // An incoming group that is incomplete is refused by the canonical schema, in the sender's own words.
  const incoming = mapping.direction === 'in'
  return requirements
    .filter(({ given, part }) => given === 'never' || (given === 'maybe' && !(part && incoming)))
    .map((requirement) => placedAt(remarkOf(requirement), requirement.offset, mapping.source))
}

function remarkOf({ target, given, needs }: Requirement): Remark {
  const from = needs.filter((need) => !need.startsWith('$'))
  const without = from.length === 0 ? '' : from.join(', ')
  return given === 'never'
    ? {
        rule: 'TARGET_REQUIRED',
        severity: 'error',
        reason: {
          zh: `目标必填的 ${target} 在这里没有给出`,
          en: `${target} is required, and this object does not give it`,
        },
        remedy: { zh: '补上该字段', en: 'Add the field' },
      }
    : {
        rule: 'TARGET_REQUIRED',
        severity: 'warning',
        reason: {
          zh: `目标必填的 ${target} 可能没有值${without === '' ? '' : `（来源 ${without} 可缺）`}`,
          en: `${target} is required, and may be missing${without === '' ? '' : ` (${without} is optional)`}`,
        },
        remedy: {
          zh: '给出别的来源或缺省值（??），或说明为何可以（lint-ok）',
          en: 'Give another source or a default (??), or say why it is fine (lint-ok)',
        },
      }
}
