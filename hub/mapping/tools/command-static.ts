/** The commands of `hub mapping` that work on the text of format packages. */
import type { Command } from 'commander'
import { coverageCommand } from './static/coverage-command.ts'
import { impactCommand } from './static/impact-command.ts'
import { lineageCommand } from './static/lineage-command.ts'
import { lintCommand } from './static/lint-command.ts'
import type { ToolHost } from './tool-host.ts'

/** lint, lineage, coverage, impact; to be mounted under `hub mapping`. */
export function staticCommands(host: ToolHost): readonly Command[] {
  return [lintCommand, lineageCommand, coverageCommand, impactCommand].map((make) => make(host))
}
