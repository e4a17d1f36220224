/** Which kinds of connection a run shows, and which not and why. */
import { type Deployment, kindsOf } from '../deployment.ts'

export interface KindsAtWork {
  /** Systems by kind; a system with two kinds is with both. */
  readonly on: Readonly<Record<string, readonly string[]>>
  /** Variable that would switch the kind on. */
  readonly off: Readonly<Record<string, string>>
}

export function kindsAtWork({ systems, leftOut }: Deployment): KindsAtWork {
  const on: Record<string, string[]> = {}
  for (const system of systems.values())
    for (const kind of kindsOf(system)) on[kind] = [...(on[kind] ?? []), system.id]
  const off = leftOut.flatMap(({ kinds, variable }) => kinds.map((kind) => [kind, variable] as const))
  return {
    on: Object.fromEntries(Object.entries(on).sort()),
    off: Object.fromEntries(off.filter(([kind]) => on[kind] === undefined)),
  }
}

/** One line a kind, in both languages. */
export function kindLines(deployment: Deployment): string[] {
  const { on, off } = kindsAtWork(deployment)
  const shown = (systems: readonly string[]): string =>
    systems.length > 3 ? `${systems.length} 个系统 systems` : systems.join(', ')
  return [
    ...Object.entries(on).map(([kind, systems]) => `  ${kind.padEnd(8)} ${shown(systems)}`),
    ...Object.entries(off).map(
      ([kind, variable]) => `  ${kind.padEnd(8)} 未启用，设置 ${variable} 即可 / off, set ${variable}`,
    ),
  ]
}
