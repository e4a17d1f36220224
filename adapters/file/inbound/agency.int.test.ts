/** The nightly file of a vertical agency with everything that is known to go wrong in it, through a real SFTP server. */
import assert from 'node:assert/strict'
import iconv from 'iconv-lite'
import type { InboundOutcome } from '../../../hub/contract/listener.ts'
import { refused, taken } from '../../listener-conformance.ts'
import { AGENCY, Inbox } from '../inbox-bench.ts'

const NAME = '411525/HN_411525_BJ_20261022_0003.txt'
const HEADER = 'H|HN|411525|BJ|20261022|2'
const COMPANY =
  'D|0000017|1141|测试乙科技有限公司|91410101MA9T00018X|2026/10/22|0|证书编号:TEST-0001|2099/12/31'
const PERSON = 'D|0000018|1141|测试丙|41010119000101002 3|2026/10/22|5|补正逾期|'

function gb18030(...lines: readonly string[]): Buffer {
  return iconv.encode(lines.map((line) => `${line}\r\n`).join(''), 'gb18030')
}

describe('the nightly file of an agency', function () {
  this.timeout(20_000)
  let inbox: Inbox

  beforeEach(async () => {
    inbox = await Inbox.sftp()
  })

  afterEach(() => inbox.close())

  it('is handed over line by line, each with its header, in the bytes of the file', async () => {
    await inbox.drop(NAME, gb18030(HEADER, COMPANY, PERSON, 'T|2'), ['md5', 'ok'])
    await inbox.drop('411525/att/0000017/结果.ofd', 'OFD', [])
    await inbox.open({ ...AGENCY, digest: 'md5' })
    await inbox.appears('411525/done/HN_411525_BJ_20261022_0003.txt')
    assert.deepEqual(inbox.bodies(), [`${HEADER}\n${COMPANY}`, `${HEADER}\n${PERSON}`])
    assert.deepEqual(inbox.received[0]?.body, iconv.encode(`${HEADER}\n${COMPANY}`, 'gb18030'))
    assert.equal(inbox.received[0]?.contentType, 'text/plain; charset=gb18030')
    const name = 'HN_411525_BJ_20261022_0003.txt'
    await inbox.shows([name, `${name}.md5`, `${name}.ok`], '411525/done')
    await inbox.shows(['att', 'done'], '411525')
    assert.ok(await inbox.has('411525/att/0000017/结果.ofd'))
  })

  it('is left alone without its .ok, and taken once that is there', async () => {
    await inbox.drop(NAME, gb18030(HEADER, COMPANY), ['md5'])
    await inbox.drop('411525/HN_z.txt', gb18030('H|HN|411525|BJ|20261022|1', COMPANY, 'T|1'))
    await inbox.open(AGENCY)
    // The later name is settled: the earlier one has been looked at.
    await inbox.appears('411525/done/HN_z.txt')
    assert.ok(await inbox.has(NAME))
    assert.equal(inbox.received.length, 1)
    await inbox.drop(NAME, gb18030(HEADER, COMPANY, PERSON, 'T|2'), ['md5', 'ok'])
    await inbox.appears('411525/done/HN_411525_BJ_20261022_0003.txt')
    assert.equal(inbox.received.length, 3)
  })

  for (const [title, lines, code, words] of [
    ['whose trailer counts more', [HEADER, COMPANY, 'T|2'], 'FILE_COUNT', '应有 2 条明细，实有 1 条'],
    [
      'whose header alone counts more',
      ['H|HN|411525|BJ|20261022|3', COMPANY, 'T|1'],
      'FILE_COUNT',
      '应有 3 条明细，实有 1 条',
    ],
    ['without a trailer', [HEADER, COMPANY, PERSON], 'FILE_TRAILER_MISSING', '读到 2 条明细'],
    ['without a header', [COMPANY, PERSON, 'T|2'], 'FILE_HEADER_MISSING', '缺少头记录'],
  ] as const)
    it(`is refused as a whole ${title}, and nothing of it handed over`, async () => {
      await inbox.drop(NAME, gb18030(...lines), ['md5', 'ok'])
      await inbox.open(AGENCY)
      const report = await inbox.report('411525/rejected/HN_411525_BJ_20261022_0003.txt.err', 'gb18030')
      assert.match(report, new RegExp(`\\|${code}\\|`))
      assert.ok(report.includes(words), report)
      assert.match(report, /整份退回/)
      await inbox.appears('411525/rejected/HN_411525_BJ_20261022_0003.txt')
      assert.equal(inbox.received.length, 0)
    })

  it('is taken but for the line that the hub refuses, which the report names without its personal data', async () => {
    inbox.decide = (inbound) =>
      /\|\d{17} \w\|/.test(Buffer.from(inbound.body).toString('latin1'))
        ? ({
            ...refused(''),
            faults: [
              {
                code: 'RESIDENT_ID_INVALID',
                source: 'detail.idNo',
                reason: { zh: '身份号码校验不通过', en: 'A resident identity number fails its check' },
              },
            ],
          } as InboundOutcome)
        : taken(inbound)
    await inbox.drop(NAME, gb18030(HEADER, COMPANY, PERSON, 'T|2'), ['md5', 'ok'])
    await inbox.open(AGENCY)
    await inbox.appears('411525/done/HN_411525_BJ_20261022_0003.txt')
    const report = await inbox.report(`${NAME}.err`, 'gb18030')
    assert.deepEqual(report.trim().split('\r\n').slice(1), [
      '# 明细 2 条，接收 1 条，退回 1 条 / 2 detail lines, 1 taken, 1 refused',
      '行号|编号|代码|字段|原因|reason',
      '3|0000018|RESIDENT_ID_INVALID|detail.idNo|身份号码校验不通过|A resident identity number fails its check',
    ])
    assert.doesNotMatch(report, /测试丙|41010119/)
  })

  it('may hold | in a text, and characters that end in the byte of |', async () => {
    // 0xC1 0x7C is one character of GBK: whoever cuts fields from bytes cuts it in two.
    const letter = new TextDecoder('gb18030').decode(Uint8Array.of(0xc1, 0x7c))
    const line = `D|${letter}|0000019|甲|乙|2099/12/31`
    inbox.decide = () => refused('不收')
    await inbox.drop(NAME, gb18030(`H|${letter}|411525|BJ|20261022|1`, line, 'T|1'))
    await inbox.open({ ...AGENCY, idField: 3 })
    assert.match(
      await inbox.report(`${NAME}.err`, 'gb18030'),
      /^2\|0000019\|MESSAGE_NOT_VALID\|\|报文内容有误：不收\|/m,
    )
    assert.deepEqual(inbox.bodies(), [`H|${letter}|411525|BJ|20261022|1\n${line}`])
  })

  it('comes whole through a connection that breaks in the middle, and no line is lost', async () => {
    const lines = Array.from(
      { length: 4_000 },
      (_, index) => `D|${String(index).padStart(7, '0')}|1141|测试乙|x|0|成|2099/12/31`,
    )
    await inbox.drop(
      NAME,
      gb18030(`H|HN|411525|BJ|20261022|${lines.length}`, ...lines, `T|${lines.length}`),
      ['md5', 'ok'],
    )
    let reads = 0
    const server = inbox.server ?? assert.fail('no server')
    server.treat = ({ what }) => (what === 'read' && ++reads === 12 ? 'cut-before' : 'pass')
    await inbox.open(AGENCY)
    await inbox.appears('411525/done/HN_411525_BJ_20261022_0003.txt')
    assert.ok(server.sessions >= 2)
    assert.equal(new Set(inbox.received.map(({ idempotencyKey }) => idempotencyKey)).size, lines.length)
    assert.equal(await inbox.has(`${NAME}.err`), false)
  })
})
