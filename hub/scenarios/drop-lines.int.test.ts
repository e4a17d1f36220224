/** P5 of the partners' payloads, through the real adapter kind: a vertical agency that knows only files, on a server and in a folder. */
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import iconv from 'iconv-lite'
import { parse, stringify } from 'yaml'
import { SftpServer } from '../../adapters/file/sftp-server.ts'
import { submission } from '../testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const SHIPPED = new URL('../../topology', import.meta.url).pathname
const TASK = '1141000000519127222410131007000'
const CITY = 'city-411300'
const PATIENCE_MS = 15_000
const IN = 'market-regulation/in/411525'
const OUT = 'market-regulation/out/411525'

interface Case {
  readonly caseNo: string
  /** The agency's own number. */
  readonly own: string
}

interface Detail {
  readonly date: string
  readonly result?: string
  readonly note?: string
  readonly until?: string
  readonly title?: string
  readonly person?: string
  readonly no: string
}

for (const where of ['an exchange server', 'a shared folder'] as const)
  describe(`an agency that drops files on ${where}`, function () {
    this.timeout(60_000)
    const folder = mkdtempSync(join(tmpdir(), 'hub-drop-lines-'))
    const root = join(folder, 'exchange')
    const cases: Case[] = []
    let partners: Partners
    let server: SftpServer | undefined
    let hub: RunningHub

    before(async () => {
      for (const room of [IN, OUT]) mkdirSync(join(root, room), { recursive: true })
      if (where === 'an exchange server') server = await new SftpServer(root).open()
      const topology = join(folder, 'topology')
      cpSync(SHIPPED, topology, { recursive: true })
      adapt(join(topology, 'systems/market-regulation.sftp.yaml'), server?.user ?? { root })
      partners = await openPartners()
      hub = await openHub({
        partnersUrl: partners.url,
        environment: {
          HUB_TOPOLOGY_DIR: topology,
          SIMULATORS_SFTP_HOST: '127.0.0.1',
          ...(server && {
            MARKET_REGULATION_SFTP_PASSWORD: server.password,
            SIMULATORS_SFTP_PORT: String(server.port),
            SIMULATORS_SFTP_HOST_KEY: server.fingerprint,
          }),
        },
      })
    })

    after(async () => {
      await hub?.stop()
      await server?.shut()
      await partners?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    const at = (path: string): string => join(root, path)
    const has = (path: string): boolean => existsSync(at(path))
    const textOf = (path: string): string =>
      new TextDecoder('gb18030', { fatal: true }).decode(readFileSync(at(path)))

    /** Written as the agency does: the file, its digest, `.ok` last. */
    function drop(
      kind: string,
      serial: string,
      lines: readonly string[],
      { counts = lines.length, ok = true }: { readonly counts?: number; readonly ok?: boolean } = {},
    ): string {
      const name = `HN_411525_${kind}_20261022_${serial}.txt`
      const text = [`H|HN|411525|${kind}|20261022|${counts}`, ...lines, `T|${counts}`]
      const bytes = iconv.encode(text.map((line) => `${line}\r\n`).join(''), 'gb18030')
      writeFileSync(at(`${IN}/${name}`), bytes)
      writeFileSync(
        at(`${IN}/${name}.md5`),
        `${createHash('md5').update(bytes).digest('hex')}  ${basename(name)}\r\n`,
      )
      if (ok) writeFileSync(at(`${IN}/${name}.ok`), '')
      return name
    }

    const settled = (name: string): Promise<void> =>
      until(`${name} is settled`, () => has(`${IN}/done/${name}`))

    /** Rows of the report below its headings, without the reasons. */
    function reported(path: string): string[][] {
      const rows = textOf(path).trim().split('\r\n').slice(3)
      return rows.map((row) => row.split('|').slice(0, 4))
    }

    /** What the city was told of a case, by path. */
    const told = ({ caseNo }: Case): string[] =>
      partners.arrivals
        .filter(({ system, document }) => system === CITY && document.body?.unifiedNo === caseNo)
        .map(({ path }) => path)

    it('gets each application as a file of its own, in its own lines', async () => {
      for (const own of ['0000017', '0000018', '0000019']) {
        const { body } = await handIn()
        cases.push({ caseNo: body.caseNo, own })
      }
      const whole = (): string[] => readdirSync(at(OUT)).filter((name) => name.endsWith('.txt.ok'))
      await until('three files are there', () => whole().length === 3)
      for (const { caseNo } of cases) {
        const [name] = readdirSync(at(OUT)).filter((each) => each.endsWith(`_${caseNo}-1.txt`))
        assert.match(String(name), /^HN_411525_SQ_\d{8}_/)
        const text = textOf(`${OUT}/${name}`)
        const digest = createHash('md5')
          .update(readFileSync(at(`${OUT}/${name}`)))
          .digest('hex')
        assert.ok(readFileSync(at(`${OUT}/${name}.md5`), 'utf8').startsWith(digest))
        const lines = text.trim().split('\n')
        assert.deepEqual(
          lines.map((line) => line[0]),
          ['H', 'D', 'A', 'M', 'M', 'M', 'T'],
        )
        assert.match(String(lines[0]), /^H\|HN\|411525\|SQ\|\d{8}\|1$/)
        const detail = String(lines[1]).split('|')
        assert.deepEqual([detail[2], detail[3], detail[5], detail[9]], [TASK, '测试甲', '2026/09/30', caseNo])
        assert.match(String(lines[3]), /^M\|S01\|食品生产许可申请书\|1\|/)
        assert.equal(lines.at(-1), 'T|1')
      }
    })

    it('reports receipt of all in one file, and each case goes to its city', async () => {
      const name = drop(
        'SJ',
        '0001',
        cases.map((one) => line(one, { date: '2026/10/08', no: `SJ-${one.own}` })),
      )
      await settled(name)
      await partners.until(() => cases.every((one) => told(one).includes('/case/receive')))
      assert.equal(has(`${IN}/${name}.err`), false)
    })

    it('has nothing taken of a file whose .ok is not there yet', async () => {
      const [first, second] = cases as [Case, Case]
      const accepted = line(first, { date: '2026/10/09', until: '2026/10/23', no: 'SL-1' })
      const waiting = drop('SL', '0002', [accepted], { ok: false })
      const later = drop('SL', '0003', [line(second, { date: '2026/10/09', no: 'SL-2' })])
      await settled(later)
      await partners.until(() => told(second).includes('/case/accept'))
      assert.ok(has(`${IN}/${waiting}`))
      assert.deepEqual(told(first), ['/case/receive'])
      writeFileSync(at(`${IN}/${waiting}.ok`), '')
      await settled(waiting)
      await partners.until(() => told(first).includes('/case/accept'))
    })

    it('has a file with a wrong count refused as a whole, good lines too', async () => {
      const [first] = cases as [Case]
      const name = drop('SP', '0004', [decided(first)], { counts: 2 })
      await until(`${name} is refused`, () => has(`${IN}/rejected/${name}.err`) && !has(`${IN}/${name}`))
      assert.match(textOf(`${IN}/rejected/${name}.err`), /\|FILE_COUNT\|.*应有 2 条明细，实有 1 条/)
      assert.equal(told(first).includes('/case/decide'), false)
      await settled(drop('SP', '0005', [decided(first)]))
      await partners.until(() => told(first).includes('/case/decide'))
    })

    it('has the good lines of a file taken, and each bad one told by its number and field', async () => {
      const [first, second, third] = cases as [Case, Case, Case]
      await settled(drop('BZ', '0006', [line(third, { ...CORRECTION, no: 'BZ-3' })]))
      const long = {
        date: '2026/10/22',
        result: '0',
        note: '正本一份|副本一份|证书编号:TEST-0001',
        until: '2099/12/31',
        title: '食品生产许可证',
        no: 'BJ-1',
      }
      const lapsed = { date: '2026/10/22', result: '5', note: '补正逾期', no: 'BJ-3' }
      const name = drop('BJ', '0007', [
        line(first, long),
        line(third, { ...lapsed, person: '41010119000101001 5' }),
        line(second, { ...long, date: '2026/10/32', no: 'BJ-2' }),
        line(second, { ...long, result: '4', no: 'BJ-4' }),
        'D|0000020|太短',
      ])
      await settled(name)
      assert.deepEqual(reported(`${IN}/${name}.err`), [
        ['3', '0000019', 'CODE_UNMAPPED', 'D.zjhm'],
        ['4', '0000018', 'DATE_INVALID', 'D.rq'],
        ['5', '0000018', 'CODE_UNMAPPED', 'D.jg'],
        ['6', '0000020', 'REQUEST_NOT_DELIMITED', 'D'],
      ])
      assert.doesNotMatch(textOf(`${IN}/${name}.err`), /测试甲|41010119/)
      await partners.until(() => told(first).includes('/case/complete'))
      const [completed] = partners.arrivals.filter(({ path }) => path === '/case/complete')
      const { resultDate, resultType, resultExplain, certificate } = completed?.document.body ?? {}
      const { certNo, validUntil, isLongTerm } = certificate as Record<string, unknown>
      assert.deepEqual(
        { resultDate, resultExplain, certNo, validUntil, isLongTerm },
        {
          // No time of day is known: the day begins.
          resultDate: '2026-10-22 00:00:00',
          resultExplain: long.note,
          certNo: 'TEST-0001',
          validUntil: undefined,
          isLongTerm: '1',
        },
      )
      assert.ok(resultType)
      assert.deepEqual(told(third), ['/case/receive', '/case/correct'])

      const mended = drop('BJ', '0008', [line(first, long), line(third, lapsed)])
      await settled(mended)
      await partners.until(() => told(third).includes('/case/return'))
      assert.equal(has(`${IN}/${mended}.err`), false)
      assert.equal(told(first).filter((path) => path === '/case/complete').length, 1)
    })

    async function handIn(): ReturnType<RunningHub['ask']> {
      const papers = ['食品生产许可申请书', '食品生产设备布局图和工艺流程图', '食品安全管理制度清单']
      const document = submission({
        requestNo: randomUUID(),
        jurisdiction: '411525',
        body: {
          taskCode: TASK,
          taskHandleItem: `${TASK}01`,
          materials: papers.map((materialName, index) => ({
            materialName,
            getType: '2',
            getNum: '1',
            files: [{ fileId: `F${index}`, name: '一.ofd' }],
          })),
        },
      })
      const submitted = await hub.ask(CITY, 'POST', '/v1/cases', { body: document })
      assert.equal(submitted.status, 201, JSON.stringify(submitted.body))
      return submitted
    }
  })

const CORRECTION = {
  date: '2026/10/09',
  result: '13',
  note: '食品生产许可申请书:补盖公章',
  until: '2026/10/16',
}

/** A detail line as the agency writes it. */
function line({ own, caseNo }: Case, detail: Detail): string {
  const { date, result = '', note = '', until: limit = '', title = '', no } = detail
  const { person = '410101190001010015' } = detail
  const old = ['D', own, TASK, '测试甲', person, date, result, note, limit]
  return [...old, caseNo, no, `文书-${no}`, title, '河南省市场监督管理局', 'SJ021', '李测试'].join('|')
}

function decided(one: Case): string {
  return line(one, { date: '2026/10/20', result: '0', note: '同意', no: 'SP-1' })
}

/** Looks sooner than in earnest; logs in as the server's own user, or works in a folder of this machine. */
function adapt(file: string, to: string | { readonly root: string }): void {
  const system = parse(readFileSync(file, 'utf8'))
  for (const { config } of [...system.inbound, system.outbound]) {
    if (typeof to === 'string') config.place.user = to
    else config.place = { kind: 'local', folder: join(to.root, config.place.folder) }
  }
  system.inbound[0].config.pollMs = 50
  writeFileSync(file, stringify(system))
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
