import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '../contract/errors.ts'
import { loadKinds } from '../main.ts'
import { accepted, submission } from '../testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const shipped = new URL('../../topology', import.meta.url).pathname

/** Carries letters to and from a loft, which is a folder: all that another vendor's package would bring. */
const PIGEON = `
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const loft = {
  type: 'object',
  additionalProperties: false,
  required: ['loft'],
  properties: { loft: { type: 'string', description: 'Folder that pigeons fly to.' } },
}

export default {
  name: '@vendor/pigeon',
  summary: 'Sends and brings letters by pigeon.',
  configSchema: loft,
  traits: { ordered: true, queryable: false },
  async open({ loft }, { errors }) {
    return {
      async deliver({ messageId, body }, signal) {
        if (signal.aborted) throw new errors.LinkLost('The pigeon has not left.')
        await writeFile(join(loft, messageId + '.letter'), body).catch((cause) => {
          throw new errors.RetryLater('The loft is shut.', { cause })
        })
        return { reference: 'ring-' + messageId.slice(-4) }
      },
      async probe() {},
      async close() {},
    }
  },
  publishes(request, response) {
    response.end('how to keep a loft, asked at ' + request.url)
  },
  listenSchema: loft,
  async listen({ loft }, { clock, receive }) {
    let timer
    let closed = false
    const look = async () => {
      for (const name of await readdir(loft)) {
        if (!name.endsWith('.reply')) continue
        const outcome = await receive({
          body: await readFile(join(loft, name)),
          contentType: 'application/json; charset=utf-8',
          idempotencyKey: name,
        })
        await rename(join(loft, name), join(loft, name + '.' + outcome.kind))
      }
      if (!closed) timer = clock.after(20, () => look())
    }
    const first = look()
    return {
      status: () => ({ state: closed ? 'closed' : 'open', sinceMs: clock.now() }),
      async close() {
        closed = true
        await first
        timer?.cancel()
      },
    }
  },
}
`

const COUNTY = `
id: county-410526
name: { zh: 滑县统一受理系统, en: Huaxian acceptance system }
role: acceptance
region: '410526'
format: gateway-json
inbound:
  - { adapter: '@vendor/pigeon', config: { loft: '\${LOFT}' } }
outbound:
  adapter: '@vendor/pigeon'
  config: { loft: '\${LOFT}' }
`

describe('an adapter kind in a package of its own', function () {
  this.timeout(20_000)
  let folder: string
  let loft: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-pigeon-'))
    loft = join(folder, 'loft')
    mkdirSync(loft)
    cpSync(shipped, join(folder, 'topology'), { recursive: true })
    writeFileSync(join(folder, 'topology', 'systems', 'county-410526.yaml'), COUNTY)
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  function install(source: string): void {
    const place = join(folder, 'node_modules', '@vendor', 'pigeon')
    mkdirSync(place, { recursive: true })
    writeFileSync(
      join(place, 'package.json'),
      JSON.stringify({ name: '@vendor/pigeon', version: '1.0.0', type: 'module', exports: './index.js' }),
    )
    writeFileSync(join(place, 'index.js'), source)
  }

  const environment = (): Record<string, string> => ({
    HUB_TOPOLOGY_DIR: join(folder, 'topology'),
    LOFT: loft,
  })

  describe('that is installed beside the topology', () => {
    let partners: Partners
    let hub: RunningHub

    beforeEach(async () => {
      install(PIGEON)
      partners = await openPartners()
      hub = await openHub({ partnersUrl: partners.url, environment: environment() })
    })

    afterEach(async () => {
      await hub.stop()
      await partners.stop()
    })

    async function until(holds: () => boolean): Promise<void> {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
    }

    it('delivers by the kind, and takes what its listener brings', async () => {
      const body = submission({ requestNo: randomUUID(), jurisdiction: '410526' })
      const { status, body: answer } = await hub.ask('city-411300', 'POST', '/v1/cases', { body })
      assert.equal(status, 201)
      const letters = (): string[] => readdirSync(loft).filter((name) => name.endsWith('.letter'))
      await until(() => letters().length === 1)
      assert.equal(
        JSON.parse(readFileSync(join(loft, letters()[0] as string), 'utf8')).body.unifiedNo,
        answer.caseNo,
      )

      // Written beside and renamed, so that no half of it is read.
      const reply = join(loft, 'SL-1.reply')
      writeFileSync(`${reply}.part`, JSON.stringify(accepted(randomUUID(), answer.caseNo)))
      renameSync(`${reply}.part`, reply)
      await until(() => existsSync(`${reply}.accepted`))
      await partners.until((arrivals) =>
        arrivals.some(({ system, path }) => system === 'city-411300' && path === '/case/accept'),
      )
    })

    it('publishes at its name without the sign of its scope', async () => {
      const answer = await fetch(`${hub.address}/vendor/pigeon?wsdl`)
      assert.equal(await answer.text(), 'how to keep a loft, asked at /vendor/pigeon?wsdl')
    })

    it('is among the listeners that operators see', async () => {
      const { body } = await hub.ask('duty-operator', 'GET', '/v1/ops/listeners?system=county-410526')
      assert.deepEqual(
        body.listeners.map(({ system, kind, state }: Record<string, string>) => [system, kind, state]),
        [['county-410526', '@vendor/pigeon', 'open']],
      )
    })
  })

  it('does not keep the hub from stopping, nor from starting again on its data, where its listener fails to close', async () => {
    install(
      PIGEON.replace(
        'closed = true',
        `closed = true\n        await first\n        timer?.cancel()\n        throw new Error('shut')`,
      ),
    )
    const partners = await openPartners()
    const dataDir = join(folder, 'data')
    try {
      for (const time of ['first', 'second']) {
        const hub = await openHub({ partnersUrl: partners.url, dataDir, environment: environment() })
        assert.equal((await fetch(`${hub.address}/livez`)).status, 200, time)
        await hub.stop()
        await assert.rejects(fetch(`${hub.address}/livez`))
      }
    } finally {
      await partners.stop()
    }
  })

  it('is refused with a reason where it is not installed, lacks a part, or fails when it is loaded', async () => {
    const start = (): Promise<RunningHub> =>
      openHub({ partnersUrl: 'http://127.0.0.1:9', environment: environment() })
    const told = async (attempt: Promise<unknown>): Promise<string> => {
      const error = await attempt.then(
        () => assert.fail('it started'),
        (reason: unknown) => reason,
      )
      assert.ok(error instanceof ConfigError)
      return error.message
    }
    assert.match(await told(start()), /There is no adapter kind @vendor\/pigeon.*install the package/s)
    install('export default { summary: "half a pigeon", configSchema: {} }')
    assert.match(await told(loadKinds(environment())), /lacks traits, open or listen/)
  })
})
