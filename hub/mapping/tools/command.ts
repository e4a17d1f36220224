/** `hub mapping …`: the tools of those who write format packages. Nothing here starts the hub. */
import { Command } from 'commander'
import { staticCommands } from './command-static.ts'
import { diffCommand } from './diff-command.ts'
import { newCommand } from './new-command.ts'
import { previewCommand } from './preview-command.ts'
import { roundtripCommand } from './roundtrip-command.ts'
import { testCommand } from './test-command.ts'
import { endsWithUsage, type ToolHost } from './tool-host.ts'
import { activateCommand, rollbackCommand, versionsCommand } from './version-commands.ts'

/** All commands on one engine, the same as in production. Exit codes: 0 fine, 1 findings, 2 called wrongly. */
export function mappingCommand(host: ToolHost): Command {
  const command = new Command('mapping').description(
    'Write, test and activate format packages / 编写、测试、启用格式包',
  )
  for (const make of [
    newCommand,
    testCommand,
    previewCommand,
    roundtripCommand,
    diffCommand,
    activateCommand,
    rollbackCommand,
    versionsCommand,
  ])
    command.addCommand(make(host))
  for (const made of staticCommands(host)) command.addCommand(made)
  return endsWithUsage(command, host)
}
