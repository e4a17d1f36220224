import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../main.ts'
import { type FileAnswer, openTicket, sendFile } from '../testing/file-client.ts'
import { submission } from '../testing/gateway-documents.ts'
import {
  type Arrival,
  openHub,
  openPartners,
  type Partners,
  type RunningHub,
} from '../testing/running-hub.ts'
import { makeFileTickets } from './file-tickets.ts'
import { ticketKey } from './ticket-key.ts'

const root = new URL('../..', import.meta.url).pathname

const CITY = 'city-411300'
/** Gets tickets, by its format as it is shipped. */
const COUNTY = 'county-410526'
/** Gets files inside the document, by its format as it is changed here. */
const INSIDE = 'city-410100'
const STRANGER = 'city-410200'

const TICKET_KEY = 'key of tickets for tests only'

const sm3 = (bytes: Uint8Array): string => createHash('sm3').update(bytes).digest('hex')

describe('files of a case', function () {
  this.timeout(30_000)
  let partners: Partners
  let hub: RunningHub
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-files-'))
    cpSync(join(root, 'mappings'), join(folder, 'mappings'), { recursive: true })
    give('pinyin-flat', 'base64', '$fileBase64($f.id)')
    sendBeside()
    partners = await openPartners()
    const environment = {
      HUB_MAPPINGS_DIR: join(folder, 'mappings'),
      HUB_TOPOLOGY_DIR: join(folder, 'topology'),
      HUB_FILES_TICKET_KEY: TICKET_KEY,
    }
    hub = await openHub({ partnersUrl: partners.url, dataDir: join(folder, 'data'), environment })
  })
  after(async () => {
    await hub?.stop()
    await partners?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Has a format send files, as an integrator would. */
  function give(format: string, as: string, expression: string): void {
    const edit = (path: string, change: (text: string) => string): void => {
      const file = join(folder, 'mappings', format, path)
      writeFileSync(file, change(readFileSync(file, 'utf8')))
    }
    edit('format.yaml', (text) =>
      text.replace(/^identify:/m, `materials: { as: ${as}, maxBytes: 100000 }\nidentify:`),
    )
    edit('shared/fileOut.jsonata', (text) =>
      text.replace('{\n    "', `{\n    "CONTENT": ${expression},\n    "`),
    )
  }

  /** Has a county read a folder, where it finds the files of a case beside the document. */
  function sendBeside(): void {
    const mappings = join(folder, 'mappings')
    cpSync(join(mappings, 'gateway-json'), join(mappings, 'gateway-beside'), { recursive: true })
    const edit = (file: string, change: (text: string) => string): void =>
      writeFileSync(file, change(readFileSync(file, 'utf8')))
    rmSync(join(mappings, 'gateway-beside/cases'), { recursive: true })
    edit(join(mappings, 'gateway-beside/format.yaml'), (text) =>
      text
        .replace('id: gateway-json', 'id: gateway-beside')
        .replace('as: url', 'as: beside')
        .replaceAll(/, schema: \w+|schema: \w+, /g, ''),
    )
    edit(join(mappings, 'gateway-beside/shared/fileOut.jsonata'), (text) =>
      text.replace(/,\n\s+"url":.*\n/, '\n'),
    )
    cpSync(join(root, 'topology'), join(folder, 'topology'), { recursive: true })
    mkdirSync(join(folder, 'exchange'))
    edit(join(folder, 'topology/systems/county-411525.yaml'), (text) =>
      text
        .replace('format: gateway-json', 'format: gateway-beside')
        .replace(
          /^outbound: .*$/m,
          `outbound: { adapter: file, config: { place: { kind: local, folder: '${join(folder, 'exchange')}' }, name: '{messageId}.json', ok: true } }`,
        ),
    )
  }

  const upload = async (system = CITY) => {
    const bytes = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(2000)])
    const answer = await sendFile(hub, {
      system,
      method: 'PUT',
      path: `/v1/files?name=${encodeURIComponent('审查表.pdf')}&type=application/pdf`,
      digest: sm3(bytes),
      body: [bytes],
    })
    assert.equal(answer?.status, 201)
    return { bytes, digest: sm3(bytes), id: answer.json.file.id as string, size: bytes.length }
  }

  /** A submission whose first material has this file. */
  const withFile = (file: Record<string, unknown>, jurisdiction: string) => {
    const document = submission({ requestNo: randomUUID(), jurisdiction })
    const [first] = document.body.materials as { files: Record<string, unknown>[] }[]
    Object.assign(first?.files[0] as object, file)
    return document
  }
  const submit = async (file: Record<string, unknown>, jurisdiction: string) => {
    const { status, body } = await hub.ask(CITY, 'POST', '/v1/cases', { body: withFile(file, jurisdiction) })
    return { status, body }
  }
  const arrivedAt = async (system: string, caseNo: string): Promise<Arrival> => {
    const wanted = (arrival: Arrival): boolean =>
      arrival.system === system && JSON.stringify(arrival.document).includes(caseNo)
    await partners.until((arrivals) => arrivals.some(wanted))
    return partners.arrivals.find(wanted) as Arrival
  }
  const get = async (path: string, system: string): Promise<FileAnswer> =>
    (await sendFile(hub, { system, method: 'GET', path })) as FileAnswer
  const readings = (digest: string): { actor: string; details: Record<string, unknown> }[] => {
    const database = new DatabaseSync(join(folder, 'data', 'hub.sqlite'), { readOnly: true })
    try {
      return database
        .prepare(`select * from audit where action = 'file.read' and subject = ? order by position`)
        .all(digest)
        .map(({ actor, details }) => ({ actor: actor as string, details: JSON.parse(details as string) }))
    } finally {
      database.close()
    }
  }
  const ticketIn = ({ document }: Arrival): string => {
    const materials = document.body?.materials as { files: { url?: string }[] }[]
    return materials[0]?.files[0]?.url as string
  }

  it('go out as a ticket that opens for the receiver, and is on record under its name', async () => {
    const file = await upload()
    const { body } = await submit({ fileId: file.id, name: '审查表.pdf', size: file.size }, '410526')
    const ticket = ticketIn(await arrivedAt(COUNTY, body.caseNo))
    const answer = await openTicket(ticket)
    assert.equal(answer.status, 200)
    assert.ok(answer.bytes.equals(file.bytes))
    assert.match(String(answer.headers['content-disposition']), /%E5%AE%A1%E6%9F%A5%E8%A1%A8\.pdf$/)
    const part = await openTicket(ticket, { range: 'bytes=0-4' })
    assert.equal(part.bytes.toString(), '%PDF-')
    assert.deepEqual(readings(file.digest)[0], {
      actor: COUNTY,
      details: { by: 'ticket', caseNo: body.caseNo },
    })
  })

  it('do not open by a ticket that was altered in any part', async () => {
    const file = await upload()
    const other = await upload()
    const { body } = await submit({ fileId: file.id, size: file.size }, '410526')
    const ticket = new URL(ticketIn(await arrivedAt(COUNTY, body.caseNo)))
    for (const [name, value] of [
      ['receiver', STRANGER],
      ['case', 'P-1'],
      ['name', 'other.pdf'],
      ['type', 'text/html'],
      ['expires', String(Number(ticket.searchParams.get('expires')) + 3600)],
      ['signature', `${ticket.searchParams.get('signature')?.slice(0, -2)}00`],
      ['signature', ''],
    ] as const) {
      const altered = new URL(ticket)
      altered.searchParams.set(name, value)
      const answer = await openTicket(altered.href)
      assert.deepEqual([answer.status, answer.json.code], [403, 'FILE_TICKET'], name)
    }
    const elsewhere = await openTicket(ticket.href.replace(file.digest, other.digest))
    assert.equal(elsewhere.status, 403)
    assert.equal(readings(other.digest).length, 0)
  })

  it('do not open by a ticket that is older than an hour', async () => {
    const file = await upload()
    const at = (agoMs: number) =>
      makeFileTickets({
        key: ticketKey({ systems: new Map(), operators: new Map() }, () => TICKET_KEY),
        clock: { now: () => systemClock.now() - agoMs },
        base: () => hub.address,
      }).addressOf({
        sm3: file.digest,
        receiver: COUNTY,
        caseNo: 'P-1',
        name: 'a.pdf',
        mediaType: 'application/pdf',
      })
    assert.equal((await openTicket(at(3_500_000))).status, 200)
    const old = await openTicket(at(3_700_000))
    assert.equal(old.status, 403)
    assert.equal(old.json.code, 'FILE_TICKET')
  })

  it('are collected with a document from the inbox too, as a ticket', async () => {
    const file = await upload()
    const { body } = await submit({ fileId: file.id, size: file.size }, '411729')
    const { entries } = (await hub.ask('county-411729', 'GET', '/v1/inbox?limit=100')).body
    const entry = entries.find(({ caseNo }: { caseNo: string }) => caseNo === body.caseNo)
    const answer = await openTicket(entry.document.body.materials[0].files[0].url)
    assert.ok(answer.bytes.equals(file.bytes))
  })

  it('go out inside the document where the format says so', async () => {
    const file = await upload()
    const { body } = await submit({ fileId: file.id, size: file.size }, '410100')
    const { document } = await arrivedAt(INSIDE, body.caseNo)
    const [, text = ''] = /"CONTENT":"([^"]+)"/.exec(JSON.stringify(document)) ?? []
    assert.ok(Buffer.from(text, 'base64').equals(file.bytes))
  })

  it('go out beside the document where the format says so, and the link can', async () => {
    const file = await upload()
    const { status, body } = await submit({ fileId: file.id, name: '审查表.pdf', size: file.size }, '411525')
    assert.equal(status, 201, JSON.stringify(body))
    const names = () => readdirSync(join(folder, 'exchange'), { recursive: true }).map(String)
    // Written last: what is beside it is whole by then.
    while (!names().some((name) => name.endsWith('.ok')))
      await hub.ask(CITY, 'GET', `/v1/cases/${body.caseNo}`)
    const beside = names().find((name) => name.endsWith('审查表.pdf')) ?? assert.fail(names().join())
    assert.ok(readFileSync(join(folder, 'exchange', beside)).equals(file.bytes))
  })

  it('are read by the parties of the case that names them, and by nobody else', async () => {
    const file = await upload()
    const { body } = await submit({ fileId: file.id, size: file.size }, '410526')
    const another = await submit({}, '410526')
    const path = `/v1/files/${file.digest}`
    const onCase = (caseNo: string) => `${path}?caseNo=${encodeURIComponent(caseNo)}`

    assert.ok((await get(onCase(body.caseNo), COUNTY)).bytes.equals(file.bytes))
    assert.deepEqual(readings(file.digest), [
      { actor: COUNTY, details: { by: 'party', caseNo: body.caseNo } },
    ])
    assert.equal((await get(path, COUNTY)).status, 404)
    assert.equal((await get(onCase(another.body.caseNo), COUNTY)).status, 404)
    assert.equal((await get(onCase(body.caseNo), STRANGER)).status, 404)
    assert.equal(readings(file.digest).length, 1)
  })

  it('are refused by the sender’s own field where there is no such file, or it is another’s', async () => {
    const foreign = await upload(STRANGER)
    for (const fileId of [`hub-file:sm3:${'0'.repeat(64)}`, 'hub-file:sm3:nonsense', foreign.id]) {
      const { status, body } = await submit({ fileId }, '410526')
      assert.equal(status, 422)
      assert.deepEqual(
        body.faults.map(({ code, source }: { code: string; source: string }) => [code, source]),
        [['FILE_UNKNOWN', 'body.materials[0].files[0].fileId']],
      )
    }
  })

  it('are refused by the sender’s own field where size or digest differ', async () => {
    const file = await upload()
    const digest = `sm3:${sm3(Buffer.from('another'))}`
    const { body } = await submit({ fileId: file.id, size: 1, digest }, '410526')
    assert.deepEqual(
      body.faults.map(({ code, source }: { code: string; source: string }) => [code, source]),
      [
        ['FILE_DIFFERS', 'body.materials[0].files[0].size'],
        ['FILE_DIFFERS', 'body.materials[0].files[0].digest'],
      ],
    )
  })

  it('may be elsewhere: numbers of other kinds pass as they are', async () => {
    const { status, body } = await submit({ fileId: 'F-4711', size: 7 }, '410526')
    assert.equal(status, 201)
    assert.equal(ticketIn(await arrivedAt(COUNTY, body.caseNo)), undefined)
  })
})
