import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { readSchemas } from '../hub/canonical/schema-files.ts'
import { MESSAGE_TYPES, type MessageType } from '../hub/contract/message.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

/** The parts of an AsyncAPI 3.1 document that this one has. */
interface Description {
  readonly asyncapi: string
  readonly defaultContentType: string
  readonly channels: {
    readonly stream: {
      readonly address: string
      readonly parameters: Readonly<Record<string, { readonly enum?: readonly string[] }>>
      readonly messages: Readonly<Record<string, { readonly $ref: string }>>
      readonly bindings: {
        readonly amqp: { readonly exchange: { readonly name: string; readonly type: string } }
      }
    }
  }
  readonly components: {
    readonly schemas: {
      readonly headers: { readonly properties: object; readonly required: readonly string[] }
    }
    readonly messages: Readonly<Record<string, DescribedMessage>>
  }
}

interface DescribedMessage {
  readonly name: string
  readonly title: string
  readonly summary: string
  readonly payload: { readonly schemaFormat: string; readonly schema: object }
}

describe('docs/asyncapi.yaml', () => {
  const text = read('docs/asyncapi.yaml')
  const description = parse(text) as Description
  const { stream } = description.channels
  const { messages, schemas } = description.components
  const canonical = readSchemas()

  it('describes every message type, in the words of its schema, and no other', () => {
    assert.deepEqual(Object.keys(messages), [...MESSAGE_TYPES])
    assert.deepEqual(stream.parameters.type?.enum, [...MESSAGE_TYPES])
    for (const [type, { name, title, summary }] of Object.entries(messages)) {
      const schema = canonical.types.get(type as MessageType)
      assert.deepEqual([name, title, summary], [type, schema?.title, schema?.description])
    }
  })

  it('carries every message on the stream', () => {
    const carried = MESSAGE_TYPES.map((type) => [type, { $ref: `#/components/messages/${type}` }])
    assert.deepEqual(stream.messages, Object.fromEntries(carried))
  })

  it('refers to nothing that is not there', () => {
    const references = [...text.matchAll(/\$ref: '?([^'}\s]+)/g)].map(([, reference]) => reference as string)
    assert.ok(references.length > MESSAGE_TYPES.length * 3)
    for (const reference of references) {
      const [file = '', pointer = ''] = reference.split('#')
      if (file !== '') assert.ok(existsSync(join(root, 'docs', file)), reference)
      else assert.notEqual(at(description, pointer), undefined, reference)
    }
  })

  it('says of the exchange, routing key, media type and headers what is published', () => {
    const { outbound } = parse(read('topology/systems/event-stream.yaml'))
    const { hints } = parse(read('mappings/canonical-events/format.yaml')).out['*']
    const { exchangeType } = JSON.parse(read('adapters/amqp/config.schema.json')).properties
    assert.deepEqual(
      [stream.bindings.amqp.exchange.name, stream.bindings.amqp.exchange.type],
      [
        outbound.config.exchange.replace(/\$\{SIMULATORS_SCOPE:-\}$/, ''),
        outbound.config.exchangeType ?? exchangeType.default,
      ],
    )
    assert.equal(description.defaultContentType, hints.contentType)
    const words = [...stream.address.matchAll(/\{(\w+)\}/g)].map(([, word]) => word)
    assert.deepEqual(words, hints.routingKey.slice(1).replaceAll('$case.', '').split(' & "." & '))
    assert.deepEqual(Object.keys(schemas.headers.properties), ['type', 'case', 'sequence', 'traceparent'])
  })

  for (const type of MESSAGE_TYPES) {
    it(`gives ${type} a payload schema that takes the valid samples and refuses another type`, () => {
      const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false })
      for (const schema of [canonical.parts, canonical.envelope, ...canonical.types.values()])
        ajv.addSchema(schema)
      const { schemaFormat, schema } = (messages[type] as DescribedMessage).payload
      assert.equal(schemaFormat, 'application/schema+json;version=2020-12')
      const validate = ajv.compile(byId(schema))
      const folder = `schemas/canonical/samples/${type}`
      const samples = readdirSync(join(root, folder)).filter((name) => name.startsWith('valid-'))
      assert.ok(samples.length > 0)
      for (const sample of samples) {
        const message = messageWith(type, JSON.parse(read(`${folder}/${sample}`)).data)
        assert.ok(validate(message), `${sample}: ${ajv.errorsText(validate.errors)}`)
        const other = MESSAGE_TYPES.find((name) => name !== type)
        assert.equal(validate({ ...message, type: other }), false)
      }
    })
  }
})

/** References to files as references to the schemas in them, which Ajv knows by their ids. */
function byId(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (key, value) =>
    key === '$ref' ? JSON.parse(read(join('docs', value))).$id : value,
  )
}

function messageWith(type: MessageType, data: unknown): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: '0198f0c2-7d6e-7b3a-9c11-2f4a5b6c7d8e',
    source: '/systems/city-411300',
    type,
    subject: 'TEST-0001',
    time: '2026-09-30T10:12:05+08:00',
    datacontenttype: 'application/json',
    dataschema: `urn:hub:canonical:${type}:1`,
    data,
    sequence: 1,
    recordedat: '2026-09-30T10:12:06+08:00',
  }
}

/** What a JSON pointer names. */
function at(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], document)
}
