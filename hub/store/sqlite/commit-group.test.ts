import assert from 'node:assert/strict'
import { StoreError } from '../../contract/errors.ts'
import { type CommitGroup, openCommitGroup } from './commit-group.ts'
import { type Connection, openConnection } from './connection.ts'
import { temporaryFolder } from './temporary-folder.ts'

describe('group commit', () => {
  let connection: Connection
  let group: CommitGroup
  let erase: () => Promise<void>
  let failing: { sql: string; error: Error } | undefined

  beforeEach(async () => {
    const folder = await temporaryFolder()
    erase = folder.erase
    const real = openConnection({ file: folder.file })
    real.script('create table note (words text not null unique) strict')
    failing = undefined
    connection = {
      ...real,
      get inTransaction() {
        return real.inTransaction
      },
      run: (sql, ...values) => {
        if (failing?.sql === sql) throw failing.error
        return real.run(sql, ...values)
      },
    }
    group = openCommitGroup(connection, { maxWrites: 10 })
  })

  afterEach(async () => {
    await group.close()
    connection.close()
    await erase()
  })

  const note = (words: string) =>
    group.write(() => connection.run('insert into note values (?)', words).changes)
  const notes = () => connection.all('select words from note order by rowid').map(({ words }) => words)

  it('puts the writes of one turn into one transaction, in their order', async () => {
    assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(note)), [1, 1, 1])

    assert.deepEqual(notes(), ['a', 'b', 'c'])
    assert.deepEqual(group.counts(), { transactions: 1, writes: 3 })
  })

  it('cuts a flood into several transactions', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, index) => note(`n${index}`)))

    assert.deepEqual(group.counts(), { transactions: 3, writes: 25 })
  })

  it('settles nobody before the commit', async () => {
    let settled = 0
    const inside: number[] = []
    const writes = ['a', 'b'].map((words) =>
      group.write(() => {
        inside.push(settled)
        return connection.run('insert into note values (?)', words)
      }),
    )
    for (const write of writes) write.then(() => (settled += 1))
    await Promise.all(writes)

    assert.deepEqual(inside, [0, 0])
    assert.equal(connection.inTransaction, false)
  })

  it('rejects only the write that throws, and undoes all of it', async () => {
    const broken = group.write(() => {
      connection.run('insert into note values (?)', 'half')
      throw new TypeError('a bug')
    })
    const results = await Promise.allSettled([note('a'), broken, note('a'), note('b')])

    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
    await assert.rejects(broken, TypeError)
    assert.deepEqual(notes(), ['a', 'b'])
  })

  for (const sql of ['begin immediate', 'commit', 'insert into note values (?)']) {
    it(`rejects everybody where the store fails at "${sql}", writes nothing, and goes on afterwards`, async () => {
      const error = new StoreError('STORE_UNAVAILABLE', 'The disk does not answer.')
      failing = { sql, error }
      const results = await Promise.allSettled([group.write(() => 'reads only'), note('a'), note('b')])
      assert.ok(results.every((result) => result.status === 'rejected' && result.reason === error))
      assert.deepEqual(notes(), [])
      assert.equal(connection.inTransaction, false)

      failing = undefined
      await note('a')
      assert.deepEqual(notes(), ['a'])
      assert.deepEqual(group.counts(), { transactions: 1, writes: 1 })
    })
  }

  it('finishes what was asked for when it is closed, and refuses what comes after', async () => {
    const writes = Array.from({ length: 25 }, (_, index) => note(`n${index}`))
    const closed = group.close()
    await assert.rejects(note('late'), { code: 'STORE_CLOSED' })
    await closed

    assert.equal(notes().length, 25)
    await Promise.all(writes)
    await group.close()
  })
})
