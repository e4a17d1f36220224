/**
 * The bare floor that intake is held against: parses JSON, validates it against the same canonical schema, writes the
 * same bytes as one row of the same kind of SQLite (write-ahead log, FULL, grouped commits), answers. Nothing else.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { loadValidator } from '../../hub/canonical/validator.ts'
import { answerParent } from '../child.ts'

export interface FloorQuestion {
  readonly file: string
}

export interface FloorAnswer {
  readonly port: number
}

answerParent(async ({ file }: FloorQuestion): Promise<FloorAnswer> => {
  const { validate } = loadValidator()
  const database = new DatabaseSync(file)
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = full; create table document (id integer primary key, body blob) strict',
  )
  const insert = database.prepare('insert into document (body) values (?)')
  let group: { body: Buffer; response: ServerResponse }[] = []

  const commit = (): void => {
    const committing = group
    group = []
    database.exec('begin immediate')
    const ids = committing.map(({ body }) => insert.run(body).lastInsertRowid)
    database.exec('commit')
    for (const [index, { response }] of committing.entries()) {
      const answer = `{"id":${ids[index]}}`
      response
        .writeHead(201, { 'content-type': 'application/json', 'content-length': answer.length })
        .end(answer)
    }
  }

  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body = Buffer.concat(pieces)
      const faults = validate('case.submitted', JSON.parse(body.toString('utf8')))
      if (faults.length > 0) {
        const answer = JSON.stringify(faults)
        response.writeHead(422, { 'content-length': Buffer.byteLength(answer) }).end(answer)
        return
      }
      if (group.push({ body, response }) === 1) setImmediate(commit)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port }
})
