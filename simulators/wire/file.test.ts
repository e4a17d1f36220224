/** Over the agencies' own SFTP server, with a client of another hand (the client half of ssh2). */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import type { Fault } from '../faults.ts'
import { Misread } from '../formats/letter.ts'
import type { PartnerFormat } from '../formats/partner-format.ts'
import { PASSWORD, PLAIN, until, type WireBench, wireBench } from '../testing/wire-bench.ts'
import { openFileCarrier, openFileReader } from './file.ts'

const format: PartnerFormat = {
  ...PLAIN,
  file: {
    fileName: (_letter, { letterNo, sender }) => `${sender.region}/${letterNo}.json`,
    identify: (name, document) => {
      const { type, case: caseNo } = document as { type?: string; case?: string }
      if (type === undefined || caseNo === undefined) throw new Misread(`${name} has no type or case`)
      return { messageId: name, type, caseNo }
    },
  },
}
const place = (folder: string) => ({ folder, user: 'henan-hub', password: { secret: 'P' } })
const out = { adapter: 'file', config: { place: place('/out'), ok: true, doneFolder: 'done' } }
const back = { adapter: 'file', config: { place: place('/in'), digest: 'md5', charset: 'gb18030' } }
const PUSH = JSON.stringify({ type: 'case.submitted', case: 'c1' })

describe('files of a simulated system', function () {
  this.timeout(20_000)
  let bench: WireBench
  let client: ssh2.Client | undefined

  const open = (...faults: readonly Fault[]): void => {
    bench = wireBench(format, { faults })
  }
  afterEach(async () => {
    client?.end()
    client = undefined
    await bench.grounds.close()
  })

  /** As the hub comes in. */
  const login = (password = PASSWORD): Promise<ssh2.SFTPWrapper> => {
    const {
      SIMULATORS_SFTP_HOST: host = '',
      SIMULATORS_SFTP_PORT,
      SIMULATORS_SFTP_HOST_KEY,
    } = bench.grounds.environment
    const opened = new ssh2.Client()
    client = opened
    return new Promise((resolve, reject) => {
      opened.on('error', reject)
      opened.on('ready', () => opened.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))))
      opened.connect({
        host,
        port: Number(SIMULATORS_SFTP_PORT),
        username: 'henan-hub',
        password,
        hostVerifier: (key: Buffer) => {
          const digest = createHash('sha256').update(key).digest('base64').replace(/=+$/, '')
          return `SHA256:${digest}` === SIMULATORS_SFTP_HOST_KEY
        },
      })
    })
  }
  const done = (act: (callback: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => act((error) => (error ? reject(error) : resolve())))
  const put = async (sftp: ssh2.SFTPWrapper, name: string, body: string): Promise<void> => {
    await done((called) => sftp.writeFile(`/out/.${name}.tmp`, body, called))
    await done((called) => sftp.rename(`/out/.${name}.tmp`, `/out/${name}`, called))
  }
  const folder = (path: string): Promise<string> =>
    bench.grounds.exchangeFolder(path, { user: 'henan-hub', password: PASSWORD })

  it('are read once their .ok is there, in the order of their ids, and put away', async () => {
    open()
    const wire = await openFileReader(bench.parts, out)
    wire.collect?.()
    const sftp = await login()
    await put(sftp, '2.json', PUSH)
    await put(sftp, '1.json', PUSH)
    const path = await folder('/out')
    assert.deepEqual((await readdir(path)).sort(), ['1.json', '2.json'])
    assert.equal(bench.heard.length, 0)
    for (const name of ['1.json.ok', '2.json.ok']) await put(sftp, name, '')
    await until(async () => (await readdir(path)).join() === 'done')
    await wire.close?.()
    assert.equal(bench.heard.length, 2)
    assert.deepEqual((await readdir(join(path, 'done'))).length, 4)
    assert.deepEqual(bench.troubles, [])
  })

  it('are read again where they could not be put away, and nothing is done twice', async () => {
    open({ kind: 'lose-answer', times: 1 })
    const wire = await openFileReader(bench.parts, out)
    wire.collect?.()
    const sftp = await login()
    await put(sftp, '1.json', PUSH)
    await put(sftp, '1.json.ok', '')
    const path = await folder('/out')
    await until(async () => (await readdir(path)).join() === 'done')
    await wire.close?.()
    const { arrivals, effects } = bench.ledger.report()
    assert.deepEqual([arrivals, effects], [2, 1])
  })

  it('that cannot be read are put aside, with trouble', async () => {
    open()
    const wire = await openFileReader(bench.parts, out)
    wire.collect?.()
    const sftp = await login()
    await put(sftp, '1.json', 'not json')
    await put(sftp, '1.json.ok', '')
    const path = await folder('/out')
    await until(async () => (await readdir(path)).join() === 'unread')
    await wire.close?.()
    assert.equal(bench.troubles.length, 1)
  })

  it('are dropped with their digest, and known by what the hub shows', async () => {
    open()
    const { carrier } = await openFileCarrier(bench.parts, back)
    bench.shows('BM1-1')
    assert.equal((await bench.carry(carrier)).status, 202)
    const path = join(await folder('/in'), '410000')
    assert.deepEqual((await readdir(path)).sort(), ['BM1-1.json', 'BM1-1.json.md5', 'BM1-1.json.ok'])
    const md5 = createHash('md5')
      .update(await readFile(join(path, 'BM1-1.json')))
      .digest('hex')
    assert.equal(await readFile(join(path, 'BM1-1.json.md5'), 'utf8'), `${md5}  BM1-1.json\n`)
  })

  it('were refused where the hub leaves a report', async () => {
    open()
    const { carrier } = await openFileCarrier(bench.parts, back)
    const answer = bench.carry(carrier)
    const path = join(await folder('/in'), '410000')
    await until(async () => (await readdir(path).catch((): string[] => [])).includes('BM1-1.json.ok'))
    // 缺少 in GB 18030.
    await writeFile(join(path, 'BM1-1.json.err'), Buffer.from([0xc8, 0xb1, 0xc9, 0xd9]))
    const { status, body } = await answer
    assert.equal(status, 422)
    assert.match(String(body), /缺少/)
  })

  it('are shown to nobody with another password, and to nobody above their folder', async () => {
    open()
    await openFileReader(bench.parts, out)
    await assert.rejects(login('wrong'), /authentication/)
    const sftp = await login()
    const names = await new Promise<string[]>((resolve, reject) =>
      sftp.readdir('/../../..', (error, list) =>
        error ? reject(error) : resolve(list.map(({ filename }) => filename)),
      ),
    )
    assert.deepEqual(names, ['out'])
  })
})
