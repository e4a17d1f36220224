/** `npm run check`: types, lint and format, structure, generated types, topology. Runs all of it, then fails if any did. */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBreaches, readSources } from './structure.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = (path: string): string => join(root, 'node_modules', path)

function run(title: string, ...parameters: string[]): boolean {
  console.log(`— ${title}`)
  return spawnSync(process.execPath, parameters, { cwd: root, stdio: 'inherit' }).status === 0
}

function structure(): boolean {
  console.log('— structure')
  const breaches = findBreaches(readSources())
  for (const { file, line, rule } of breaches) console.error(`${file}:${line}  ${rule}`)
  return breaches.length === 0
}

const failed = Object.entries({
  types: run('types', bin('typescript/bin/tsc'), '--noEmit', '-p', root),
  lint: run('lint and format', bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', root),
  structure: structure(),
  generated: run('generated types', join(root, 'scripts/generate-types.ts'), '--check'),
  topology: run('topology and formats', join(root, 'hub/cli.ts'), 'check'),
})
  .filter(([, passed]) => !passed)
  .map(([name]) => name)

console.log(failed.length === 0 ? 'check: ok' : `check: failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
