import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../main.ts'
import { openTools, type Tools } from '../../testing/captured-tools.ts'
import { settle, VirtualClock } from '../../testing/virtual-clock.ts'
import { RerunLoop } from './watch-files.ts'

const CASES = 'mappings/gateway-json/cases'
const WITHDRAW = 'mappings/gateway-json/in/CASE_WITHDRAW.jsonata'

describe('hub mapping preview', () => {
  let tools: Tools
  let sound: string
  before(() => {
    tools = openTools('gateway-json')
    sound = tools.read(WITHDRAW)
    tools.write(
      'withdraw.json',
      '{"head":{"requestNo":"R1","apiCode":"CASE_WITHDRAW"},"body":{"unifiedNo":"N1","withdrawDate":"2026-10-08 09:00:00","reason":"测试"}}',
    )
  })
  after(() => tools.remove())
  afterEach(() => tools.write(WITHDRAW, sound))

  const preview = (direction: string, message: string, input: string, ...more: string[]) =>
    tools.run(['preview', 'gateway-json', direction, message, '--input', join(tools.root, input), ...more], {
      clock: systemClock,
    })

  it('shows what a mapping makes, both ways', async () => {
    const incoming = await preview('in', 'CASE_WITHDRAW', 'withdraw.json')
    assert.equal(incoming.code, 0, incoming.out)
    assert.match(incoming.out, /"withdrawnAt": "2026-10-08T09:00:00\+08:00"/)
    const outgoing = await preview('out', 'case.submitted', `${CASES}/发往属地-提交申请/input.json`, '--json')
    assert.equal(outgoing.json.ok, true, outgoing.out)
    assert.equal(outgoing.json.result.output.head.apiCode, 'CASE_APPLY')
  })

  it("shows faults beside the output, each with the sender's own field", async () => {
    const { code, out } = await preview('in', 'CASE_APPLY', `${CASES}/申请-代码日期有误/input.json`)
    assert.equal(code, 1)
    assert.match(out, /✗ DATE_INVALID {2}\/appliedAt {2}← body\.applyDate\n {4}日期无效/)
    assert.match(out, /✗ RESIDENT_ID_INVALID {2}\/applicant\/certificate\/number {2}← body\.applyerPageCode/)
    assert.match(out, /"data": \{/)
  })

  it('says what is wrong with the package, the message name or the input', async () => {
    assert.match(
      (await preview('in', 'CASE_WITHDREW', 'withdraw.json')).out,
      /no in\/CASE_WITHDREW.*CASE_WITHDRAW/,
    )
    tools.write('not.json', '{')
    assert.match((await preview('in', 'CASE_WITHDRAW', 'not.json')).out, /not JSON/)
    tools.write(WITHDRAW, '{ "data": $eval("1") }')
    const unsound = await preview('in', 'CASE_WITHDRAW', 'withdraw.json')
    assert.equal(unsound.code, 1)
    assert.match(unsound.out, /FORMAT_EXPRESSION|FORMAT_VARIABLE/)
    assert.equal((await preview('in', 'CASE_WITHDRAW', 'nowhere.json')).code, 2)
    assert.equal((await preview('sideways', 'CASE_WITHDRAW', 'withdraw.json')).code, 2)
  })

  const attacks = {
    'an endless loop': '($f := function($n) { $f($n + 1) }; { "data": { "reason": $f(0) } })',
    'a text that doubles': '{ "data": { "reason": $reduce([1..60], function($a, $b) { $a & $a }, "测试") } }',
    'a cross product of ranges': '{ "data": { "reason": $count([1..9999].([1..9999])) } }',
  }
  for (const [name, expression] of Object.entries(attacks)) {
    it(`ends ${name} with a clear message and exit code 1`, async () => {
      tools.write(WITHDRAW, expression)
      const { code, out } = await preview('in', 'CASE_WITHDRAW', 'withdraw.json')
      assert.equal(code, 1, out)
      assert.match(out, /^✗ MAPPING_FAILED: mappings\/gateway-json\/in\/CASE_WITHDRAW\.jsonata:1:\d+: /)
      assert.match(out, /step budget|string longer|nested too deeply|array longer/)
    })
  }

  it('stops a child that takes too long or too much memory, whatever it does', async () => {
    const late = await preview('in', 'CASE_WITHDRAW', 'withdraw.json', '--timeout-ms', '1')
    assert.equal(late.code, 1)
    assert.match(late.out, /longer than 1 ms and was stopped/)
    const large = await preview('in', 'CASE_WITHDRAW', 'withdraw.json', '--memory-mb', '5')
    assert.equal(large.code, 1)
    assert.match(large.out, /more than 5 MB and was stopped/)
  })

  it('runs again when a file changes, until it is stopped', async () => {
    const stop = new AbortController()
    const printed: string[] = []
    const until = async (wanted: () => boolean) => {
      while (!wanted()) await new Promise((resolve) => setImmediate(resolve))
    }
    const finished: number[] = []
    const watching = tools.run(
      [
        'preview',
        'gateway-json',
        'in',
        'CASE_WITHDRAW',
        '--input',
        join(tools.root, 'withdraw.json'),
        '--watch',
        '--json',
      ],
      {
        clock: systemClock,
        stopping: stop.signal,
        print: (text) => void printed.push(text),
        finish: (code) => void finished.push(code),
      },
    )
    await until(() => printed.length === 1)
    writeFileSync(
      join(tools.root, WITHDRAW),
      readFileSync(join(tools.root, WITHDRAW), 'utf8').replace('body.reason', '"改了"'),
    )
    await until(() => printed.length === 2)
    stop.abort()
    await watching
    assert.deepEqual(
      printed.map((line) => JSON.parse(line).result.output.data.reason),
      ['测试', '改了'],
    )
    assert.deepEqual(finished, [0])
  })
})

describe('rerunning on change', () => {
  it('makes one run of changes close together, and one more of changes during a run', async () => {
    const clock = new VirtualClock()
    const ends: (() => void)[] = []
    const loop = new RerunLoop(() => new Promise<void>((resolve) => ends.push(resolve)), clock)
    loop.changed()
    await clock.advance(150)
    loop.changed()
    await clock.advance(150)
    assert.equal(ends.length, 0)
    await clock.advance(50)
    assert.equal(ends.length, 1)
    for (let change = 0; change < 3; change++) {
      loop.changed()
      await clock.advance(300)
    }
    assert.equal(ends.length, 1)
    ends[0]?.()
    await settle()
    assert.equal(ends.length, 2)
    ends[1]?.()
    await settle()
    loop.changed()
    await loop.end()
    await clock.advance(1000)
    assert.equal(ends.length, 2)
  })
})
