/** `npm test [-- files and mocha options]`: all tests, or the files that are named. */
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const everything = ['hub', 'adapters', 'simulators', 'simulation', 'scripts', 'bench', 'crash'].map(
  (room) => `${room}/**/*.test.ts`,
)

const given = process.argv.slice(2)
// mocha adds the files of its configuration to those on the command line, so the list is kept here instead.
const files = given.some((argument) => argument.endsWith('.test.ts')) ? [] : everything
const mocha = spawn(process.execPath, [join(root, 'node_modules/mocha/bin/mocha.js'), ...given, ...files], {
  cwd: root,
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => mocha.kill(signal))
mocha.on('exit', (code) => {
  process.exitCode = code ?? 1
})
