/** The operators among themselves and against the systems: an id in the audit log, and a key, mean one account only. */
import type { ConfigFault } from '../../contract/errors.ts'
import type { TopologyFiles } from '../topology-files.ts'

/** The name under which the hub itself acts. */
const RESERVED = 'hub'

export function checkOperators({ operators, systems }: TopologyFiles): ConfigFault[] {
  if (operators === undefined) return []
  const faults: ConfigFault[] = []
  const fault = (path: string, code: string, reason: string, remedy: string): void =>
    void faults.push({ file: operators.file, path, code, reason, remedy })
  const names = new Map([
    [RESERVED, 'the hub itself'],
    ...systems.map(({ file, content }): [string, string] => [content.id, file]),
  ])
  const keyIds = new Map(systems.flatMap(({ content }) => content.keys.map(({ id }) => [id, content.id])))
  const secrets = new Map(
    systems.flatMap(({ content }) => content.keys.map(({ id, secret }) => [secret, id])),
  )
  for (const [index, { id, keys }] of operators.content.operators.entries()) {
    const path = `/operators/${index}`
    const taken = names.get(id)
    if (taken !== undefined)
      fault(
        `${path}/id`,
        'OPERATOR_DUPLICATE',
        `${id} is the id of ${taken} already.`,
        'Give the account an id of its own.',
      )
    names.set(id, `${operators.file}#${path}`)
    for (const [place, key] of keys.entries()) {
      const owner = keyIds.get(key.id)
      if (owner !== undefined)
        fault(
          `${path}/keys/${place}/id`,
          'KEY_DUPLICATE',
          `${key.id} is a key of ${owner} already.`,
          'Give the key an id of its own.',
        )
      const other = secrets.get(key.secret)
      if (other !== undefined)
        fault(
          `${path}/keys/${place}/secret`,
          'KEY_SECRET_DUPLICATE',
          `${key.secret} is the secret of key ${other} already.`,
          'Give the key a secret of its own.',
        )
      keyIds.set(key.id, id)
      secrets.set(key.secret, key.id)
    }
  }
  return faults
}
