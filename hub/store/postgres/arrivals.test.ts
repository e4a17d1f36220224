import assert from 'node:assert/strict'
import type { Clock } from '../../contract/clock.ts'
import type { NodeNews } from '../../contract/store.ts'
import { accept, acceptCase, claim, leaseOne, NOW_MS } from '../conformance/steps.ts'
import { aNewId, aSettlement } from '../fixtures.ts'
import { openPostgresStore, type PostgresStore } from './postgres-store.ts'
import { aServerInBetween } from './server-in-between.ts'
import { describeOnPostgres, standingClock } from './test-schema.ts'

/** What comes one after the other, to be awaited. */
function aLine<T>() {
  const items: T[] = []
  let tell: (() => void) | undefined
  return {
    items,
    add: (item: T) => {
      items.push(item)
      tell?.()
    },
    /** The next one, waiting for it if need be. */
    async next(): Promise<T> {
      while (items.length === 0) await new Promise<void>((resolve) => (tell = resolve))
      return items.shift() as T
    },
  }
}

interface Wait {
  readonly ms: number
  /** Lets the time pass. */
  pass(): void
}

/** A clock whose waits end when the test says so. */
function aClock() {
  const waits = aLine<Wait>()
  const clock: Clock = {
    now: () => NOW_MS,
    after(ms, callback) {
      let pass = callback
      waits.add({ ms, pass: () => pass() })
      return { cancel: () => (pass = () => {}) }
    },
  }
  return { clock, waits }
}

const CHECK_MS = 30_000

