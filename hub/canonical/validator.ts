/** Checks canonical data against its schema and says everything that is wrong at once. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Fault } from '../contract/errors.ts'
import type { MessageType } from '../contract/message.ts'
import { type Field, fieldTree, nearestField, type PersonalField, personalFieldsOf } from './field-tree.ts'
import { FORMATS } from './formats.ts'
import { faultsOf } from './schema-faults.ts'
import { readSchemas, type Schema } from './schema-files.ts'
import { type RefusedCharacter, type Scan, scanText } from './text-scan.ts'

/** Faults told of one message; beyond it nobody reads on. */
export const FAULT_LIMIT = 200

/**
 * Values in a message up to which every fault is looked for. A larger message is refused with its first fault: a
 * million wrong values would otherwise become a million errors and half a gigabyte.
 */
const VALUES_SEARCHED = 20_000

export interface Validator {
  /**
   * Everything wrong with the `data` of a message of that type, at most 200 faults; empty where it is valid. Never
   * throws on data, whatever its shape or depth; reasons never hold a value of the message.
   */
  validate(type: MessageType, data: unknown): readonly Fault[]
  /** The same for a whole message: envelope and, where the envelope is right, data. Pointers are into the message. */
  validateMessage(message: unknown): readonly Fault[]
  /** Fields that masking, encryption and exports have to treat, from the schemas' own marks. */
  personalFields(type: MessageType): readonly PersonalField[]
  /** `urn:hub:canonical:<type>:<version>`. */
  dataschema(type: MessageType): string
}

interface Checked {
  readonly id: string
  readonly root: Field
  readonly personal: readonly PersonalField[]
  readonly all: () => ValidateFunction
  readonly first: () => ValidateFunction
}

/**
 * Reads the schemas of `directory`, by default the ones shipped with the hub. Each is compiled when it is first needed,
 * once. Throws where a file is missing, is not JSON, or belongs to no message type.
 */
export function loadValidator(directory?: string): Validator {
  const { parts, envelope, types } = readSchemas(directory)
  const everything = compiler([parts, envelope, ...types.values()], true)
  const firstOnly = compiler([parts, envelope, ...types.values()], false)
  const prepare = (schema: Schema): Checked => {
    const id = schema.$id as string
    const root = fieldTree(schema, parts)
    return {
      id,
      root,
      personal: personalFieldsOf(root),
      all: once(() => everything.getSchema(id) as ValidateFunction),
      first: once(() => firstOnly.getSchema(id) as ValidateFunction),
    }
  }
  const byType = new Map([...types].map(([type, schema]) => [type, prepare(schema)]))
  const ofType = (type: MessageType) => byType.get(type) as Checked
  const ofEnvelope = prepare(envelope)

  const validate = (type: MessageType, data: unknown) => check(ofType(type), data)
  return {
    validate,
    validateMessage(message) {
      const outer = check(ofEnvelope, message)
      if (outer.length > 0) return outer
      const { type, data, dataschema } = message as { type: MessageType; data: unknown; dataschema: string }
      if (dataschema !== ofType(type).id) return [foreignSchema(ofType(type).id)]
      return validate(type, data).map((fault) => ({ ...fault, pointer: `/data${fault.pointer ?? ''}` }))
    },
    personalFields: (type) => ofType(type).personal,
    dataschema: (type) => ofType(type).id,
  }
}

function compiler(schemas: readonly Schema[], allErrors: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors,
    verbose: true,
    // Conditions (`if`, `then`) speak of one property and leave its type to the definition beside them.
    strictTypes: false,
    // Our own schemas are checked by the tests; at run time the check would cost more than the compilation.
    validateSchema: false,
  })
  ajv.addVocabulary(['x-national', 'x-personal', 'x-personal-unless', 'x-form', 'x-values'])
  for (const [name, format] of Object.entries(FORMATS)) {
    ajv.addFormat(name, { type: 'string', validate: (text: string) => format(text) === undefined })
  }
  for (const schema of schemas) ajv.addSchema(schema)
  return ajv
}

/** Compiling a schema takes milliseconds, and looking it up by name microseconds that a message has not got. */
function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined
  return () => {
    made ??= make()
    return made
  }
}

function check(checked: Checked, data: unknown): readonly Fault[] {
  const scan = scanText(data, isOpaque, FAULT_LIMIT)
  const validate = scan.values > VALUES_SEARCHED ? checked.first() : checked.all()
  if (validate(data) && scan.refused.length === 0) return []
  const faults = [
    ...characterFaults(scan, checked.root),
    ...faultsOf((validate.errors ?? []) as never, checked.root),
  ]
  return faults.slice(0, FAULT_LIMIT)
}

/** The form of an item is not ours to describe. */
const isOpaque = (key: string) => key === 'form'

const characterWords: Readonly<Record<RefusedCharacter, Fault['reason']>> = {
  surrogate: {
    zh: '含有不成对的代理字符，文字已损坏',
    en: 'contains half a surrogate pair; the text is damaged',
  },
  control: { zh: '含有控制字符', en: 'contains a control character' },
}

function characterFaults(scan: Scan, root: Field): readonly Fault[] {
  return scan.refused.map(({ pointer, character }) => {
    const { zh, en } = characterWords[character]
    const { label } = nearestField(root, pointer)
    return {
      code: 'FIELD_FORMAT',
      pointer,
      reason: { zh: `“${label.zh}”${zh}。`, en: `“${label.en}” ${en}.` },
    }
  })
}

function foreignSchema(expected: string): Fault {
  return {
    code: 'FIELD_VALUE',
    pointer: '/dataschema',
    reason: {
      zh: `“数据模式”与消息类型不符，应为 ${expected}。`,
      en: `“Schema of the data” does not belong to the type; must be ${expected}.`,
    },
    facts: { allowed: [expected] },
  }
}
