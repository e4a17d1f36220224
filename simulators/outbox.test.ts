import assert from 'node:assert/strict'
import type { Envelope, Letter } from './formats/letter.ts'
import { Outbox } from './outbox.ts'
import { seededChance, type Time } from './time.ts'
import { frontDoor } from './wire/front-door.ts'
import { type HubAnswer, type HubClient, HubUnreachable } from './wire/hub-client.ts'

/** Time in which every wait is over at once, and is written down. */
function hurriedTime(waits: number[]): Time {
  return {
    now: () => 0,
    after(delayMs, callback) {
      waits.push(delayMs)
      setImmediate(callback)
      return { cancel() {} }
    },
  }
}

/** A hub that gives these answers in turn; an error stands for no answer. */
function scriptedHub(script: (HubAnswer | Error)[], sent: string[]): HubClient {
  return {
    async call({ body }) {
      sent.push(String(body))
      const next = script.shift()
      if (next === undefined) throw new Error('the script has ended')
      if (next instanceof Error) throw next
      return next
    },
  }
}

const answer = (status: number, body = ''): HubAnswer => ({ status, headers: {}, body: Buffer.from(body) })
const LETTER: Letter = {
  type: 'case.received',
  at: 0,
  departmentNo: 'BM1',
  office: { org: { code: 'ZJ', name: '南阳市住房和城乡建设局' }, clerk: { id: 'J1', name: '李测试' } },
}
const ENVELOPE: Envelope = {
  letterNo: '1',
  position: 1,
  caseNo: 'c1',
  ownNo: 'BM1',
  sender: { id: 'x', region: '410000' },
  writtenAt: 0,
}
const sending = (caseKey: string, body: string) => ({
  caseKey,
  letter: LETTER,
  envelope: ENVELOPE,
  contentType: 'application/json',
  body: Buffer.from(body),
})

describe('the outbox of a simulator', () => {
  it('sends the same bytes until the hub has answered for them, waiting longer each time', async () => {
    const waits: number[] = []
    const sent: string[] = []
    const script = [
      new HubUnreachable('gone'),
      answer(503),
      answer(409, '{"code":"IDEMPOTENCY_IN_PROGRESS"}'),
      answer(429),
      answer(202, 'yes'),
    ]
    const outbox = new Outbox(frontDoor(scriptedHub(script, sent)), hurriedTime(waits), seededChance(1))
    const { status } = await outbox.send(sending('c1', 'letter'))
    assert.equal(status, 202)
    assert.deepEqual(
      sent,
      Array.from({ length: 5 }, () => 'letter'),
    )
    for (const [index, wait] of waits.entries())
      assert.ok(wait >= 25 * 2 ** index && wait <= 1_500, `wait ${index} was ${wait}`)
  })

  for (const status of [400, 401, 404, 409, 422]) {
    it(`takes ${status} as the hub’s last word`, async () => {
      const sent: string[] = []
      const outbox = new Outbox(
        frontDoor(scriptedHub([answer(status, '{"code":"CASE_STATE"}')], sent)),
        hurriedTime([]),
        seededChance(1),
      )
      assert.equal((await outbox.send(sending('c1', 'letter'))).status, status)
      assert.equal(sent.length, 1)
    })
  }

  it('keeps the order within a case, whatever happens to the letters before', async () => {
    const sent: string[] = []
    const script = [new HubUnreachable('gone'), answer(202), answer(422), answer(202)]
    const outbox = new Outbox(frontDoor(scriptedHub(script, sent)), hurriedTime([]), seededChance(1))
    await Promise.all(['1', '2', '3'].map((body) => outbox.send(sending('c1', body))))
    assert.deepEqual(sent, ['1', '1', '2', '3'])
  })

  it('does not let one case wait for another', async () => {
    const held = Promise.withResolvers<HubAnswer>()
    const client: HubClient = {
      call: ({ body }) => (String(body) === 'slow' ? held.promise : Promise.resolve(answer(202))),
    }
    const outbox = new Outbox(frontDoor(client), hurriedTime([]), seededChance(1))
    const slow = outbox.send(sending('c1', 'slow'))
    assert.equal((await outbox.send(sending('c2', 'quick'))).status, 202)
    held.resolve(answer(202))
    await slow
  })

  it('gives up when it is stopped, while waiting as while sending', async () => {
    const never: Time = { now: () => 0, after: () => ({ cancel() {} }) }
    const waiting = new Outbox(
      frontDoor(scriptedHub([new HubUnreachable('gone')], [])),
      never,
      seededChance(1),
    )
    const given = waiting.send(sending('c1', 'letter'))
    setImmediate(() => waiting.stop())
    await assert.rejects(given, /stopped/)
    await assert.rejects(waiting.send(sending('c1', 'late')), /stopped/)
  })
})
