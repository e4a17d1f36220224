import assert from 'node:assert/strict'
import type { SimulatedSystem } from './deployment.ts'
import { type Fault, Faults } from './faults.ts'
import { gatewayJson } from './formats/gateway-json/gateway-json.ts'
import type { DecidingLetter, Reading } from './formats/letter.ts'
import { Ledger } from './ledger.ts'
import { Outbox } from './outbox.ts'
import { Party, type PartyCase, type Refusal } from './party.ts'
import { seededChance, type Time } from './time.ts'
import { frontDoor } from './wire/front-door.ts'
import type { HubAnswer } from './wire/hub-client.ts'
import { pushDoor } from './wire/rest.ts'
import type { WireAnswer } from './wire/server.ts'

const SYSTEM: SimulatedSystem = {
  id: 'city-411300',
  name: { zh: '南阳市统一受理系统', en: 'Nanyang' },
  role: 'acceptance',
  region: '411300',
  format: 'gateway-json',
  key: { id: 'k1', algorithm: 'hmac-sm3', secretName: 'K' },
  sharedSecrets: [],
  outbound: undefined,
  inbound: [],
  door: undefined,
}
const LETTER: DecidingLetter = {
  type: 'case.received',
  at: 1_767_225_600_000,
  departmentNo: 'BM1',
  office: { org: { code: 'ZJ', name: '南阳市住房和城乡建设局' }, clerk: { id: 'J1', name: '李测试' } },
}
const time: Time = { now: () => 1_767_225_600_000, after: () => ({ cancel() {} }) }

function aCase(): PartyCase {
  return {
    parties: { origin: 'city-411300', decider: 'city-411300', copies: [] },
    ownNo: 'BM1',
    caseNo: 'c1',
    letters: 0,
  }
}

function aParty(
  options: { faults?: Fault[]; check?: (() => string | undefined) | undefined; answers?: HubAnswer[] } = {},
) {
  const ledger = new Ledger()
  const heard: Reading[] = []
  const refusals: Refusal[] = []
  const troubles: unknown[] = []
  const sent: Buffer[] = []
  const client = {
    async call({ body }: { body?: Buffer }): Promise<HubAnswer> {
      sent.push(body ?? Buffer.alloc(0))
      const told = JSON.stringify({ messageId: `m${sent.length}`, caseNo: 'c1', sequence: sent.length })
      return options.answers?.shift() ?? { status: 202, headers: {}, body: Buffer.from(told) }
    },
  }
  const party = new Party({
    system: SYSTEM,
    format: gatewayJson,
    outbox: new Outbox(frontDoor(client), time, seededChance(1)),
    ledger,
    faults: new Faults(options.faults),
    time,
    onRefusal: (refusal) => refusals.push(refusal),
    onTrouble: (_system, error) => troubles.push(error),
  })
  party.seat((reading) => heard.push(reading))
  const onTrouble = (_system: string, error: unknown): void => void troubles.push(error)
  const door = pushDoor({ party, format: gatewayJson, check: options.check, onTrouble })
  const push = async (messageId: string, body: object | string = document()): Promise<WireAnswer> =>
    door({
      method: 'POST',
      path: '/city-411300/case/receive',
      query: '',
      headers: { 'idempotency-key': messageId, 'x-hub-type': 'case.received', 'x-hub-case': 'c1' },
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    })
  return { party, push, ledger, heard, refusals, troubles, sent }
}

const document = (): object =>
  JSON.parse(
    String(
      gatewayJson.write(LETTER, {
        letterNo: '1',
        position: 1,
        caseNo: 'c1',
        ownNo: 'BM1',
        sender: { id: 'x', region: '410000' },
        writtenAt: 0,
      }),
    ),
  ) as object

function codeOf(answer: WireAnswer): string {
  assert.equal(answer.kind, 'answer')
  return (JSON.parse(String(answer.kind === 'answer' ? answer.body : '')) as { head: { code: string } }).head
    .code
}

describe('a simulated system', () => {
  it('does once what it is told twice, and says that it knew', async () => {
    const { push, ledger, heard } = aParty()
    assert.equal(codeOf(await push('m1')), '200')
    assert.equal(codeOf(await push('m1')), '409')
    assert.equal(heard.length, 1)
    assert.deepEqual(
      [ledger.report().arrivals, ledger.report().effects, ledger.report().doubled.length],
      [2, 1, 0],
    )
  })

  it('does nothing about a request that is not the hub’s', async () => {
    const { push, ledger, troubles } = aParty({ check: () => 'signature does not fit' })
    const answer = await push('m1')
    assert.ok(answer.kind === 'answer' && answer.status === 401)
    assert.deepEqual([ledger.report().arrivals, troubles.length], [0, 1])
  })

  it('refuses what it cannot read, and takes it when it comes again mended', async () => {
    const { push, ledger, troubles } = aParty()
    assert.equal(codeOf(await push('m1', { head: {} })), '400')
    assert.equal(codeOf(await push('m1', 'not json')), '400')
    assert.deepEqual([ledger.report().effects, troubles.length], [0, 2])
    assert.equal(codeOf(await push('m1')), '200')
  })

  it('does what it was asked before it loses the answer', async () => {
    const { push, ledger } = aParty({ faults: [{ kind: 'lose-answer', times: 1 }] })
    assert.equal((await push('m1')).kind, 'cut')
    assert.equal(ledger.report().effects, 1)
    assert.equal(codeOf(await push('m1')), '409')
  })

  const idle: [Fault, WireAnswer['kind']][] = [
    [{ kind: 'answer', status: 500, times: 1 }, 'answer'],
    [{ kind: 'hang', times: 1 }, 'silence'],
    [{ kind: 'refuse', times: 1 }, 'cut'],
  ]
  for (const [fault, kind] of idle) {
    it(`does nothing while its fault is “${fault.kind}”, and works again when that is used up`, async () => {
      const { push, ledger } = aParty({ faults: [fault] })
      assert.equal((await push('m1')).kind, kind)
      assert.equal(ledger.report().arrivals, 0)
      assert.equal(codeOf(await push('m1')), '200')
    })
  }

  it('writes what the hub answered for into the ledger, due to the other side', async () => {
    const { party, ledger } = aParty()
    await party.tell(aCase(), LETTER)
    assert.deepEqual(ledger.report().lost, [
      { receiver: 'city-411300', messageId: 'm1', caseNo: 'c1', type: 'case.received' },
    ])
  })

  it('repeats a callback with the same bytes, and numbers its letters', async () => {
    const { party, sent } = aParty({ faults: [{ kind: 'duplicate-callback', times: 1 }] })
    const theCase = aCase()
    await party.tell(theCase, LETTER)
    await party.tell(theCase, LETTER)
    assert.equal(sent.length, 3)
    assert.deepEqual(sent[0], sent[1])
    assert.notDeepEqual(sent[1], sent[2])
  })

  it('passes a no on, unless whoever wrote counted on it', async () => {
    const no = (): HubAnswer => ({
      status: 422,
      headers: {},
      body: Buffer.from('{"code":"MESSAGE_NOT_VALID"}'),
    })
    const { party, refusals, ledger } = aParty({ answers: [no(), no()] })
    await party.tell(aCase(), LETTER)
    await party.tell(aCase(), LETTER, { mayRefuse: true })
    assert.deepEqual(
      refusals.map(({ status, problem }) => ({ status, problem })),
      [{ status: 422, problem: { code: 'MESSAGE_NOT_VALID' } }],
    )
    assert.equal(ledger.report().acknowledged, 0)
  })
})
