import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StoreError } from '../../contract/errors.ts'
import { storeErrorOf } from './sqlite-errors.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

function sqliteError(errcode: number): Error {
  return Object.assign(new Error('as SQLite says it'), { code: 'ERR_SQLITE_ERROR', errcode })
}

describe('errors of SQLite', () => {
  const table = [
    [5, 'STORE_BUSY'],
    [517, 'STORE_BUSY'], // SQLITE_BUSY_SNAPSHOT
    [6, 'STORE_BUSY'],
    [13, 'STORE_FULL'],
    [10, 'STORE_UNAVAILABLE'],
    [1034, 'STORE_UNAVAILABLE'], // SQLITE_IOERR_FSYNC
    [8, 'STORE_UNAVAILABLE'],
    [11, 'STORE_UNAVAILABLE'],
    [14, 'STORE_UNAVAILABLE'],
    [26, 'STORE_UNAVAILABLE'],
  ] as const

  for (const [errcode, code] of table) {
    it(`calls ${errcode} ${code} and keeps the cause`, () => {
      const cause = sqliteError(errcode)
      const error = storeErrorOf(cause)

      assert.ok(error instanceof StoreError)
      assert.equal(error.code, code)
      assert.equal(error.cause, cause)
      assert.equal(error.details.sqlite, errcode)
    })
  }

  it('leaves a bug what it is', () => {
    for (const error of [sqliteError(1), sqliteError(2067), new TypeError('x'), 'no error at all']) {
      assert.equal(storeErrorOf(error), error)
    }
  })

  it('says that a folder is missing or a file is no database, and leaves the file alone', async () => {
    const { file, erase } = await temporaryFolder()
    try {
      await assert.rejects(openSqliteStore({ file: join(dirname(file), 'none', 'hub.db') }), {
        code: 'STORE_UNAVAILABLE',
      })
      await writeFile(file, 'certainly not a database, but long enough to be looked at '.repeat(100))
      await assert.rejects(openSqliteStore({ file }), { code: 'STORE_UNAVAILABLE' })
    } finally {
      await erase()
    }
  })
})
