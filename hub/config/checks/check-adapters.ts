/** Each system's link: the kind exists, and the settings are what the kind asks for. Fills in the kind's defaults. */
import type { AdapterKind } from '../../contract/adapter.ts'
import type { ConfigFault } from '../../contract/errors.ts'
import { type SchemaCheck, schemaCheck } from '../schema-check.ts'
import type { TopologyFiles } from '../topology-files.ts'

export type KindOutline = Pick<AdapterKind, 'name' | 'configSchema'>

export function checkAdapters(
  { systems }: Pick<TopologyFiles, 'systems'>,
  kinds: readonly KindOutline[],
): ConfigFault[] {
  const checks = new Map<string, SchemaCheck>()
  for (const { name, configSchema } of kinds) checks.set(name, schemaCheck(configSchema, { strict: false }))
  return systems.flatMap(({ file, content: { outbound } }) => {
    if (outbound === undefined) return []
    const check = checks.get(outbound.adapter)
    if (check !== undefined) return check(outbound.config, file, '/outbound/config')
    const reason = `There is no adapter kind ${outbound.adapter}.`
    const remedy = `Known are: ${[...checks.keys()].join(', ')}.`
    return [{ file, path: '/outbound/adapter', code: 'ADAPTER_UNKNOWN', reason, remedy }]
  })
}
