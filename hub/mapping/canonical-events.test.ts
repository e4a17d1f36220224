import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { MESSAGE_TYPES } from '../contract/message.ts'
import { loadFormatPackages, readCanonicalSchemas } from './load-packages.ts'
import { generateMessages } from './tools/canonical-arbitrary.ts'

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const context = {
  nowMs: 0,
  receiver: { id: 'event-stream', region: '410000' },
  case: {
    caseNo: 'N1',
    taskCode: '1141000000000901362410190001000',
    scenario: 'renewal',
    receivingRegion: '411300',
    jurisdictionRegion: '410526',
    openedAt: '2026-09-30T10:12:05+08:00',
    externalIds: {},
  },
}

describe('the format package canonical-events', () => {
  const format = loadFormatPackages(join(project, 'mappings')).packages.get('canonical-events')
  const schemas = readCanonicalSchemas()

  for (const type of MESSAGE_TYPES) {
    it(`gives ${type} away as it is, under its type, region and item`, async () => {
      const mapping = format?.outbound.get(type) ?? assert.fail(`no mapping of ${type}`)
      for (const message of generateMessages(fc, type, schemas, { runs: 10, seed: 1 })) {
        assert.deepEqual(await mapping.map(message, context), message)
        assert.deepEqual(mapping.hintsOf(message, context), {
          routingKey: `${type}.410526.1141000000000901362410190001000`,
          contentType: 'application/cloudevents+json; charset=utf-8',
        })
      }
    })
  }
})
