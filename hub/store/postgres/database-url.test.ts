import assert from 'node:assert/strict'
import { databaseAddress } from './database-url.ts'

describe('the address of the database', () => {
  it('takes the schema out and makes it the search path', () => {
    const address = databaseAddress(
      'postgres://hub:hush@db.example:5433/hub?schema=hub_1&sslmode=verify-full',
    )

    assert.equal(address.schema, 'hub_1')
    assert.match(address.options, /-c search_path=hub_1\b/)
    assert.equal(address.connectionString, 'postgres://hub:hush@db.example:5433/hub?sslmode=verify-full')
  })

  it('leaves the search path to the account where none is named', () => {
    const { schema, options } = databaseAddress('postgresql://hub@db/hub')

    assert.equal(schema, undefined)
    assert.doesNotMatch(options, /search_path/)
  })

  it('lets the options of the operator have the last word', () => {
    const { options } = databaseAddress('postgres://hub@db/hub?options=-c%20lock_timeout%3D1')

    assert.ok(options.endsWith('-c lock_timeout=1'))
    assert.ok(options.indexOf('lock_timeout=3000') < options.lastIndexOf('lock_timeout'))
  })

  it('names the place without account and password', () => {
    assert.equal(databaseAddress('postgres://hub:hush@db.example:5433/hub').place, 'db.example:5433/hub')
  })

  for (const url of [
    'mysql://hub:hush@db/hub',
    'hush',
    '',
    'postgres://hub:hush@db/hub?schema=Hub',
    'postgres://hub:hush@db/hub?schema=a;drop%20table%20b',
    `postgres://hub:hush@db/hub?schema=${'a'.repeat(64)}`,
  ]) {
    it(`refuses ${JSON.stringify(url.slice(0, 60))} without repeating it`, () => {
      assert.throws(
        () => databaseAddress(url),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'STORE_UNAVAILABLE')
          assert.doesNotMatch(error.message, /hush/)
          return true
        },
      )
    })
  }
})
