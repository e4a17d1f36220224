import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { freshFolder } from '../bench.ts'
import { openLocal } from './local.ts'
import { type Place, PlaceError, type PlaceFailure } from './place.ts'

describe('a local folder', () => {
  let folder: string
  let outside: string
  let place: Place

  beforeEach(async () => {
    folder = await freshFolder()
    outside = await freshFolder()
    await writeFile(path.join(outside, 'secret'), 'secret')
    place = openLocal({ folder, nameCharset: 'utf-8', randomBytes: (size) => randomBytes(size) })
  })

  afterEach(async () => {
    await place.close()
    for (const each of [folder, outside]) await rm(each, { recursive: true })
  })

  const at = (name: string): string => path.join(folder, name)

  function fails(work: Promise<unknown>, kind: PlaceFailure): Promise<void> {
    return assert.rejects(work, (error) => error instanceof PlaceError && error.kind === kind)
  }

  async function content(name: string): Promise<string> {
    const pieces: Uint8Array[] = []
    for await (const piece of place.read(name)) pieces.push(piece)
    return Buffer.concat(pieces).toString()
  }

  it('does not read, write or make folders through a link, wherever on the way it stands', async () => {
    await symlink(path.join(outside, 'secret'), at('file'))
    await symlink(outside, at('sub'))
    await fails(content('file'), 'denied')
    await fails(content('sub/secret'), 'denied')
    await fails(place.write('file', [Buffer.from('x')]), 'denied')
    await fails(place.makeFolder('sub'), 'denied')
    await fails(place.makeFolder('sub/below'), 'denied')
    assert.equal((await place.stat('file'))?.kind, 'other')
    assert.equal(await readFile(path.join(outside, 'secret'), 'utf8'), 'secret')
    assert.deepEqual(await readdir(outside), ['secret'])
  })

  it('may itself be reached by a link', async () => {
    await symlink(folder, path.join(outside, 'alias'))
    const alias = openLocal({
      folder: path.join(outside, 'alias'),
      nameCharset: 'utf-8',
      randomBytes: (size) => randomBytes(size),
    })
    await alias.makeFolder('a')
    await alias.write('a/b', [Buffer.from('content')])
    assert.equal(await content('a/b'), 'content')
    for await (const piece of alias.read('a/b')) assert.equal(Buffer.from(piece).toString(), 'content')
    assert.deepEqual(
      (await alias.list('')).entries.map(({ name, kind }) => [name, kind]),
      [['a', 'folder']],
    )
  })

  it('renames over nothing, but replaces', async () => {
    await writeFile(at('a'), 'a')
    await writeFile(at('b'), 'b')
    await fails(place.rename('a', 'b'), 'exists')
    await fails(place.rename('none', 'c'), 'missing')
    await place.replace('a', 'b')
    assert.equal(await content('b'), 'a')
    await place.rename('b', 'c')
    assert.deepEqual(await readdir(folder), ['c'])
  })

  it('moves a file once, to the first free name', async () => {
    await mkdir(at('done'))
    for (const text of ['1', '2', '3']) {
      await writeFile(at('a'), text)
      const moves = await Promise.allSettled(Array.from({ length: 8 }, () => place.move('a', 'done', 'a')))
      assert.equal(moves.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const move of moves)
        assert.ok(move.status === 'fulfilled' || (move.reason as PlaceError).kind === 'missing')
    }
    assert.deepEqual((await readdir(at('done'))).sort(), ['a', 'a.2', 'a.3'])
    assert.equal(await content('done/a.3'), '3')
  })

  it('tells a file that is not there from a folder that is gone', async () => {
    assert.equal(await place.stat('none'), undefined)
    await fails(content('none'), 'missing')
    await fails(place.list('none'), 'missing')
    await place.remove('none')
    await rm(folder, { recursive: true })
    await fails(place.stat('none'), 'unreachable')
    await fails(content('none'), 'unreachable')
    await fails(place.list(''), 'unreachable')
    await fails(place.write('a', []), 'unreachable')
    await fails(place.makeFolder('a'), 'unreachable')
    await fails(place.connection(), 'unreachable')
    await mkdir(folder)
  })

  it('cannot have every name', async () => {
    await fails(place.write('x'.repeat(256), []), 'name')
    const gbk = openLocal({ folder, nameCharset: 'gbk', randomBytes: (size) => randomBytes(size) })
    await fails(gbk.write('𠮷', []), 'name')
  })
})
