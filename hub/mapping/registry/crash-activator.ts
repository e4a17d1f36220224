/** Activates one version after another until it is killed; prints each that it was told is active. For crash.test.ts. */
import { activate } from './activation.ts'
import { VersionShelf } from './version-shelf.ts'

const [, , dataDir = '', from = '0'] = process.argv
const shelf = new VersionShelf(dataDir)
for (let count = Number(from); ; count++) {
  const version = `1.0.0+${count.toString(16).padStart(12, '0')}`
  const files = new Map(
    Array.from({ length: 20 }, (_, index) => [`cases/${index}/input.json`, `${version} `.repeat(500)]),
  )
  const source = { format: 'crashing', files, shared: new Map([['a.jsonata', version]]) }
  activate(shelf, { id: 'crashing', version }, source, { nowMs: count, who: 'tester' })
  process.stdout.write(`${version}\n`)
}
