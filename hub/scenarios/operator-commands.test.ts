import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { makeOperationsClient } from '../api/operations-client.ts'
import { systemClock } from '../main.ts'
import type { ExitCode, ToolHost } from '../mapping/tools/tool-host.ts'
import { operationCommands } from '../operations/command.ts'
import { RESIDENT_ID, submission } from '../testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const RECEIVER = 'housing-registration'

interface Ended {
  readonly code: ExitCode | undefined
  readonly out: string
  readonly err: string
}

describe('hub deliveries, replay and reconcile', () => {
  let partners: Partners
  let hub: RunningHub
  let folder: string
  const printed: string[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-commands-'))
    partners = await openPartners()
    hub = await openHub({ partnersUrl: partners.url })
  })
  after(async () => {
    await hub?.stop()
    await partners?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    partners.behave(() => undefined)
    partners.arrivals.splice(0)
  })
  afterEach(() => {
    assert.ok(!printed.some((text) => text.includes(RESIDENT_ID) || text.includes('测试甲')))
  })

  const run = async (
    args: string,
    wishes: { confirm?: ToolHost['confirm']; environment?: object } = {},
  ): Promise<Ended> => {
    const out: string[] = []
    const err: string[] = []
    let code: ExitCode | undefined
    const environment = {
      HUB_URL: hub.address,
      HUB_DATA_DIR: folder,
      OPERATOR_DUTY_KEY: 'secret of duty-operator-k1 for tests only',
      OPERATOR_AUDITOR_KEY: 'secret of auditor-k1 for tests only',
      ...wishes.environment,
    }
    const host: ToolHost = {
      environment,
      clock: systemClock,
      user: 'tester',
      print: (text) => void out.push(text),
      complain: (text) => void err.push(text),
      finish: (given) => (code = given),
      stopping: new AbortController().signal,
      ...(wishes.confirm === undefined ? {} : { confirm: wishes.confirm }),
    }
    const [name = '', ...rest] = args.split(' ')
    const command = operationCommands(host, makeOperationsClient(environment, systemClock, randomBytes)).find(
      (one) => one.name() === name,
    )
    await command?.parseAsync(rest, { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError)) throw error
    })
    printed.push(...out, ...err)
    return { code, out: out.join('\n'), err: err.join('\n') }
  }
  const submit = async (): Promise<{ caseNo: string; messageId: string }> => {
    const body = submission({
      requestNo: randomUUID(),
      receiving: '411300',
      jurisdiction: '410526',
      scenario: '02',
    })
    const answer = await hub.ask('city-411300', 'POST', '/v1/cases', { body })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body
  }
  /** The case once its delivery to the receiver is in that state. */
  const submitted = async (state: string): Promise<{ caseNo: string; messageId: string }> => {
    const accepted = await submit()
    for (let turn = 0; turn < 2000; turn++) {
      const { body } = await hub.ask('city-411300', 'GET', `/v1/cases/${accepted.caseNo}/messages`)
      const delivery = body.messages[0].deliveries.find(
        (one: { destination: string }) => one.destination === RECEIVER,
      )
      if (delivery.state === state) return accepted
    }
    return assert.fail(`no delivery became ${state}`)
  }
  const refuse = () =>
    partners.behave(({ system }) =>
      system === RECEIVER
        ? { status: 400, body: { result: { code: 'REFUSED', message: `${RESIDENT_ID} 测试甲` } } }
        : undefined,
    )

  it('lists dead letters, shows one, and replays them after a question', async () => {
    refuse()
    const { caseNo, messageId } = await submitted('dead')
    const list = await run(`deliveries --state dead --destination ${RECEIVER}`)
    assert.equal(list.code, 0, list.err)
    assert.match(list.out, new RegExp(`^dead {2}${RECEIVER} {2}case\\.submitted {2}case ${caseNo}$`, 'm'))
    assert.match(list.out, /^ {2}DELIVERY_CONTRACT, for integrator: HTTP 400: 410\*{11}0015 测\*/m)
    const { deliveries } = JSON.parse((await run(`deliveries --case ${caseNo} --state dead --json`)).out)
    const shown = await run(`deliveries ${deliveries[0].id}`)
    assert.match(shown.out, /sent, \d+ bytes \S+: \{.*测\*/)
    assert.match(shown.out, /you may: replay, mark-delivered, cancel/)
    assert.match((await run('deliveries --summary')).out, new RegExp(`${RECEIVER}: .*1 dead`))

    const refused = await run(`replay --case ${caseNo}`, { confirm: async () => false })
    assert.deepEqual(
      [refused.code, partners.arrivals.filter(({ system }) => system === RECEIVER).length],
      [1, 1],
    )
    const nobody = await run(`replay --case ${caseNo}`)
    assert.match(nobody.out, /Nothing was done\./)
    partners.behave(() => undefined)
    partners.arrivals.splice(0)
    const questions: string[] = []
    const done = await run(`replay --state dead --destination ${RECEIVER} --case ${caseNo}`, {
      confirm: async (question) => questions.push(question) > 0,
    })
    assert.deepEqual([done.code, questions], [0, ['Replay 1?']])
    assert.match(done.out, /Dry run: 1 .*\n.*1 dead.*\n.*drops a message id.*\nReplayed 1 of 1\.$/)
    await partners.until(({ length }) => length > 0)
    assert.equal(partners.arrivals[0]?.messageId, messageId)
    assert.match((await run(`replay --case ${caseNo} --state dead --yes`)).out, /^Nothing to replay\.$/)
  })

  it('compares a day with a list and repairs', async () => {
    const { messageId } = await submitted('delivered')
    const day = await run(`reconcile --system ${RECEIVER}`)
    assert.match(day.out, /^ {2}delivered +\d+ {2}sm3:[0-9a-f]{64} {2}\d+ case\.submitted$/m)
    const { body } = await hub.ask(
      RECEIVER,
      'GET',
      `/v1/reconciliation?day=${day.out.slice(RECEIVER.length + 2, RECEIVER.length + 12)}`,
    )
    const others: string[] = body.messages.due
      .map(({ id }: { id: string }) => id)
      .filter((id: string) => id !== messageId)
    const list = join(folder, 'list.txt')
    writeFileSync(list, [...others, ''].join('\n'))
    const compared = await run(`reconcile --system ${RECEIVER} --list ${list}`)
    assert.equal(compared.code, 1)
    assert.match(compared.out, new RegExp(`missing at the partner .*: 1\n {4}${messageId} `))
    partners.arrivals.splice(0)
    const repaired = await run(`reconcile --system ${RECEIVER} --list ${list} --repair --yes --json`)
    assert.deepEqual(JSON.parse(repaired.out).result, { replayed: 1, confirmed: 1 })
    await partners.until(({ length }) => length > 0)
    writeFileSync(list, JSON.stringify([...others, messageId].map((id) => ({ id }))))
    // Until the receiver's answer is settled the hub does not know that it was delivered.
    let agreed = await run(`reconcile --system ${RECEIVER} --list ${list}`)
    for (let turn = 0; turn < 200 && agreed.code !== 0; turn++)
      agreed = await run(`reconcile --system ${RECEIVER} --list ${list}`)
    assert.deepEqual([agreed.code, agreed.out], [0, `Matched: ${others.length + 1}`])
  })

  it('moves what is open to a system that was replaced, after a question', async () => {
    refuse()
    const cases = [await submitted('dead'), await submitted('dead')]
    const successor = 'county-411381'
    const command = `redirect --from ${RECEIVER} --to ${successor} --code DELIVERY_CONTRACT --limit 1`
    const nobody = await run(command)
    assert.equal(nobody.code, 1)
    assert.match(
      nobody.out,
      /^Dry run: 1 of 1 case\(s\) would go to county-411381 instead of housing-registration/,
    )
    assert.match(nobody.out, /later messages go to county-411381 too, as decider of 1 case\(s\)/)
    assert.match(nobody.out, /1 of them were sent to the old system, which may have them/)
    assert.match(nobody.out, /Nothing was done\./)

    partners.arrivals.splice(0)
    const questions: string[] = []
    const done = await run(command, { confirm: async (question) => questions.push(question) > 0 })
    assert.deepEqual([done.code, questions], [0, ['Move these, and then the others that match?']])
    assert.match(done.out, /Moved 1 so far; \d+ were open when it began\.[\s\S]*Moved \d+\.$/)
    const ids = cases.map(({ messageId }) => messageId)
    await partners.until((arrivals) =>
      ids.every((id) => arrivals.some((one) => one.messageId === id && one.system === successor)),
    )
    assert.match((await run(`${command} --yes`)).out, /^Nothing to move from housing-registration\.$/)
    partners.behave(() => undefined)
  })

  it('maps a message again, and says that it comes out the same', async () => {
    const { caseNo, messageId } = await submitted('delivered')
    const same = await run(`remap ${messageId}`)
    assert.deepEqual(
      [same.code, /^case\.submitted of case (\S+) comes out the same with gateway-json /.exec(same.out)?.[1]],
      [0, caseNo],
    )
    assert.match((await run('remap 01993a1e-7c00-7abc-8def-0123456789ab')).err, /MESSAGE_NOT_FOUND/)
  })

  it('says why it cannot', async () => {
    const calls: readonly (readonly [string, object, RegExp])[] = [
      ['deliveries', { HUB_URL: 'http://127.0.0.1:1' }, /No hub answers at http:\/\/127\.0\.0\.1:1/],
      ['deliveries', { HUB_OPERATOR: 'nobody' }, /There is no account nobody/],
      ['deliveries', { OPERATOR_DUTY_KEY: '' }, /OPERATOR_DUTY_KEY/],
      ['deliveries', { OPERATOR_DUTY_KEY: 'wrong' }, /AUTH_FAILED/],
      ['deliveries --state lost', {}, /REQUEST_PARAMETER: state/],
      [`deliveries ${randomUUID()}`, {}, /DELIVERY_NOT_FOUND/],
      ['replay', {}, /Say what to replay/],
      ['replay --state dead', { HUB_OPERATOR: 'auditor' }, /OPERATION_NOT_ALLOWED/],
      ['reconcile', {}, /--system/],
      [`reconcile --system ${RECEIVER} --repair`, {}, /needs the partner’s list/],
      [`reconcile --system ${RECEIVER} --list ${join(tmpdir(), randomUUID())}`, {}, /cannot be read/],
    ]
    for (const [args, environment, words] of calls) {
      const { code, err } = await run(args, { environment })
      assert.equal(code, 2, args)
      assert.match(err, words)
    }
  })
})
