/** A database of its own for a run, on a PostgreSQL server that the environment names. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'

export interface OwnDatabase {
  readonly url: string
  /** Safe where connections are still open: they are ended. */
  drop(): Promise<void>
}

/** @param serverUrl with a user that may create databases */
export async function openOwnDatabase(serverUrl: string): Promise<OwnDatabase> {
  const name = `hub_crash_${randomBytes(6).toString('hex')}`
  await onServer(serverUrl, `create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => onServer(serverUrl, `drop database ${name} with (force)`) }
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
