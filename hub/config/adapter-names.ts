/** Which adapter kinds a topology names, before anything of it is checked. */
import type { Environment } from './environment.ts'
import { readTopologyFiles } from './topology-files.ts'

/** Each name once, of the systems that take part; those of broken files are left out. */
export function adapterNames(directory: string, environment: Environment): readonly string[] {
  const { files } = readTopologyFiles(directory, environment)
  const names = files.systems.flatMap(({ content: { inbound, outbound } }) => [
    ...(outbound === undefined ? [] : [outbound.adapter]),
    ...inbound.map(({ adapter }) => adapter),
  ])
  return [...new Set(names)]
}
