import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rollBack } from '../mapping/registry/activation.ts'
import { VersionShelf } from '../mapping/registry/version-shelf.ts'
import { accepted, submission } from '../testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const shipped = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'mappings')

/** The acceptance notice as an acceptance system reads it: its remark shows which version made it. */
const remarkOf = (document: Record<string, unknown> & { body?: Record<string, unknown> }): unknown =>
  document.body?.remark

describe('versions of a format package', () => {
  let partners: Partners
  let root: string
  let hub: RunningHub | undefined

  const open = async (environment: Record<string, string> = {}): Promise<RunningHub> =>
    openHub({
      partnersUrl: partners.url,
      dataDir: join(root, 'data'),
      environment: { HUB_MAPPINGS_DIR: join(root, 'mappings'), ...environment },
    })
  /** What case.accepted says in its remark from now on. */
  const write = (remark: string): void => {
    const file = join(root, 'mappings/gateway-json/out/case.accepted.jsonata')
    const text = readFileSync(join(shipped, 'gateway-json/out/case.accepted.jsonata'), 'utf8')
    const changed = text.replace(/"remark": data\.remark/, `"remark": data.remark ?? "${remark}"`)
    assert.notEqual(changed, text)
    writeFileSync(file, changed)
  }
  const restart = async (): Promise<RunningHub> => {
    await hub?.stop()
    hub = await open()
    return hub
  }

  beforeEach(async () => {
    partners = await openPartners()
    root = mkdtempSync(join(tmpdir(), 'hub-versions-'))
    cpSync(shipped, join(root, 'mappings'), { recursive: true })
  })
  afterEach(async () => {
    await hub?.stop()
    hub = undefined
    await partners.stop()
    await rm(root, { recursive: true, force: true })
  })

  const submit = async (
    running: RunningHub,
    system: string,
    jurisdiction: string,
    no: string,
  ): Promise<string> => {
    const answer = await running.ask(system, 'POST', '/v1/cases', {
      body: submission({ requestNo: no, receiving: system.slice(-6), jurisdiction }),
    })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body.caseNo
  }
  const accept = async (running: RunningHub, no: string, caseNo: string): Promise<void> => {
    const answer = await running.ask('county-410526', 'POST', '/v1/messages', { body: accepted(no, caseNo) })
    assert.equal(answer.status, 202, JSON.stringify(answer.body))
  }

  it('finishes a waiting delivery on the version it started with; new messages get the new one; rollback restores', async () => {
    write('第一版')
    let running = await restart()
    const waiting = await submit(running, 'city-411300', '410526', 'V-1')
    // The origin says "not now" to the acceptance: the delivery waits over the restart.
    partners.behave(({ system, path }) =>
      system === 'city-411300' && path === '/case/accept'
        ? { status: 503, body: { head: { code: '503', message: '忙' } } }
        : undefined,
    )
    const tried = partners.until((arrivals) => arrivals.some(({ path }) => path === '/case/accept'))
    await accept(running, 'V-1-SL', waiting)
    await tried

    write('第二版')
    await hub?.stop()
    partners.arrivals.splice(0)
    partners.behave(() => undefined)
    hub = await open()
    running = hub
    const fresh = await submit(running, 'city-411300', '410526', 'V-2')
    await accept(running, 'V-2-SL', fresh)
    await partners.until((arrivals) => arrivals.filter(({ path }) => path === '/case/accept').length === 2)
    const made = new Map(
      partners.arrivals
        .filter(({ path }) => path === '/case/accept')
        .map(({ document }) => [document.body?.unifiedNo, remarkOf(document)]),
    )
    assert.deepEqual(Object.fromEntries(made), { [waiting]: '第一版', [fresh]: '第二版' })

    await running.stop()
    hub = undefined
    rollBack(new VersionShelf(join(root, 'data')), 'gateway-json', { nowMs: 0, who: 'tester' })
    partners.arrivals.splice(0)
    running = await restart()
    const later = await submit(running, 'city-411300', '410526', 'V-3')
    await accept(running, 'V-3-SL', later)
    await partners.until((arrivals) => arrivals.some(({ path }) => path === '/case/accept'))
    const restored = partners.arrivals.find(({ path }) => path === '/case/accept')
    assert.equal(restored && remarkOf(restored.document), '第一版')
  })

  it('hands out of the inbox what a version made when the message was accepted, and falls back where it is gone', async () => {
    write('第一版')
    let running = await restart()
    const collector = 'county-410225'
    const first = await submit(running, collector, '410526', 'V-4')
    await accept(running, 'V-4-SL', first)
    write('第二版')
    running = await restart()
    const second = await submit(running, collector, '410526', 'V-5')
    await accept(running, 'V-5-SL', second)
    const remarks = async (): Promise<unknown[]> => {
      const { body } = await running.ask(collector, 'GET', '/v1/inbox?limit=50')
      return body.entries
        .filter(({ type }: { type: string }) => type === 'case.accepted')
        .map(({ document }: { document: { body?: Record<string, unknown> } }) => document.body?.remark)
    }
    assert.deepEqual(await remarks(), ['第一版', '第二版'])
    await rm(join(root, 'data/packages'), { recursive: true })
    running = await restart()
    assert.deepEqual(await remarks(), ['第二版', '第二版'])
  })

  it('does not start pinned before anything was activated, and says what to do', async () => {
    await assert.rejects(open({ HUB_PACKAGES: 'pinned' }), /There is no sound format/)
    hub = await open()
    await hub.stop()
    write('没有启用')
    hub = await open({ HUB_PACKAGES: 'pinned' })
    const caseNo = await submit(hub, 'city-411300', '410526', 'V-6')
    await accept(hub, 'V-6-SL', caseNo)
    await partners.until((arrivals) => arrivals.some(({ path }) => path === '/case/accept'))
    const arrival = partners.arrivals.find(({ path }) => path === '/case/accept')
    assert.equal(arrival && remarkOf(arrival.document), undefined)
  })
})
