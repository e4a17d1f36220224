/** The session itself: TLS, servers that say nothing, character sets of a whole database, rows beyond what a server takes. */
import assert from 'node:assert/strict'
import net, { type AddressInfo } from 'node:net'
import pg from 'pg'
import type { Link, Outbound } from '../../hub/contract/adapter.ts'
import { LinkLost, OutcomeUnknown, Rejected } from '../../hub/contract/errors.ts'
import { anOutbound, linkServices } from '../conformance.ts'
import { SELF_SIGNED } from '../shared/self-signed.ts'
import { sessionsOf } from './address.ts'
import { aCounterpart, type Counterpart, needsDatabase } from './counterpart.ts'
import { DatabaseProxy } from './database-proxy.ts'
import { type TableLinkConfig, table } from './table.ts'
import { openTlsDoor } from './tls-door.ts'

const never = new AbortController().signal
const TABLE = { name: 'T', columns: ['NAME'], key: ['ID'], messageId: 'ID' }

function message(NAME: string): Outbound {
  return anOutbound({ body: Buffer.from(JSON.stringify({ rows: [{ table: 'T', row: { NAME } }] })) })
}

async function caught(attempt: Promise<unknown>): Promise<Error> {
  return attempt.then(
    () => assert.fail('resolved'),
    (error: Error) => error,
  )
}

