/** What is tried again, on sessions that do what the test says. */
import assert from 'node:assert/strict'
import { StoreError } from '../../contract/errors.ts'
import type { Row, Session, Sessions, Statement } from './connection.ts'
import { databaseOn } from './database.ts'
import { storeErrorOf } from './postgres-errors.ts'

/** Answers the rows of a statement, or throws. */
type Server = (sql: string, session: number) => readonly Row[]

function sessionsOn(server: Server, size = 3) {
  const trips: string[][] = []
  let taken = 0
  let out = 0
  const sessions: Sessions = {
    size,
    async take(): Promise<Session> {
      const number = ++taken
      out += 1
      let hasAnswered = false
      return {
        get hasAnswered() {
          return hasAnswered
        },
        async send(statements: readonly Statement[]) {
          trips.push(statements.map(({ sql }) => sql))
          return statements.map(({ sql }) => {
            const rows = server(sql, number)
            hasAnswered = true
            return rows
          })
        },
        giveBack: () => {
          out -= 1
        },
      }
    },
    isOwn: () => false,
    close: async () => {},
  }
  return { database: databaseOn(sessions), trips, taken: () => taken, out: () => out }
}

function serverSays(state: string): unknown {
  return storeErrorOf(Object.assign(new Error('as the server says it'), { code: state }), 'stands')
}

const BEGIN = 'begin isolation level read committed'
const a = { sql: 'a' }
const b = { sql: 'b' }

describe('reading and writing on free sessions', () => {
  const rowsOf: Server = (sql) => [{ sql }]

  it('sends a transaction in one trip, and one statement without', async () => {
    const { database, trips } = sessionsOn(rowsOf)
    assert.deepEqual(await database.write(a, b), [[{ sql: 'a' }], [{ sql: 'b' }]])
    assert.deepEqual(await database.write(a), [[{ sql: 'a' }]])
    assert.deepEqual(await database.read(a, b), [[{ sql: 'a' }], [{ sql: 'b' }]])

    assert.deepEqual(trips, [[BEGIN, 'a', 'b', 'commit'], ['a'], ['a', 'b']])
  })

  it('sends a longer transaction in the trips that it is made of', async () => {
    const { database, trips, out } = sessionsOn(rowsOf)
    const answer = await database.transaction(async (transaction) => {
      const [first] = await transaction.send(a, b)
      const [second] = await transaction.commit(b)
      return [first, second]
    })

    assert.deepEqual(answer, [[{ sql: 'a' }], [{ sql: 'b' }]])
    assert.deepEqual(trips, [
      [BEGIN, 'a', 'b'],
      ['b', 'commit'],
    ])
    assert.equal(out(), 0)
  })

  it('undoes a transaction that does not commit, or throws in between', async () => {
    const { database, trips } = sessionsOn(rowsOf)
    await database.transaction((transaction) => transaction.send(a))
    const bug = new TypeError('a bug')
    const throwing = database.transaction(async (transaction) => {
      await transaction.send(b)
      throw bug
    })
    await assert.rejects(throwing, bug)

    assert.deepEqual(trips, [[BEGIN, 'a'], ['rollback'], [BEGIN, 'b'], ['rollback']])
  })

  for (const state of ['40001', '40P01', '55P03']) {
    it(`begins again after ${state}, and says STORE_BUSY when it has been enough`, async () => {
      let failures = 4
      const { database, taken, out } = sessionsOn((sql) => {
        if (sql === 'a' && failures-- > 0) throw serverSays(state)
        return []
      })
      await database.transaction((transaction) => transaction.commit(a))
      assert.equal(taken(), 5)

      failures = 5
      await assert.rejects(database.write(a, b), { code: 'STORE_BUSY' })
      assert.equal(taken(), 10)
      assert.equal(out(), 0)
    })
  }

  it('takes another session where one was lost before it answered anything', async () => {
    const { database, taken } = sessionsOn((_sql, session) => {
      if (session <= 2) throw serverSays('57P01')
      if (session === 3) throw storeErrorOf(new Error('read ECONNRESET'), 'lost')
      return []
    })
    await database.write(a, b)

    assert.equal(taken(), 4)
  })

  it('does not ask a server again that does not answer', async () => {
    const { database, taken } = sessionsOn(() => {
      throw storeErrorOf(new Error('Query read timeout'), 'silent')
    })

    await assert.rejects(database.read(a), { code: 'STORE_UNAVAILABLE' })
    assert.equal(taken(), 1)
  })

  it('does not do again what a server may have done before it ended the session', async () => {
    const { database, taken } = sessionsOn((sql) => {
      if (sql === 'commit') throw serverSays('57P01')
      return []
    })

    await assert.rejects(database.write(a, b), { code: 'STORE_UNAVAILABLE' })
    assert.equal(taken(), 1)
  })

  it('gives up where every session is lost', async () => {
    const { database, taken, out } = sessionsOn(() => {
      throw serverSays('57P01')
    })

    await assert.rejects(database.read(a), { code: 'STORE_UNAVAILABLE' })
    assert.equal(taken(), 5)
    assert.equal(out(), 0)
  })

  it('does not try again what is broken', async () => {
    const bug = Object.assign(new Error('duplicate key'), { code: '23505' })
    const { database, taken } = sessionsOn(() => {
      throw bug
    })

    await assert.rejects(database.write(a), bug)
    assert.equal(taken(), 1)
    assert.ok(!(bug instanceof StoreError))
  })
})
