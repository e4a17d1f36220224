import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openTools, type Tools } from '../../testing/captured-tools.ts'
import { activate, rollBack } from './activation.ts'
import { makeFolderDurably } from './durable-files.ts'
import { openPackageRegistry, type PackageRegistry } from './package-registry.ts'
import { loadSource, readWorkingCopy } from './package-source.ts'
import { hashOf, VersionShelf } from './version-shelf.ts'

const ID = 'gateway-json'
const OUT = `mappings/${ID}/out/case.accepted.jsonata`

describe('the package registry', () => {
  let tools: Tools
  beforeEach(() => {
    tools = openTools(ID)
  })
  afterEach(() => tools.remove())

  const dataDir = (): string => join(tools.root, 'data')
  const shelf = (): VersionShelf => new VersionShelf(dataDir())
  const open = (mode: 'auto' | 'pinned' = 'auto'): Promise<PackageRegistry> =>
    openPackageRegistry({
      mappingsDir: join(tools.root, 'mappings'),
      formatSchemas: join(tools.root, 'schemas'),
      dataDir: dataDir(),
      clock: tools.clock,
      mode,
    })
  /** Another version that passes the same cases. */
  const change = (words = '改过'): void => tools.write(OUT, `${tools.read(OUT)}/* ${words} */\n`)
  const activateWorkingCopy = (): string => {
    const source = readWorkingCopy(
      { mappingsDir: join(tools.root, 'mappings'), formatSchemas: join(tools.root, 'schemas') },
      ID,
    )
    assert.ok(source)
    const loaded = loadSource(source).package ?? assert.fail()
    activate(shelf(), loaded, source, { nowMs: tools.clock.now(), who: 'tester' })
    return loaded.version
  }

  it('activates a working copy that passes its cases, once, and keeps the version before', async () => {
    const first = (await open()).current(ID).version
    assert.equal((await open()).current(ID).version, first)
    assert.equal(shelf().history(ID).length, 1)
    change()
    const registry = await open()
    const second = registry.current(ID).version
    assert.notEqual(second, first)
    assert.deepEqual(registry.faults, [])
    assert.match(registry.notices.join(), /is active, 1\.0\.0\+[0-9a-f]{12} before/)
    assert.equal(registry.at(ID, first)?.version, first)
    assert.equal(registry.at(ID, second), registry.current(ID))
    assert.equal(registry.at(ID, '1.0.0+000000000000'), undefined)
    assert.deepEqual(
      shelf()
        .history(ID)
        .map(({ action, version, who, at }) => ({ action, version, who, at })),
      [first, second].map((version) => ({
        action: 'activate',
        version,
        who: 'hub',
        at: '2026-09-30T10:00:00+08:00',
      })),
    )
  })

  it('leaves the active version in place where the working copy fails its cases or does not load', async () => {
    const first = (await open()).current(ID).version
    const good = tools.read(OUT)
    tools.write(OUT, '{ "head": $head($receiver.id, "X"), "body": {} }')
    tools.write(`mappings/${ID}/in/CASE_WITHDRAW.jsonata`, '{ "data": { "reason": "别的" } }')
    const failing = await open()
    assert.equal(failing.current(ID).version, first)
    assert.deepEqual(failing.faults, [])
    assert.match(
      failing.notices.join(),
      /stays active\. The working copy fails 1 of its cases: 申请地撤回申请/,
    )
    tools.write(OUT, `${good} )`)
    const broken = await open()
    assert.equal(broken.current(ID).version, first)
    assert.match(
      broken.notices.join(),
      /has 1 fault\(s\)\. mappings\/gateway-json\/out\/case\.accepted\.jsonata: Line/,
    )
  })

  it('has faults, and no package, where nothing was ever active', async () => {
    tools.write(OUT, '{')
    const broken = await open()
    assert.equal(broken.formats.size, 0)
    assert.equal(broken.faults[0]?.code, 'FORMAT_EXPRESSION')
    assert.throws(() => broken.current(ID), /There is no format package gateway-json/)
  })

  it('uses only what was activated when it is pinned', async () => {
    const nothing = await open('pinned')
    assert.deepEqual([...nothing.formats.keys()], [])
    assert.match(
      nothing.notices.join(),
      /gateway-json: no version is active\. .*hub mapping activate gateway-json/,
    )
    const first = activateWorkingCopy()
    change()
    const registry = await open('pinned')
    assert.equal(registry.current(ID).version, first)
    assert.equal(shelf().history(ID).length, 1)
  })

  it('goes back step by step, and does not bring back by itself what was rolled back', async () => {
    const first = (await open()).current(ID).version
    change('二')
    const second = (await open()).current(ID).version
    change('三')
    const third = activateWorkingCopy()
    const act = { nowMs: tools.clock.now(), who: 'tester' }
    assert.deepEqual([rollBack(shelf(), ID, act)?.version, shelf().active(ID)], [second, second])
    const registry = await open()
    assert.equal(registry.current(ID).version, second)
    assert.match(registry.notices.join(), /which was rolled back/)
    assert.equal(registry.at(ID, third)?.version, third)
    assert.equal(rollBack(shelf(), ID, act)?.version, first)
    assert.equal(rollBack(shelf(), ID, act), undefined)
    // By hand it can be brought back, and stays.
    assert.equal(activateWorkingCopy(), third)
    assert.equal((await open()).current(ID).version, third)
  })

  it('is not disturbed by what a crash left: half a snapshot, half a line of history', async () => {
    const folder = join(dataDir(), 'packages', ID)
    mkdirSync(join(folder, '.draft-1/package'), { recursive: true })
    writeFileSync(join(folder, '.draft-1/package/format.yaml'), 'id: gate')
    appendFileSync(join(folder, 'history.jsonl'), '{"action":"activate","version":"1.0.0+00')
    const first = (await open()).current(ID).version
    assert.equal(shelf().history(ID).length, 1)
    assert.equal(shelf().active(ID), first)
    // Snapshot on disk, history not yet written: the same act again completes it.
    rmSync(join(folder, 'history.jsonl'))
    assert.equal((await open()).current(ID).version, first)
    assert.equal(shelf().active(ID), first)
  })

  it('takes a snapshot that was changed for none', async () => {
    const first = (await open()).current(ID).version
    change()
    await open()
    const file = join('data/packages', ID, hashOf(first), 'package/out/case.accepted.jsonata')
    tools.write(file, `${tools.read(file)} `)
    const registry = await open()
    assert.equal(registry.at(ID, first), undefined)
    assert.match(shelf().load(ID, first).faults[0]?.reason ?? '', /was changed/)
  })

  it('makes a folder whole or not at all, and leaves one that is there alone', () => {
    const folder = join(dataDir(), 'x/abc')
    makeFolderDurably(folder, new Map([['a/b.txt', '一']]))
    makeFolderDurably(folder, new Map([['a/b.txt', '二']]))
    assert.equal(tools.read('data/x/abc/a/b.txt'), '一')
    assert.deepEqual(readdirSync(join(dataDir(), 'x')), ['abc'])
    assert.throws(() =>
      makeFolderDurably(
        join(dataDir(), 'x/def'),
        new Map([
          ['a', '1'],
          ['a/b', '2'],
        ]),
      ),
    )
    assert.ok(!existsSync(join(dataDir(), 'x/def')))
  })
})
