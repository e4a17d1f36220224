import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { accepted, submission } from '../testing/gateway-documents.ts'
import { openHub, openPartners, type Partners, type RunningHub } from '../testing/running-hub.ts'

const SERVER = process.env.HUB_TEST_POSTGRES ?? 'postgres://root@127.0.0.1:5432'

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: `${SERVER}/postgres` })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

async function ask<Row>(database: string, query: string): Promise<readonly Row[]> {
  const client = new Client({ connectionString: `${SERVER}/${database}` })
  await client.connect()
  try {
    return (await client.query(query)).rows as Row[]
  } finally {
    await client.end()
  }
}

/** Asks again and again; the time limit of the test ends it. */
async function until<Found>(look: () => Promise<Found>, wanted: (found: Found) => boolean): Promise<Found> {
  for (;;) {
    const found = await look()
    if (wanted(found)) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

describe('two nodes on one PostgreSQL', function () {
  this.timeout(90_000)
  const database = `hub_nodes_${randomBytes(4).toString('hex')}`
  let partners: Partners
  const nodes: RunningHub[] = []

  before(async function () {
    try {
      await administer(`create database ${database}`)
    } catch (error) {
      if (process.env.CI !== undefined) throw error
      console.log(`    skipped: no PostgreSQL at ${SERVER}`)
      this.skip()
    }
    partners = await openPartners()
    const environment = { HUB_DATABASE_URL: `${SERVER}/${database}` }
    for (const _ of [1, 2]) nodes.push(await openHub({ partnersUrl: partners.url, environment }))
  })
  after(async () => {
    await Promise.all(nodes.map((node) => node.stop()))
    await partners?.stop()
    await administer(`drop database if exists ${database} with (force)`).catch(() => undefined)
  })

  const node = (index: number): RunningHub => nodes[index % nodes.length] as RunningHub

  it('take the same message once, wherever it is posted', async () => {
    const body = submission({ requestNo: randomUUID(), jurisdiction: '410526' })
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => node(index).ask('city-411300', 'POST', '/v1/cases', { body })),
    )
    const taken = answers.filter(({ status }) => status === 201)
    assert.ok(answers.every(({ status }) => status === 201 || status === 409))
    assert.equal(new Set(taken.map((answer) => answer.body.messageId)).size, 1)
    await partners.until(({ length }) => length >= 2)
    const seen = partners.arrivals.map(({ system, messageId }) => `${system} ${messageId}`)
    assert.equal(new Set(seen).size, seen.length)
  })

  it('carry a case that is submitted at one and decided at the other, and refuse a signature used at either', async () => {
    const submitted = await node(0).ask('city-411300', 'POST', '/v1/cases', {
      body: submission({ requestNo: randomUUID(), jurisdiction: '410526' }),
    })
    const { caseNo } = submitted.body
    const answer = await node(1).ask('county-410526', 'POST', '/v1/messages', {
      body: accepted(randomUUID(), caseNo),
    })
    assert.equal(answer.status, 202, JSON.stringify(answer.body))
    await partners.until((arrivals) => arrivals.some(({ path }) => path === '/case/accept'))
    let kept: Record<string, string> = {}
    const tamper = (headers: Record<string, string>) => (kept = headers)
    assert.equal((await node(0).ask('city-411300', 'GET', '/v1/items', { tamper })).status, 200)
    assert.equal((await node(1).ask('city-411300', 'GET', '/v1/items', { tamper: () => kept })).status, 401)
  })

  it('lose and double nothing while one after the other is restarted', async () => {
    partners.arrivals.splice(0)
    const taken: string[] = []
    const post = async (index: number): Promise<void> => {
      const body = submission({ requestNo: randomUUID(), jurisdiction: '410526' })
      for (let turn = index; ; turn++) {
        try {
          const { status, body: said } = await node(turn).ask('city-411300', 'POST', '/v1/cases', { body })
          if (status === 201) {
            taken.push(said.messageId)
            return
          }
          assert.ok(status === 503 || status === 409, JSON.stringify(said))
        } catch (error) {
          // The node is gone; the other one is asked.
          assert.match(String(error), /fetch failed|terminated/)
        }
      }
    }
    const load = (async () => {
      for (let index = 0; index < 60; index++) await post(index)
    })()
    for (const index of [0, 1]) {
      await node(index).stop()
      nodes[index] = await openHub({
        partnersUrl: partners.url,
        environment: { HUB_DATABASE_URL: `${SERVER}/${database}` },
      })
    }
    await load
    // Others of what they brought, such as text messages, may arrive as well.
    const isCase = ({ path }: { readonly path: string }) => path.startsWith('/case/')
    await partners.until((arrivals) => arrivals.filter(isCase).length >= 120)
    const effects = new Map<string, number>()
    for (const { system, messageId } of partners.arrivals) {
      const key = `${system} ${messageId}`
      effects.set(key, (effects.get(key) ?? 0) + 1)
    }
    for (const id of taken) {
      assert.equal(effects.get(`county-410526 ${id}`), 1)
      assert.equal(effects.get(`housing-registration ${id}`), 1)
    }
  })

  it('share the destinations out, and one takes over what the other gives up when it stops', async () => {
    const shares = await until(owners, (found) => found.length === 2)
    const all = shares.reduce((sum, { destinations }) => sum + destinations, 0)
    await node(1).stop()
    const [rest] = await until(owners, ([first]) => first?.destinations === all)
    assert.ok(shares.some(({ node: name }) => name === rest?.node))
    nodes[1] = await openHub({
      partnersUrl: partners.url,
      environment: { HUB_DATABASE_URL: `${SERVER}/${database}` },
    })
    await until(
      owners,
      (found) => found.length === 2 && found.every(({ destinations }) => destinations < all),
    )
  })

  const owners = () =>
    ask<{ readonly node: string; readonly destinations: number }>(
      database,
      `select node, count(*)::int as destinations from destination_claim
       where node is not null and until_ms > hub_now_ms() group by node`,
    )
})
