import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { accepted, following, submission } from '../testing/gateway-documents.ts'
import {
  type Asked,
  openHub,
  openPartners,
  type Partners,
  type Question,
  type RunningHub,
} from '../testing/running-hub.ts'

const CITY = 'city-411300'
const OTHER_CITY = 'county-410526'

describe('what the hub refuses, over the wire', () => {
  let partners: Partners
  let hub: RunningHub
  let dataDir: string

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'hub-'))
    partners = await openPartners()
    hub = await openHub({ partnersUrl: partners.url, dataDir })
  })
  after(async () => {
    await hub?.stop()
    await partners?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  const post = (question: Question, path = '/v1/cases', system = CITY): Promise<Asked> =>
    hub.ask(system, 'POST', path, question)
  const submit = (wishes: Partial<Parameters<typeof submission>[0]> = {}): Promise<Asked> =>
    post({ body: submission({ requestNo: randomUUID(), ...wishes }) })
  const faultsOf = (answer: Asked): [string, string | undefined][] =>
    answer.body.faults.map((fault: { code: string; source?: string }) => [fault.code, fault.source])

  /** A problem document with this status and code; and nothing of it was stored. */
  async function refuses(answer: Promise<Asked> | Asked, status: number, code: string): Promise<Asked> {
    const refused = await answer
    assert.equal(refused.status, status, JSON.stringify(refused.body))
    assert.equal(refused.headers.get('content-type'), 'application/problem+json; charset=utf-8')
    assert.equal(refused.body.code, code)
    assert.equal(refused.body.status, status)
    assert.match(refused.body.title, /\p{Script=Han}.* \/ \w/u)
    assert.equal(refused.body.type, `urn:hub:problem:${code}`)
    assert.doesNotMatch(JSON.stringify(refused.body), /node_modules|\.ts:|at Object/)
    return refused
  }

  describe('bytes that cannot be read', () => {
    const raw = (bytes: string | Uint8Array, contentType = 'application/json'): Promise<Asked> =>
      post({ bytes: Buffer.from(bytes as string), headers: { 'content-type': contentType } })

    it('are answered 400 with line and column where they stop being JSON', async () => {
      const { body } = await refuses(raw('{"head":\n  oops}'), 400, 'REQUEST_NOT_JSON')
      assert.deepEqual([body.line, body.column], [2, 3])
    })

    it('are answered 400 where they do not fit their character set', async () => {
      await refuses(raw(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])), 400, 'REQUEST_CHARSET')
      await refuses(raw('{}', 'application/json; charset=koi8-r'), 400, 'REQUEST_CHARSET')
    })

    it('are answered 400 where they are nested too deep, say a key twice, or hold a number that would lose digits', async () => {
      await refuses(raw(`${'{"a":'.repeat(80)}1${'}'.repeat(80)}`), 400, 'REQUEST_TOO_DEEP')
      const twice = await refuses(
        raw('{"body":{"projectNo":"1","projectNo":"2"}}'),
        400,
        'REQUEST_DUPLICATE_KEY',
      )
      assert.equal(twice.body.faults[0].source, 'body.projectNo')
      const digits = await refuses(
        raw('{"body":{"applyerPageCode":410101190001010015}}'),
        400,
        'REQUEST_UNSAFE_INTEGER',
      )
      assert.equal(digits.body.faults[0].source, 'body.applyerPageCode')
    })

    it('are answered 413 where there are too many, and 415 where they are compressed', async () => {
      await refuses(raw(Buffer.alloc(10 * 1024 * 1024 + 1, 0x20)), 413, 'REQUEST_TOO_LARGE')
      await refuses(post({ body: {}, headers: { 'content-encoding': 'gzip' } }), 415, 'REQUEST_MEDIA_TYPE')
    })
  })

  describe('requests that are not signed as they should be', () => {
    it('are all answered 401 with the same words', async () => {
      const body = submission({ requestNo: randomUUID() })
      const unsigned = await fetch(`${hub.address}/v1/cases`, { method: 'POST', body: JSON.stringify(body) })
      const refusals = [
        await post({ body, tamper: (headers) => ({ ...headers, 'x-hub-signature': '0'.repeat(64) }) }),
        await post({ body, tamper: (headers) => ({ ...headers, 'x-hub-key': 'nobody-k1' }) }),
        await post({ body, tamper: (headers) => ({ ...headers, 'x-hub-nonce': 'another-nonce-0001' }) }),
        await post({ body, tamper: ({ 'x-hub-timestamp': _, ...headers }) => headers }),
        await post({ body, skew: -301 }),
        await post({ body, skew: 330 }),
      ]
      const texts = new Set<string>()
      for (const refusal of refusals)
        texts.add(JSON.stringify((await refuses(refusal, 401, 'AUTH_FAILED')).body))
      assert.equal(unsigned.status, 401)
      texts.add(await unsigned.text())
      assert.equal(texts.size, 1, [...texts].join('\n'))
    })

    it('are refused the second time even when every part is right', async () => {
      let kept: Record<string, string> = {}
      const first = await hub.ask(CITY, 'GET', '/v1/items', { tamper: (headers) => (kept = headers) })
      assert.equal(first.status, 200)
      await refuses(hub.ask(CITY, 'GET', '/v1/items', { tamper: () => kept }), 401, 'AUTH_FAILED')
    })

    it('are refused the second time whatever became of the first: taken, refused, only validated', async () => {
      const taken = submission({ requestNo: randomUUID() })
      const wishes: readonly (readonly [number, string, Question])[] = [
        [201, '/v1/cases', { body: taken }],
        [400, '/v1/cases', { bytes: Buffer.from('{') }],
        [200, '/v1/cases?validate=only', { body: submission({ requestNo: randomUUID() }) }],
        [400, '/v1/cases?validate=all', { body: taken }],
      ]
      for (const [status, path, question] of wishes) {
        let kept: Record<string, string> = {}
        const first = await post({ ...question, tamper: (headers) => (kept = headers) }, path)
        assert.equal(first.status, status, JSON.stringify(first.body))
        await refuses(post({ ...question, tamper: () => kept }, path), 401, 'AUTH_FAILED')
        // Not signed, so whoever repeats it may change it.
        const headers = { 'idempotency-key': randomUUID() }
        await refuses(post({ ...question, headers, tamper: () => kept }, path), 401, 'AUTH_FAILED')
      }
    })

    it('take effect once where they are sent twice at the same time', async () => {
      const body = submission({ requestNo: randomUUID() })
      let kept: Record<string, string> = {}
      const [first, second] = await Promise.all([
        post({ body, tamper: (headers) => (kept = headers) }),
        post({ body, tamper: () => kept }),
      ])
      assert.deepEqual([first.status, second.status].sort(), [201, 401])
    })
  })

  describe('content that is wrong', () => {
    it('names an unknown item, one not in force, an unknown region and a code without a counterpart in the sender’s own fields', async () => {
      const unknown = await refuses(
        submit({ body: { taskCode: '1141000000000901362410190009000', taskHandleItem: undefined } }),
        422,
        'MESSAGE_NOT_VALID',
      )
      assert.deepEqual(faultsOf(unknown), [['ITEM_NOT_ON_LIST', 'body.taskCode']])
      const early = await refuses(
        submit({ body: { applyDate: '2019-09-30 10:12:05' } }),
        422,
        'MESSAGE_NOT_VALID',
      )
      assert.deepEqual(faultsOf(early), [['ITEM_NOT_IN_FORCE', 'body.taskHandleItem']])
      const nowhere = await refuses(submit({ jurisdiction: '410583' }), 422, 'MESSAGE_NOT_VALID')
      assert.deepEqual(faultsOf(nowhere), [['REGION_UNKNOWN', 'body.handleAreaCode']])
      const unmapped = await refuses(submit({ body: { applyerPageType: '10' } }), 422, 'MESSAGE_NOT_VALID')
      assert.deepEqual(faultsOf(unmapped), [['CODE_UNMAPPED', 'body.applyerPageType']])
    })

    it('lists all missing materials at once (art. 17)', async () => {
      const answer = await refuses(
        submit({ without: ['审查表', '身份证', '资格证书', '注册证书'] }),
        422,
        'MESSAGE_NOT_VALID',
      )
      const [fault] = answer.body.faults
      assert.equal(answer.body.faults.length, 1)
      assert.equal(fault.code, 'MATERIALS_MISSING')
      assert.deepEqual(
        fault.facts.missing.map(({ name }: { name: string }) => name),
        ['审查表', '身份证', '注册证书'],
      )
      assert.match(fault.reason.zh, /审查表、身份证、注册证书/)
    })

    it('names a wrong check digit, an impossible order and an impossible date, all in one answer', async () => {
      const answer = await refuses(
        submit({
          body: {
            applyerPageCode: '410101190001010016',
            applyDate: '2026-02-31 10:00:00',
            applyerName: undefined,
          },
        }),
        422,
        'MESSAGE_NOT_VALID',
      )
      assert.deepEqual(faultsOf(answer).sort(), [
        ['DATE_INVALID', 'body.applyDate'],
        ['FIELD_REQUIRED', 'body.applyerName'],
        ['RESIDENT_ID_INVALID', 'body.applyerPageCode'],
      ])
      assert.doesNotMatch(
        JSON.stringify(answer.body),
        /410101190001010016/,
        'a refusal does not repeat the number',
      )
      const order = await refuses(
        submit({ body: { receiveDate: '2026-09-29 09:00:00' } }),
        422,
        'MESSAGE_NOT_VALID',
      )
      assert.deepEqual(faultsOf(order), [['EVENT_BEFORE_APPLICATION', 'body.receiveDate']])
    })

    it('refuses a material that is not on the list, and a city that receives for another', async () => {
      const extra = [
        ...(submission({ requestNo: 'x' }).body.materials as object[]),
        { materialName: '无犯罪记录证明', getType: '3', getNum: '1', files: [] },
      ]
      const added = await refuses(submit({ body: { materials: extra } }), 422, 'MESSAGE_NOT_VALID')
      assert.deepEqual(faultsOf(added), [['MATERIAL_UNKNOWN', 'body.materials[12].materialName']])
      const stolen = await refuses(submit({ receiving: '410526' }), 422, 'MESSAGE_NOT_VALID')
      assert.deepEqual(faultsOf(stolen), [['FIELD_VALUE', 'body.acceptAreaCode']])
    })

    it('refuses ids and numbers that are no text or longer than any table holds, by the sender’s own field', async () => {
      const long = 'x'.repeat(51)
      const tooLong = await refuses(
        post({ body: submission({ requestNo: 'x'.repeat(201), projectNo: randomUUID() }) }),
        422,
        'MESSAGE_NOT_VALID',
      )
      assert.deepEqual(faultsOf(tooLong), [['FIELD_LENGTH', 'head.requestNo']])
      const object = await refuses(submit({ body: { projectNo: { a: 1 } } }), 422, 'MESSAGE_NOT_VALID')
      assert.ok(faultsOf(object).some(([, source]) => source === 'body.projectNo'))
      const unknown = accepted(randomUUID(), long)
      const following = await post({ body: unknown }, '/v1/messages', OTHER_CITY)
      await refuses(following, 422, 'MESSAGE_NOT_VALID')
      assert.deepEqual(faultsOf(following), [['FIELD_LENGTH', 'body.unifiedNo']])
    })

    it('refuses a document that is none of the format’s, and a decision at the address of submissions', async () => {
      const strange = await refuses(
        post({ body: { head: { apiCode: 'PARTY' } } }),
        422,
        'MESSAGE_KIND_UNKNOWN',
      )
      assert.ok(strange.body.known.some(({ name }: { name: string }) => name === 'CASE_APPLY'))
      await refuses(post({ body: [] }), 422, 'MESSAGE_KIND_UNKNOWN')
      await refuses(post({ body: accepted(randomUUID(), 'X') }), 422, 'MESSAGE_KIND_UNKNOWN')
    })
  })

  describe('messages about a case', () => {
    let caseNo: string

    before(async () => {
      const { status, body } = await post({
        body: submission({ requestNo: randomUUID(), jurisdiction: '410526' }),
      })
      assert.equal(status, 201)
      caseNo = body.caseNo
    })

    it('are answered 403 from a system that does not hold it, in the same words as where there is none', async () => {
      const foreign = await refuses(
        post({ body: accepted(randomUUID(), caseNo) }, '/v1/messages'),
        403,
        'CASE_NOT_HELD',
      )
      const absent = await refuses(
        post({ body: accepted(randomUUID(), 'no-such-case') }, '/v1/messages'),
        403,
        'CASE_NOT_HELD',
      )
      assert.deepEqual(foreign.body, absent.body)
    })

    it('are answered 409 with the state and what is allowed', async () => {
      const decided = following('DEPT_DECIDE', randomUUID(), caseNo, {
        decideDate: '2026-10-20 10:00:00',
        decision: '1',
        handleUserName: '李测试',
      })
      const { body } = await refuses(post({ body: decided }, '/v1/messages', OTHER_CITY), 409, 'CASE_STATE')
      assert.equal(body.state, 'submitted')
      assert.ok(body.allowed.includes('case.accepted') && !body.allowed.includes('case.decided'))
    })

    it('are answered 422 when they happened before the application', async () => {
      const early = accepted(randomUUID(), caseNo)
      const answer = await refuses(
        post(
          { body: { ...early, body: { ...early.body, acceptDate: '2026-09-29 09:00:00' } } },
          '/v1/messages',
          OTHER_CITY,
        ),
        422,
        'MESSAGE_NOT_VALID',
      )
      assert.deepEqual(faultsOf(answer), [['EVENT_BEFORE_APPLICATION', 'body.acceptDate']])
    })

    it('cannot be read by a system that is no party of it, which cannot tell it from none', async () => {
      const foreign = await refuses(
        hub.ask('city-410300', 'GET', `/v1/cases/${caseNo}`),
        404,
        'CASE_NOT_FOUND',
      )
      const absent = await refuses(
        hub.ask('city-410300', 'GET', '/v1/cases/no-such-case'),
        404,
        'CASE_NOT_FOUND',
      )
      assert.deepEqual(foreign.body, absent.body)
      await refuses(hub.ask('city-410300', 'GET', `/v1/cases/${caseNo}/messages`), 404, 'CASE_NOT_FOUND')
    })
  })

  describe('keys used again', () => {
    it('give the same answer for the same body and 422 for another', async () => {
      const body = submission({ requestNo: randomUUID() })
      const first = await post({ body })
      const again = await post({ body })
      assert.deepEqual([first.status, again.status], [201, 201])
      assert.deepEqual(again.body, first.body)
      assert.equal(again.headers.get('idempotency-replayed'), 'true')
      const other = { ...body, body: { ...body.body, contactMobile: '13800000002' } }
      await refuses(post({ body: other }), 422, 'IDEMPOTENCY_KEY_REUSED')
    })

    it('count per sender, also as a header', async () => {
      const header = { 'idempotency-key': 'the-same-key' }
      const mine = await post({ body: submission({ requestNo: randomUUID() }), headers: header })
      const theirs = await post(
        { body: submission({ requestNo: randomUUID(), receiving: '410526' }), headers: header },
        '/v1/cases',
        OTHER_CITY,
      )
      assert.deepEqual([mine.status, theirs.status], [201, 201])
      await refuses(
        post({ body: submission({ requestNo: randomUUID() }), headers: header }),
        422,
        'IDEMPOTENCY_KEY_REUSED',
      )
    })

    it('answer 409 for a second case under the sender’s own number, and say which case it is', async () => {
      const projectNo = randomUUID()
      const first = await submit({ projectNo })
      const { body } = await refuses(submit({ projectNo }), 409, 'CASE_EXISTS')
      assert.equal(body.caseNo, first.body.caseNo)
    })
  })

  it('answers wrong addresses, methods and parameters by name', async () => {
    await refuses(hub.ask(CITY, 'GET', '/v1/nothing'), 404, 'NOT_FOUND')
    const method = await refuses(hub.ask(CITY, 'DELETE', '/v1/cases'), 405, 'METHOD_NOT_ALLOWED')
    assert.equal(method.headers.get('allow'), 'GET, POST')
    await refuses(hub.ask(CITY, 'GET', '/v1/cases'), 400, 'REQUEST_PARAMETER')
    await refuses(hub.ask('county-411628', 'GET', '/v1/inbox?wait=61'), 400, 'REQUEST_PARAMETER')
    await refuses(hub.ask(CITY, 'GET', '/v1/inbox'), 409, 'INBOX_NOT_USED')
  })

  it('stores nothing for a dry run and says where the case would go', async () => {
    const body = submission({ requestNo: randomUUID(), jurisdiction: '410526', scenario: '02' })
    const dry = await post({ body }, '/v1/cases?validate=only')
    assert.deepEqual(
      [dry.status, dry.body],
      [200, { valid: true, type: 'case.submitted', wouldGoTo: ['housing-registration', 'county-410526'] }],
    )
    await refuses(hub.ask(CITY, 'GET', `/v1/cases?externalId=${body.body.projectNo}`), 404, 'CASE_NOT_FOUND')
    await refuses(
      post({ body: submission({ requestNo: randomUUID(), without: ['身份证'] }) }, '/v1/cases?validate=only'),
      422,
      'MESSAGE_NOT_VALID',
    )
  })

  it('answers 503 and when to come back while the store takes nothing, and has stored nothing of it', async () => {
    const body = submission({ requestNo: randomUUID() })
    const other = new DatabaseSync(join(dataDir, 'hub.sqlite'))
    try {
      // Another process holds the file: the same error as a disk that is full or gone, by the same path.
      other.exec('begin immediate')
      const refused = await refuses(post({ body }), 503, 'STORE_UNAVAILABLE')
      assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
      assert.equal((await fetch(`${hub.address}/readyz`)).status, 503)
      assert.equal((await fetch(`${hub.address}/livez`)).status, 200)
      other.exec('rollback')
    } finally {
      other.close()
    }
    await refuses(hub.ask(CITY, 'GET', `/v1/cases?externalId=${body.body.projectNo}`), 404, 'CASE_NOT_FOUND')
    const again = await post({ body })
    assert.deepEqual([again.status, again.headers.get('idempotency-replayed')], [201, null])
    assert.equal((await fetch(`${hub.address}/readyz`)).status, 200)
  })

  it('survives whatever was sent: a good case is still taken', async () => {
    assert.equal((await submit()).status, 201)
  })
})