for (const engine of ['postgresql', 'mariadb'] as const) {
  describe(`a session with ${engine}`, function () {
    this.timeout(30_000)
    let counterpart: Counterpart
    const links: Link[] = []

    before(async function () {
      await needsDatabase(engine).call(this)
      counterpart = await aCounterpart(engine)
      const text = engine === 'postgresql' ? 'text' : 'longtext'
      await counterpart.exec(
        `create table ${counterpart.quote('T')} (${counterpart.quote('ID')} varchar(80) primary key, ${counterpart.quote('NAME')} ${text})`,
      )
      await counterpart.grant('select, insert', 'T')
    })
    after(() => counterpart?.drop())
    afterEach(async () => {
      await Promise.all(links.splice(0).map((link) => link.close()))
      await counterpart.exec(`delete from ${counterpart.quote('T')}`)
    })

    async function open(url: string, change: Partial<TableLinkConfig> = {}, hastens = 1): Promise<Link> {
      const services = linkServices(() => ({ verdict: 'unreadable' }), {
        DB: url,
        CA: SELF_SIGNED.cert,
        OTHER_CA: OTHER_CERTIFICATE,
      })
      const clock = {
        ...services.clock,
        after: (delayMs: number, callback: () => void) => services.clock.after(delayMs / hastens, callback),
      }
      const link = await table.open(
        { database: { secret: 'DB' }, tables: [TABLE], ...change },
        { ...services, clock },
      )
      links.push(link)
      return link
    }

    const named = (port: number): string => counterpart.url(port).replace('127.0.0.1', 'localhost')

    it('goes by TLS where the configuration says so', async () => {
      const door = await openTlsDoor(engine, counterpart)
      const link = await open(named(door.port), { tls: { ca: { secret: 'CA' } } })
      assert.deepEqual(await link.deliver(message('测试甲'), never), {})
      assert.equal(door.secured(), 1)
      await door.close()
    })

    for (const [title, change, isNamed] of [
      ['of an unknown authority', { tls: { ca: { secret: 'OTHER_CA' } } }, true],
      ['that no public authority signed', { tls: {} }, true],
      ['of another name', { tls: { ca: { secret: 'CA' } } }, false],
    ] as const) {
      // The certificate is for localhost; the client of MariaDB checks an address as if it were that name.
      if (engine === 'mariadb' && !isNamed) continue
      it(`does not stand with a certificate ${title}`, async () => {
        const door = await openTlsDoor(engine, counterpart)
        const link = await open(isNamed ? named(door.port) : counterpart.url(door.port), change)
        const error = await caught(link.deliver(message('测试甲'), never))
        assert.ok(error instanceof LinkLost, String(error))
        await door.close()
      })
    }

    it('does not fall back to plain text where the server has no TLS', async () => {
      const door = await openTlsDoor(engine, counterpart, false)
      const link = await open(named(door.port), { tls: { ca: { secret: 'CA' } } })
      const error = await caught(link.deliver(message('测试甲'), never))
      assert.ok(error instanceof LinkLost, String(error))
      assert.deepEqual(await counterpart.exec(`select 1 from ${counterpart.quote('T')}`), [])
      await door.close()
    })

    it('is given up where the server accepts and says nothing', async () => {
      const server = net
        .createServer((socket) => socket.on('error', () => {}).resume())
        .listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      const link = await open(counterpart.url((server.address() as AddressInfo).port), {}, 50)
      const error = await caught(link.deliver(message('测试甲'), never))
      assert.ok(error instanceof LinkLost)
      assert.match(error.message, /no session within 5000 ms/)
      await new Promise((resolve) => server.close(resolve))
    })

    it('is given up where the server falls silent at the commit, whose outcome is unknown', async () => {
      const proxy = await new DatabaseProxy(counterpart).open()
      proxy.treatment = 'drop'
      const link = await open(counterpart.url(proxy.port), {}, 50)
      const error = await caught(link.deliver(message('测试甲'), never))
      assert.ok(error instanceof OutcomeUnknown)
      assert.match(error.message, /no answer within 12000 ms/)
      await proxy.quiet()
      await proxy.shut()
    })

    it('keeps Beijing time, is strict, and commits to disk', async () => {
      const services = linkServices(() => ({ verdict: 'unreadable' }), {
        DB: counterpart.url(counterpart.port),
      })
      const limits = { connectTimeoutMs: 5_000, lockTimeoutMs: 3_000, statementTimeoutMs: 10_000 }
      const session = await sessionsOf({ database: { secret: 'DB' }, ...limits }, services)(never)
      const asked =
        engine === 'postgresql'
          ? `select current_setting('timezone'), current_setting('synchronous_commit'), current_setting('lock_timeout'),
               current_setting('statement_timeout'), current_setting('client_encoding')`
          : `select timediff(now(), utc_timestamp()), @@sql_mode like '%STRICT_ALL_TABLES%', @@innodb_lock_wait_timeout,
               @@max_statement_time, @@character_set_connection`
      const { rows } = await session.run(asked)
      await session.close()
      assert.deepEqual(
        rows[0],
        engine === 'postgresql'
          ? ['Asia/Shanghai', 'on', '3s', '10s', 'UTF8']
          : ['08:00:00', '1', '3', '10', 'utf8mb4'],
      )
    })

    if (engine === 'mariadb') {
      it('refuses a row that the server would end the connection for', async () => {
        const link = await open(counterpart.url(counterpart.port))
        const error = await caught(link.deliver(message('办'.repeat(6 * 2 ** 20)), never))
        assert.ok(error instanceof Rejected && error.kind === 'contract', String(error))
        assert.match(error.message, /takes statements of 16777216/)
      })
    } else {
      it('refuses a character that the database’s own character set has not, with its column', async () => {
        const name = `${counterpart.account}_euc`
        await counterpart.exec(
          `create database ${name} encoding 'EUC_CN' lc_collate 'C' lc_ctype 'C' template template0`,
        )
        try {
          const url = new URL(counterpart.url(counterpart.port))
          url.pathname = `/${name}`
          const admin = new pg.Client(url.href.replace(/\/\/[^@]+@/, `//${new URL(ADMIN).username}@`))
          await admin.connect()
          await admin.query(`create table "T" ("ID" varchar(80) primary key, "NAME" varchar(10))`)
          await admin.query(`grant all on "T" to ${counterpart.account}`)
          const link = await open(url.href, { tables: [{ ...TABLE, schema: 'public' }] })
          const error = await caught(link.deliver(message('测试㛃'), never))
          assert.ok(error instanceof Rejected && error.kind === 'contract', String(error))
          assert.match(error.message, /Column NAME of T cannot hold the character 㛃 \(U\+36C3\)/)
          assert.deepEqual(await link.deliver(message('测试甲'), never), {})
          assert.deepEqual((await admin.query('select "NAME" from "T"')).rows, [{ NAME: '测试甲' }])
          await admin.end()
          await link.close()
        } finally {
          await counterpart.exec(`drop database ${name} with (force)`)
        }
      })
    }
  })
}

const ADMIN = process.env.HUB_TEST_DATABASE_URL ?? 'postgres://root@127.0.0.1:5432/test'

/** Another authority than the one that signed the door's certificate; public, and protects nothing. */
const OTHER_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdjCCAR2gAwIBAgIUUNzvsPAjC85JVk15cnxyqtXFLrUwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFb3RoZXIwIBcNMjYxMTIzMjA1NDUxWhgPMjEyNjEwMzAyMDU0
NTFaMBAxDjAMBgNVBAMMBW90aGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
+9f7SHFF9OJ3ibMCgmk87ZglCymw0Db98MWW5Hr6Py0EEnTpHXRZrF/yHuAxwDGN
6vnVI2/fpfYZeMmVSSC8wKNTMFEwHQYDVR0OBBYEFErB4CV+yNw5gVr74+Z8q7RA
0TJ4MB8GA1UdIwQYMBaAFErB4CV+yNw5gVr74+Z8q7RA0TJ4MA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgRnMNqsnr4DIsAB5usIcpSNxKfdk4Aqfa
s12D9u9DWqgCIHoc+aHNPOmJ/4Ycj0Bao+YPrM/Bf7haSVrQXobrD2hO
-----END CERTIFICATE-----
`
