import assert from 'node:assert/strict'
import { appendFile, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import iconv from 'iconv-lite'
import type { Inbound, InboundOutcome } from '../../../hub/contract/listener.ts'
import { notYet, refused, taken } from '../../listener-conformance.ts'
import { freshFolder } from '../bench.ts'
import { AGENCY, Inbox, until } from '../inbox-bench.ts'

const LINES = { content: 'lines', records: { detail: 'D' }, key: 'file', pollMs: 20 } as const
const WHOLE = { content: 'whole', key: 'file', pollMs: 20 } as const

/** Answers as the hub does: what came before under the same key is known. */
function knowing(): (inbound: Inbound) => InboundOutcome {
  const bodies = new Map<string, string>()
  return (inbound) => {
    const key = inbound.idempotencyKey ?? ''
    const body = Buffer.from(inbound.body).toString('hex')
    const before = bodies.get(key)
    bodies.set(key, before ?? body)
    if (before !== undefined && before !== body)
      return { ...refused('另一份内容'), code: 'IDEMPOTENCY_KEY_REUSED' } as InboundOutcome
    return { ...taken(inbound), repeated: before !== undefined } as InboundOutcome
  }
}

describe('a listener on a folder', function () {
  this.timeout(20_000)
  let inbox: Inbox

  beforeEach(async () => {
    inbox = await Inbox.local()
  })

  afterEach(() => inbox.close())

  describe('whole or not', () => {
    it('does not take a file that still grows', async () => {
      await inbox.drop('a.json', '{"a":', [])
      await inbox.open({ ...WHOLE, completion: 'stable', pollMs: 200 })
      await inbox.drop('b.json', '{}', [])
      await until('b is looked at', async () => {
        // Faster than the listener looks, so that it never sees the same twice.
        await appendFile(path.join(inbox.folder, 'a.json'), ' ')
        return inbox.has('done/b.json')
      })
      assert.deepEqual(inbox.bodies(), ['{}'])
      await appendFile(path.join(inbox.folder, 'a.json'), '1}')
      await inbox.appears('done/a.json')
      assert.match(inbox.bodies()[1] ?? '', /^\{"a": +1\}$/)
    })

    it('waits for a digest that fits', async () => {
      await inbox.drop('a.json', '{"a":1}', [])
      await writeFile(path.join(inbox.folder, 'a.json.md5'), 'd41d8cd98f00b204e9800998ecf8427e')
      await inbox.open({ ...WHOLE, completion: 'digest' })
      await inbox.drop('b.json', '{}', ['md5'])
      await inbox.appears('done/b.json')
      assert.deepEqual(inbox.bodies(), ['{}'])
      await inbox.drop('a.json', '{"a":1}', ['md5'])
      await inbox.appears('done/a.json')
    })

    for (const [title, companion] of [
      ['a digest that does not fit', 'd41d8cd98f00b204e9800998ecf8427e'],
      ['a companion with no digest in it', 'later'],
    ] as const)
      it(`refuses a file with .ok and ${title}`, async () => {
        await inbox.drop('a.json', '{"a":1}', [])
        await writeFile(path.join(inbox.folder, 'a.json.md5'), companion)
        await writeFile(path.join(inbox.folder, 'a.json.ok'), '')
        await inbox.open(WHOLE)
        const report = await inbox.report('rejected/a.json.err')
        assert.match(report, /FILE_DIGEST/)
        await inbox.shows(['rejected'])
        await inbox.shows(['a.json', 'a.json.err', 'a.json.md5', 'a.json.ok'], 'rejected')
        assert.equal(inbox.received.length, 0)
      })

    it('checks SM3 and SHA-256 too, and companions that replace the extension', async () => {
      await writeFile(path.join(inbox.folder, 'a.txt'), 'abc')
      await writeFile(
        path.join(inbox.folder, 'a.sm3'),
        '66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0',
      )
      await writeFile(
        path.join(inbox.folder, 'a.sha256'),
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad *a.txt',
      )
      await writeFile(path.join(inbox.folder, 'a.ok'), '')
      await inbox.open({ ...WHOLE, companions: 'replace', digest: 'sm3' })
      await inbox.appears('done/a.txt')
      await inbox.shows(['a.ok', 'a.sha256', 'a.sm3', 'a.txt'], 'done')
    })

    it('says once that a file waits for its .ok', async () => {
      await inbox.drop('a.json', '{}', [])
      await inbox.open({ ...WHOLE, patienceMs: 60_000 })
      for (const name of ['b.json', 'c.json', 'd.json']) {
        await inbox.drop(name, '{}')
        await inbox.appears(`done/${name}`)
        inbox.laterMs += 61_000
      }
      assert.deepEqual(inbox.warnings, ['a file waits for what says that it is whole {"file":"a.json"}'])
    })
  })

  describe('what it leaves alone', () => {
    it('does not follow links, and does not touch what lies behind them', async () => {
      const outside = await freshFolder()
      await writeFile(path.join(outside, 'secret.json'), '{}')
      await mkdir(path.join(inbox.folder, 'sub'))
      await symlink(path.join(outside, 'secret.json'), path.join(inbox.folder, 'a.json'))
      await writeFile(path.join(inbox.folder, 'a.json.ok'), '')
      await symlink(outside, path.join(inbox.folder, 'linked'))
      await writeFile(path.join(outside, 'secret.json.ok'), '')
      await inbox.open({ ...WHOLE, depth: 2 })
      await inbox.drop('z.json', '{}')
      await inbox.appears('done/z.json')
      assert.equal(inbox.received.length, 1)
      assert.equal(inbox.warnings.filter((words) => words.includes('it is a link')).length, 2)
      await rm(outside, { recursive: true })
    })

    it('warns once of names that could deceive, and goes on', async () => {
      for (const name of ['a\nb.json', 'invoice\u202egpj.json', 'a\\b.json']) {
        await writeFile(path.join(inbox.folder, name), '{}')
        await writeFile(path.join(inbox.folder, `${name}.ok`), '')
      }
      await writeFile(Buffer.concat([Buffer.from(`${inbox.folder}/`), Buffer.of(0xff, 0xfe)]), '{}')
      await inbox.open(WHOLE)
      for (const name of ['y.json', 'z.json']) {
        await inbox.drop(name, '{}')
        await inbox.appears(`done/${name}`)
      }
      assert.equal(inbox.received.length, 2)
      assert.equal(inbox.warnings.length, 7)
      assert.ok(inbox.warnings.some((words) => words.includes('\\\\xff\\\\xfe')))
    })

    it('takes only files whose names fit, and as deep as it is told', async () => {
      await inbox.drop('b.txt', '{}')
      await inbox.drop('one/a.json', '{"at":1}')
      await inbox.drop('one/two/a.json', '{"at":2}')
      await inbox.open({ ...WHOLE, names: ['*.json'], depth: 1 })
      await inbox.appears('one/done/a.json')
      await inbox.drop('c.json', '{}')
      await inbox.appears('done/c.json')
      assert.deepEqual(inbox.bodies().sort(), ['{"at":1}', '{}'])
    })

    it('reads names in GBK', async () => {
      const gbk = (name: string): Buffer =>
        Buffer.concat([Buffer.from(`${inbox.folder}/`), iconv.encode(name, 'gbk')])
      await writeFile(gbk('办结结果.json'), '{}')
      await writeFile(gbk('办结结果.json.ok'), '')
      const listener = await inbox.open({ ...WHOLE, names: ['办结*.json'] })
      await until('a warning', () => inbox.warnings.length > 0)
      await listener.close()
      assert.equal(inbox.received.length, 0)
      const { file } = await import('../file.ts')
      const { listenServices } = await import('../../listener-conformance.ts')
      const other = await file.listen(
        {
          place: { kind: 'local', folder: inbox.folder, nameCharset: 'gbk' },
          ...WHOLE,
          names: ['办结*.json'],
        },
        listenServices(async (inbound) => taken(inbound), { mount: () => () => {} }),
      )
      await until('it is put away', async () => (await inbox.names('done').catch(() => [])).length === 2)
      await other.close()
    })
  })

  describe('lines', () => {
    it('need no end at the last one, and may have CR, a byte order mark and empty lines', async () => {
      await inbox.drop('a.txt', '\ufeffD|1|甲\r\n\r\nD|2|乙\n   \nD|3|丙')
      await inbox.open(LINES)
      await inbox.appears('done/a.txt')
      assert.deepEqual(inbox.bodies('utf-8'), ['D|1|甲', 'D|2|乙', 'D|3|丙'])
    })

    it('that are no line of theirs are reported, and the others taken', async () => {
      await inbox.drop('a.txt', `D|1|甲\n乙的下一行\nD|2|${'x'.repeat(2_000)}\nD|3|丙\n`)
      await inbox.open({ ...LINES, maxDocumentBytes: 1_024 })
      const report = await inbox.report('a.txt.err', 'utf-8')
      assert.match(report, /^2\|\|LINE_RECORD_UNKNOWN\|/m)
      assert.match(report, /^3\|\|LINE_TOO_LONG\|/m)
      assert.deepEqual(inbox.bodies('utf-8'), ['D|1|甲', 'D|3|丙'])
    })

    for (const [title, text, code] of [
      ['an empty file', '', 'FILE_EMPTY'],
      ['a file of empty lines', '\r\n\n\x1a', 'FILE_EMPTY'],
    ] as const)
      it(`refuses ${title}`, async () => {
        await inbox.drop('a.txt', text)
        await inbox.open(LINES)
        assert.match(await inbox.report('rejected/a.txt.err'), new RegExp(code))
      })

    it('of a file that is too large are not even read', async () => {
      await inbox.drop('a.txt', `D|1|${'x'.repeat(5_000)}\n`)
      await inbox.open({ ...LINES, maxFileBytes: 4_000 })
      assert.match(await inbox.report('rejected/a.txt.err', 'utf-8'), /FILE_TOO_LARGE.*4000/)
    })
  })

  describe('not yet', () => {
    it('offers a line again at once where what it waits for stands below it in the same file', async () => {
      const seen = new Set<string>()
      inbox.decide = (inbound) => {
        const text = Buffer.from(inbound.body).toString()
        if (text.startsWith('D|decided') && !seen.has('D|accepted')) return notYet('order')
        seen.add(text)
        return taken(inbound)
      }
      await inbox.drop('a.txt', 'D|decided\nD|accepted\n')
      // So long that a second look would not come within the test.
      await inbox.open({ ...LINES, pollMs: 3_600_000 })
      await inbox.appears('done/a.txt')
      assert.deepEqual(inbox.bodies(), ['D|decided', 'D|accepted', 'D|decided'])
    })

    it('lets other files go on while one waits, and reports it when that takes too long', async () => {
      inbox.decide = (inbound) =>
        Buffer.from(inbound.body).includes('early') ? notYet('order') : taken(inbound)
      await inbox.drop('a.txt', 'D|1\nD|early\nD|3\n')
      await inbox.open({ ...LINES, patienceMs: 60_000 })
      await inbox.drop('b.txt', 'D|1\n')
      await inbox.appears('done/b.txt')
      assert.ok(await inbox.has('a.txt'))
      inbox.laterMs = 61_000
      assert.match(await inbox.report('a.txt.err', 'utf-8'), /^2\|early\|CASE_STATE\|/m)
      await inbox.appears('done/a.txt')
      // What was taken once was not offered again with every look.
      assert.equal(inbox.bodies().filter((text) => text === 'D|3').length, 1)
    })

    it('keeps trying while the hub cannot judge, however long, and hands nothing over out of order', async () => {
      let able = false
      inbox.decide = (inbound) => (able ? taken(inbound) : notYet('hub'))
      await inbox.drop('a.txt', 'D|1\nD|2\n')
      await inbox.open({ ...LINES, patienceMs: 1_000 })
      await until('three tries', () => inbox.received.length >= 3)
      inbox.laterMs = 3_600_000
      const tries = inbox.received.length
      await until('more tries', () => inbox.received.length > tries)
      able = true
      await inbox.appears('done/a.txt')
      assert.equal(await inbox.has('a.txt.err'), false)
      assert.deepEqual(new Set(inbox.bodies().slice(0, -2)), new Set(['D|1']))
      assert.equal(inbox.bodies().at(-1), 'D|2')
    })

    it('reports a whole document that waits too long', async () => {
      inbox.decide = () => notYet('order')
      await inbox.drop('a.json', '{}')
      await inbox.open({ ...WHOLE, patienceMs: 60_000 })
      await until('two tries', () => inbox.received.length >= 2)
      inbox.laterMs = 61_000
      assert.match(await inbox.report('rejected/a.json.err', 'utf-8'), /\|CASE_STATE\|\|稍后再试\|Later/)
    })
  })

  describe('the same thing twice', () => {
    it('hands over everything again with the same keys after a crash in the middle', async () => {
      let crashed = false
      let wake = (): void => {}
      inbox.decide = (inbound) => {
        if (!crashed && Buffer.from(inbound.body).includes('D|2')) {
          crashed = true
          // As long as the test looks, nobody will know.
          return new Promise((resolve) => {
            wake = () => resolve(notYet('hub'))
          })
        }
        return taken(inbound)
      }
      await inbox.drop('a.txt', 'D|1\nD|2\nD|3\n')
      const dead = await inbox.open(LINES)
      await until('two lines', () => inbox.received.length === 2)
      await inbox.open(LINES)
      await inbox.appears('done/a.txt')
      const keys = inbox.received.map(({ idempotencyKey }) => idempotencyKey)
      assert.deepEqual(inbox.bodies(), ['D|1', 'D|2', 'D|1', 'D|2', 'D|3'])
      assert.deepEqual(keys.slice(2, 4), keys.slice(0, 2))
      assert.equal(new Set(keys).size, 3)
      const closed = dead.close()
      wake()
      await closed
    })

    it('settles each file once when two nodes read the same folder', async () => {
      inbox.decide = knowing()
      const names = Array.from({ length: 12 }, (_, index) => `a${index + 10}.txt`)
      for (const name of names)
        await inbox.drop(name, `D|${name}|1\nD|${name}|2\nD|${name}|3\n`, ['md5', 'ok'])
      await Promise.all([inbox.open(LINES), inbox.open(LINES)])
      await inbox.shows(['done'])
      const expected = names.flatMap((name) => [name, `${name}.md5`, `${name}.ok`]).sort()
      await inbox.shows(expected, 'done')
      assert.equal(new Set(inbox.bodies()).size, 36)
      assert.deepEqual(inbox.warnings, [])
    })

    it('knows a file that is sent again under its name, and keeps both', async () => {
      inbox.decide = knowing()
      await inbox.open(LINES)
      await inbox.drop('a.txt', 'D|1\n')
      await inbox.appears('done/a.txt')
      await inbox.drop('a.txt', 'D|1\n')
      await inbox.appears('done/a.txt.2')
      assert.equal(inbox.received[0]?.idempotencyKey, inbox.received[1]?.idempotencyKey)
      await inbox.shows(['done'])
    })

    it('takes a mended line in a file with a higher number as new, and a good one as known, with key line', async () => {
      const known = knowing()
      inbox.decide = (inbound) =>
        Buffer.from(inbound.body).includes('3 4') ? refused('空格') : known(inbound)
      await inbox.open({ ...AGENCY, depth: 0 })
      await inbox.drop('HN_0003.txt', 'H|HN|411525|BJ|20261022|2\nD|17|good\nD|18|3 4\nT|2\n')
      await inbox.report('HN_0003.txt.err', 'gb18030')
      // The header says another day and another number of lines: the good line is still the same line.
      await inbox.drop('HN_0004.txt', 'H|HN|411525|BJ|20261023|3\nD|17|good\nD|18|34\nD|19|new\nT|3\n')
      await inbox.appears('done/HN_0004.txt')
      assert.equal(await inbox.has('HN_0004.txt.err'), false)
      const [first, , again, mended] = inbox.received.map(({ idempotencyKey }) => idempotencyKey)
      assert.equal(again, first)
      assert.notEqual(mended, inbox.received[1]?.idempotencyKey)
    })

    it('leaves it to the document by default: it gives no key', async () => {
      await inbox.open({ ...AGENCY, depth: 0, key: 'document' })
      await inbox.drop('HN_1.txt', 'H|HN|411525|BJ|20261022|1\nD|17\nT|1\n')
      await inbox.appears('done/HN_1.txt')
      assert.equal('idempotencyKey' in (inbox.received[0] as Inbound), false)
    })

    it('takes a file from the beginning that was written anew while it was read', async () => {
      let overwritten = false
      inbox.decide = async (inbound) => {
        if (!overwritten) {
          overwritten = true
          await writeFile(path.join(inbox.folder, 'a.txt'), 'D|1\nD|2\nD|3 is new\n')
        }
        return taken(inbound)
      }
      await inbox.drop('a.txt', 'D|1\nD|2\n')
      await inbox.open(LINES)
      await inbox.appears('done/a.txt')
      assert.ok(inbox.bodies().includes('D|3 is new'))
      assert.equal((await inbox.read('done/a.txt')).toString(), 'D|1\nD|2\nD|3 is new\n')
    })
  })

  describe('out of the way', () => {
    it('deletes what is settled, where it is told to', async () => {
      await inbox.open({ ...LINES, settled: 'delete' })
      await inbox.drop('a.txt', 'D|1\n', ['md5', 'ok'])
      await until('it is handed over', () => inbox.received.length === 1)
      await inbox.shows([])
    })

    it('renames what is settled, where it is told to, and does not take it again', async () => {
      await inbox.open({ ...LINES, settled: 'rename' })
      for (const name of ['a.txt', 'a.txt', 'b.txt']) {
        await inbox.drop(name, 'D|1\n', ['md5', 'ok'])
        await until(
          'it is renamed',
          async () => !(await inbox.has(name)) && !(await inbox.has(`${name}.md5`)),
        )
      }
      await inbox.shows(['a.txt.done', 'a.txt.done.2', 'b.txt.done'])
      assert.equal(inbox.received.length, 3)
    })

    it('takes away the report of an earlier file of the name', async () => {
      inbox.decide = () => refused('不收')
      await inbox.open(LINES)
      await inbox.drop('a.txt', 'D|1\n')
      await inbox.appears('a.txt.err')
      inbox.decide = taken
      await inbox.appears('done/a.txt')
      await inbox.drop('a.txt', 'D|2\n')
      await inbox.appears('done/a.txt.2')
      assert.equal(await inbox.has('a.txt.err'), false)
    })

    it('writes the answer of the format beside the file, for what is taken and what is refused', async () => {
      inbox.decide = (inbound) => {
        const reply = { contentType: 'application/xml', body: Buffer.from(`<R>${inbound.body.length}</R>`) }
        return inbound.body.length > 2 ? { ...refused('不收'), reply } : { ...taken(inbound), reply }
      }
      await inbox.open({ ...WHOLE, replyExtension: 'ack' })
      await inbox.drop('a.json', '{}')
      await inbox.drop('b.json', '{ }')
      await inbox.shows(['a.json.ack', 'b.json.ack', 'done', 'rejected'])
      assert.equal((await inbox.read('a.json.ack')).toString(), '<R>2</R>')
      assert.equal((await inbox.read('b.json.ack')).toString(), '<R>3</R>')
    })

    it('sweeps up a report that was begun long ago, and no other hidden file', async () => {
      const begun = '.a.txt.err.0123456789abcdef.tmp'
      const others = ['.b.txt.err.0123456789abcdef.tmp', '.c.txt.upload', '.d.txt.0123456789abcdef.tmp']
      for (const name of [begun, ...others]) await writeFile(path.join(inbox.folder, name), '')
      for (const name of [begun, ...others.slice(1)]) await utimes(path.join(inbox.folder, name), 1, 1)
      await inbox.open(LINES)
      await until('it is gone', async () => !(await inbox.has(begun)))
      assert.deepEqual(await inbox.names(), others)
    })

    it('goes on with others where a file cannot be put away, and hands it over once', async () => {
      // A file stands where the folder should be.
      await writeFile(path.join(inbox.folder, 'done'), '')
      await inbox.open({ ...LINES, depth: 1 })
      await inbox.drop('a.txt', 'D|1\n')
      await until('an error', () => inbox.warnings.length > 0)
      await inbox.drop('sub/b.txt', 'D|2\n')
      await inbox.appears('sub/done/b.txt')
      await rm(path.join(inbox.folder, 'done'))
      await inbox.appears('done/a.txt')
      assert.deepEqual(inbox.bodies(), ['D|1', 'D|2'])
    })
  })
})
