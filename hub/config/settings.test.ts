import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../contract/errors.ts'
import schema from './settings.schema.json' with { type: 'json' }
import { readSettings, settingsOf } from './settings.ts'

describe('readSettings', () => {
  it('has a default for everything, and folders that exist wherever the hub is started', () => {
    const settings = readSettings({})
    const { topologyDir, mappingsDir, ...rest } = settings
    assert.deepEqual(rest, {
      host: '127.0.0.1',
      port: 8080,
      dataDir: './data',
      packages: 'auto',
      logLevel: 'info',
      maxBodyBytes: 10 * 1024 * 1024,
      warningLeadDays: 0.5,
      files: { maxBytes: 512 * 1024 * 1024, partHours: 24, keepFreeBytes: 256 * 1024 * 1024 },
    })
    assert.ok(existsSync(join(topologyDir, 'regions.yaml')))
    assert.ok(mappingsDir.endsWith('mappings'))
    assert.ok(Object.isFrozen(settings))
  })

  it('takes each from the environment', () => {
    const settings = readSettings({
      HUB_HOST: '0.0.0.0',
      HUB_PORT: '0',
      HUB_DATA_DIR: '/d',
      HUB_DATABASE_URL: 'postgres://hub@database/hub?schema=hub',
      HUB_TOPOLOGY_DIR: '/t',
      HUB_MAPPINGS_DIR: '/m',
      HUB_PACKAGES: 'pinned',
      HUB_SECRETS_FILE: '/s',
      HUB_LOG_LEVEL: 'debug',
      HUB_MAX_BODY_BYTES: '2048',
      HUB_WARNING_LEAD_DAYS: '1.5',
      HUB_PUBLIC_URL: 'https://hub.example.gov/hub',
      HUB_FILES_DIR: '/f',
      HUB_FILES_S3_URL: 'https://objects.example.gov:9000/hub-files',
      HUB_FILES_MAX_BYTES: '4096',
      HUB_FILES_TYPES: 'application/pdf, Image/PNG',
      HUB_FILES_SCAN: 'clamd:127.0.0.1:3310',
      HUB_FILES_PART_HOURS: '48',
      HUB_FILES_KEEP_FREE_BYTES: '0',
      PATH: '/bin',
    })
    assert.deepEqual(settings, {
      host: '0.0.0.0',
      port: 0,
      dataDir: '/d',
      databaseUrl: 'postgres://hub@database/hub?schema=hub',
      topologyDir: '/t',
      mappingsDir: '/m',
      packages: 'pinned',
      secretsFile: '/s',
      logLevel: 'debug',
      maxBodyBytes: 2048,
      warningLeadDays: 1.5,
      publicUrl: 'https://hub.example.gov/hub',
      files: {
        dir: '/f',
        objectStore: {
          url: 'https://objects.example.gov:9000/hub-files',
          region: 'us-east-1',
          keyId: 'hub',
        },
        maxBytes: 4096,
        mediaTypes: ['application/pdf', 'image/png'],
        scan: 'clamd:127.0.0.1:3310',
        partHours: 48,
        keepFreeBytes: 0,
      },
    })
  })

  it('takes an empty variable for unset', () => {
    assert.deepEqual(readSettings({ HUB_PORT: '', HUB_SECRETS_FILE: '' }), readSettings({}))
  })

  it('throws every fault at once', () => {
    assert.throws(
      () => readSettings({ HUB_PORT: '70000', HUB_LOG_LEVEL: 'loud', HUB_MAX_BODY_BYTES: 'ten' }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError)
        assert.deepEqual(error.faults.map(({ file, path }) => `${file}#${path}`).sort(), [
          'environment#/HUB_LOG_LEVEL',
          'environment#/HUB_MAX_BODY_BYTES',
          'environment#/HUB_PORT',
        ])
        return true
      },
    )
  })

  it('never puts a value into a fault', () => {
    const { faults } = settingsOf({
      HUB_PORT: 'hush-hush',
      HUB_DATABASE_URL: 'mysql://hub:hush@database/hub',
    })
    assert.equal(faults.length, 2)
    assert.doesNotMatch(JSON.stringify(faults), /hush/)
  })

  it('is described in both languages, variable by variable', () => {
    for (const [name, { description }] of Object.entries(schema.properties))
      assert.match(description, / ?\/ [A-Z]/, name)
  })
})