describeOnPostgres('news of arrivals on PostgreSQL', process.env, (schema) => {
  let other: PostgresStore

  beforeEach(async () => {
    other = await schema().open()
  })

  const listening = async (clock = standingClock) => {
    const store = await schema().open({ clock })
    const heard = aLine<readonly string[]>()
    const end = await store.listen((destinations) => heard.add(destinations))
    return { store, heard, end }
  }

  it('tell another node the destinations of what was accepted, once each', async () => {
    const { heard } = await listening()
    await accept(other, { destinations: ['tax', 'police', 'tax'] })
    await accept(other, { destinations: [] })
    await accept(other, { destinations: ['lankao'] })

    assert.deepEqual(await heard.next(), ['police', 'tax'])
    assert.deepEqual(await heard.next(), ['lankao'])
  })

  it('tell another node what has been released, apart from what arrived', async () => {
    const store = await schema().open()
    const heard = aLine<readonly [destinations: readonly string[], news: NodeNews]>()
    await store.listen((destinations, news) => heard.add([destinations, news]))
    const request = { node: 'node-a', leaves: false }
    await claim(other, { destinations: ['tax', 'police'] })
    await other.destinationRelease({ ...request, destinations: ['tax', 'police'] })
    await accept(other, { destinations: ['tax'] })
    const many = Array.from({ length: 400 }, (_, index) => `a system with a long name, number ${index}`)
    await other.destinationRelease({ ...request, destinations: many })

    assert.deepEqual(await heard.next(), [['tax', 'police'], 'released'])
    assert.deepEqual(await heard.next(), [['tax'], 'arrived'])
    assert.deepEqual(await heard.next(), [[], 'released'])
  })

  it('do not tell a node what it wrote itself', async () => {
    const { store, heard } = await listening()
    await accept(store, { destinations: ['own'] })
    await accept(other, { destinations: ['of the other'] })

    assert.deepEqual(await heard.next(), ['of the other'])
  })

  it('come for what a person or a collecting system brings about', async () => {
    const { heard } = await listening()
    const audit = { atMs: NOW_MS, actor: 'operator-1', action: 'x', subject: 'y', details: {} }
    const reason = { code: 'X_Y', words: '', owner: 'nobody' } as const
    const [first, second, third, fourth] = (await acceptCase(other, aNewId(), 4, 'tax')) as [
      string,
      string,
      string,
      string,
    ]
    for (let count = 0; count < 4; count++) assert.deepEqual(await heard.next(), ['tax'])

    await other.deliveryCancel({ deliveryId: first, reason, audit })
    assert.deepEqual(await heard.next(), ['tax'])
    await other.deliveryReplay({ deliveryIds: [first, aNewId()], nowMs: NOW_MS, audit })
    assert.deepEqual(await heard.next(), ['tax'])
    await other.inboxAck({ system: 'tax', deliveryIds: [first], nowMs: NOW_MS })
    assert.deepEqual(await heard.next(), ['tax'])
    const leased = await leaseOne(other, { destination: 'tax' })
    assert.equal(leased.delivery.id, second)
    await other.deliverySettle([aSettlement(leased, { state: 'unknown' })])
    await other.deliveryMarkDelivered({ deliveryId: second, reason, audit })
    assert.deepEqual(await heard.next(), ['tax'])
    assert.equal((await leaseOne(other, { destination: 'tax' })).delivery.id, third)
    assert.ok(fourth)
  })

  it('say "look everywhere" where there is too much to say', async () => {
    const { heard } = await listening()
    const destinations = Array.from({ length: 300 }, (_, index) => `${'d'.repeat(40)}${index}`)
    const { deliveries } = await accept(other, { destinations })
    assert.deepEqual(await heard.next(), [])

    const audit = { atMs: NOW_MS, actor: 'operator-1', action: 'x', subject: 'y', details: {} }
    const reason = { code: 'X_Y', words: '', owner: 'nobody' } as const
    const ids = deliveries.map(({ id }) => id)
    await other.deliveryCancel({ deliveryId: ids[0] ?? '', reason, audit })
    assert.deepEqual(await heard.next(), [destinations[0]])
    for (const id of ids.slice(1)) await other.inboxPark({ deliveryId: id, reason, nowMs: NOW_MS })
    assert.equal(await other.deliveryReplay({ deliveryIds: ids, nowMs: NOW_MS, audit }), 300)
    assert.deepEqual(await heard.next(), [])
  })

  it('end when the listener ends, safe twice, and with the store', async () => {
    const { store, heard, end } = await listening()
    const second = aLine<readonly string[]>()
    await store.listen(second.add)
    await end()
    await end()
    await accept(other, { destinations: ['tax'] })

    assert.deepEqual(await second.next(), ['tax'])
    assert.deepEqual(heard.items, [])
    await store.close()
    await end()
    const listeners = await schema().query(
      `select from pg_stat_activity where application_name = $1 and query ilike 'listen%'`,
      schema().name,
    )
    assert.equal(listeners.length, 0)
  })

  it('are listened for again after the connection was lost, and "look everywhere" is said', async () => {
    const { clock, waits } = aClock()
    const { heard } = await listening(clock)
    assert.equal((await waits.next()).ms, CHECK_MS)
    await schema().query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = $1 and query ilike 'listen%'`,
      schema().name,
    )
    const pause = await waits.next()
    assert.ok(pause.ms < 1_000)
    pause.pass()

    assert.deepEqual(await heard.next(), [])
    await accept(other, { destinations: ['tax'] })
    assert.deepEqual(await heard.next(), ['tax'])
  })

  it('are tried for at growing pauses while the server is gone', async () => {
    const between = await aServerInBetween(schema().url)
    const { clock, waits } = aClock()
    const store = await openPostgresStore({ url: between.url, clock })
    const heard = aLine<readonly string[]>()
    try {
      await store.listen(heard.add)
      await waits.next()
      await between.cut()
      const pauses: number[] = []
      for (let count = 0; count < 12; count++) {
        const wait = await waits.next()
        pauses.push(wait.ms)
        wait.pass()
      }
      const growing = pauses.slice(0, -3)
      assert.ok(growing.every((ms, index) => index === 0 || ms > (pauses[index - 1] as number)))
      assert.deepEqual(pauses.slice(-2), [30_000, 30_000])
      assert.deepEqual(heard.items, [])

      await between.restore()
      ;(await waits.next()).pass()
      assert.deepEqual(await heard.next(), [])
      await accept(other, { destinations: ['tax'] })
      assert.deepEqual(await heard.next(), ['tax'])
    } finally {
      await store.close()
      await between.close()
    }
  })

  it('are not waited for on a connection that has gone silent: it is asked now and then whether it stands', async () => {
    const between = await aServerInBetween(schema().url)
    const { clock, waits } = aClock()
    // Milliseconds after which an answer is not waited for any more, instead of the usual ones.
    const store = await openPostgresStore({ url: `${between.url}&query_timeout=1500`, clock })
    const heard = aLine<readonly string[]>()
    try {
      await store.listen(heard.add)
      ;(await waits.next()).pass()
      const again = await waits.next()
      assert.equal(again.ms, CHECK_MS)
      assert.deepEqual(heard.items, [])

      between.freeze()
      again.pass()
      const pause = await waits.next()
      assert.ok(pause.ms < 1_000)
      pause.pass()
      assert.deepEqual(await heard.next(), [])
      await accept(other, { destinations: ['tax'] })
      assert.deepEqual(await heard.next(), ['tax'])
    } finally {
      await store.close()
      await between.close()
    }
  })

  it('cannot be listened for where no server answers', async () => {
    const between = await aServerInBetween(schema().url)
    const store = await openPostgresStore({ url: between.url, clock: standingClock })
    await between.close()

    await assert.rejects(
      store.listen(() => {}),
      { code: 'STORE_UNAVAILABLE' },
    )
    await store.close()
  })
})
