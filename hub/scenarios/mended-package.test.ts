import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { submission } from '../testing/gateway-documents.ts'
import { type Asked, openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const root = new URL('../..', import.meta.url).pathname

/** Of a character that GBK does not have. */
const NAME = '测试𠮷'

describe('a dead letter that our own mapping made', () => {
  let partners: Partners
  let hub: RunningHub
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-mended-'))
    cpSync(join(root, 'mappings'), join(folder, 'mappings'), { recursive: true })
    partners = await openPartners()
  })
  after(async () => {
    await hub?.stop()
    await partners?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const declare = (charset: string): void => {
    const file = join(folder, 'mappings/pinyin-flat/format.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^charset: .*$/m, `charset: ${charset}`))
  }
  const start = async (): Promise<void> => {
    const environment = { HUB_MAPPINGS_DIR: join(folder, 'mappings') }
    hub = await openHub({ partnersUrl: partners.url, dataDir: join(folder, 'data'), environment })
  }
  const operate = async (method: string, path: string, body?: object): Promise<Asked['body']> => {
    const answer = await hub.ask(
      'duty-operator',
      method,
      `/v1/ops/${path}`,
      body === undefined ? {} : { body },
    )
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }
  const replay = async (wanted: object): Promise<Asked['body']> => {
    const plan = await operate('POST', 'deliveries/replay', { ...wanted, dryRun: true })
    const done = { ...wanted, confirm: plan.confirm, reason: '格式包已改' }
    assert.deepEqual(await operate('POST', 'deliveries/replay', done), { replayed: 1, confirmed: 1 })
    return plan.destinations[0]
  }
  /** The delivery with that many attempts, and in that state. */
  const settled = async (id: string, state: string, attempts: number): Promise<Asked['body']> => {
    for (let turn = 0; turn < 2000; turn++) {
      const delivery = await operate('GET', `deliveries/${id}`)
      if (delivery.state === state && delivery.attempts.length === attempts) return delivery
    }
    return assert.fail(`the delivery did not become ${state} with ${attempts} attempts`)
  }

  it('is delivered by a replay once the package was mended, and not with the version that it started with', async () => {
    declare('gbk')
    await start()
    const { status, body } = await hub.ask('city-411300', 'POST', '/v1/cases', {
      body: submission({ requestNo: randomUUID(), jurisdiction: '410100', body: { applyerName: NAME } }),
    })
    assert.equal(status, 201, JSON.stringify(body))
    const [found] = (await operate('GET', `deliveries?caseNo=${body.caseNo}&destination=city-410100`))
      .deliveries
    const dead = await settled(found.id, 'dead', 1)
    assert.deepEqual([dead.reason.code, dead.reason.owner], ['DELIVERY_UNMAPPABLE', 'integrator'])
    assert.ok(dead.reason.words.includes('gbk'), dead.reason.words)
    await hub.stop()

    declare('gb18030')
    await start()
    assert.equal((await replay({ ids: [found.id], mapping: 'original' })).otherVersion, 0)
    const again = await settled(found.id, 'dead', 2)
    assert.equal(again.mappingVersion, dead.mappingVersion)

    partners.arrivals.splice(0)
    assert.equal((await replay({ ids: [found.id] })).otherVersion, 1)
    const delivered = await settled(found.id, 'delivered', 3)
    assert.notEqual(delivered.mappingVersion, dead.mappingVersion)
    const [arrival] = partners.arrivals
    assert.deepEqual([arrival?.system, arrival?.messageId], ['city-410100', body.messageId])
    assert.ok(JSON.stringify(arrival?.document).includes(NAME))
  }).timeout(60_000)
})
