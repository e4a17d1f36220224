import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accepted, submission } from '../testing/gateway-documents.ts'
import { type Asked, openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const CITY = 'city-411300'
const DECIDER = 'county-410526'

describe('the deadlines of a running hub', function () {
  this.timeout(60_000)
  let partners: Partners
  let hub: RunningHub
  let dataDir: string

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'hub-deadlines-'))
    partners = await openPartners()
    hub = await openHub({ partnersUrl: partners.url, dataDir })
  })
  after(async () => {
    await hub?.stop()
    await partners?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  const timeline = async (caseNo: string): Promise<Asked['body'][]> =>
    (await hub.ask(CITY, 'GET', `/v1/cases/${caseNo}/messages`)).body.messages
  const said = async (caseNo: string, type: string): Promise<Asked['body'][]> =>
    (await timeline(caseNo)).filter((message) => message.type === type && message.source === '/hub')

  it('are looked at when it starts: what is past is said once, and the applicant gets a text message', async () => {
    const body = submission({ requestNo: randomUUID(), jurisdiction: '410526' })
    const opened = await hub.ask(CITY, 'POST', '/v1/cases', { body })
    assert.equal(opened.status, 201, JSON.stringify(opened.body))
    const { caseNo } = opened.body
    const acceptance = await hub.ask(DECIDER, 'POST', '/v1/messages', {
      body: accepted(randomUUID(), caseNo),
    })
    assert.equal(acceptance.status, 202, JSON.stringify(acceptance.body))

    await hub.stop()
    hub = await openHub({ partnersUrl: partners.url, dataDir })
    await partners.until((arrivals) => arrivals.some(({ system }) => system === 'sms-gateway'))
    const [sms] = partners.arrivals.filter(({ system }) => system === 'sms-gateway')
    assert.ok(sms)
    const { data } = sms.document as unknown as { data: Record<string, unknown> }
    assert.deepEqual(
      [sms.path, data.project_no, data.template_code, data.mobile],
      ['/sysapi/sms/send', caseNo, 'case-accepted', '13800000001'],
    )
    // How many there are depends on the day on which the test runs; the paper was due long ago.
    const overdue = await said(caseNo, 'deadline.overdue')
    assert.equal(overdue[0].time, '2026-10-09T00:00:00+08:00')
    const { deadlines } = (await hub.ask(CITY, 'GET', `/v1/cases/${caseNo}`)).body
    const states = Object.fromEntries(
      deadlines.map(({ clock, state }: Record<string, string>) => [clock, state]),
    )
    assert.deepEqual([states.N1, states.T1], ['met', 'overdue'])

    // A third start finds nothing to say again.
    const before = (await timeline(caseNo)).length
    await hub.stop()
    hub = await openHub({ partnersUrl: partners.url, dataDir })
    assert.equal((await timeline(caseNo)).length, before)
    assert.equal((await said(caseNo, 'notice.requested')).length, 1)
  })
})
