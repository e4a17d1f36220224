/** JSON Schemas (2020-12) of configuration files: every fault at once, in words that say what to do. */
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { isCalendarDate } from '../canonical/calendar-date.ts'
import type { ConfigFault } from '../contract/errors.ts'
import { pointerPart } from './environment.ts'

/** Fills defaults into `value`, in place, and answers its faults; paths begin with `base`. */
export type SchemaCheck = (value: unknown, file: string, base?: string) => ConfigFault[]

/** Compiling takes Ajv longer than reading the whole topology; a schema is compiled once. */
const compiled = new WeakMap<object, SchemaCheck>()

/**
 * The check of a schema, which must not change afterwards and is always asked for with the same options.
 *
 * @param strict refuses schemas with unknown keywords: for our own; adapter kinds may annotate theirs
 * @param coerceTypes reads numbers and booleans from text: for environment variables
 */
export function schemaCheck(
  schema: object,
  options: { readonly strict: boolean; readonly coerceTypes?: boolean },
): SchemaCheck {
  const check = compiled.get(schema) ?? compile(schema, options)
  compiled.set(schema, check)
  return check
}

function compile(
  schema: object,
  { strict, coerceTypes = false }: { readonly strict: boolean; readonly coerceTypes?: boolean },
): SchemaCheck {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    strict,
    coerceTypes,
    logger: false,
    // Every schema that is shipped is held against the metaschema by a test; here it would be a sixth of the hub's start.
    validateSchema: false,
  })
  ajv.addFormat('date', isCalendarDate)
  const validate = ajv.compile(schema)
  return (value, file, base = '') => {
    if (validate(value)) return []
    return chosenBranches(validate.errors ?? []).map((error) => faultOf(error, file, base))
  }
}

/** Of a `oneOf` or `anyOf` whose branches are told apart by a constant, keeps what is wrong with the branch that was meant. */
function chosenBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf')
  let kept = errors
  for (const union of unions) {
    const inside = errors.filter(({ schemaPath }) => schemaPath.startsWith(`${union.schemaPath}/`))
    const branch = ({ schemaPath }: ErrorObject): string =>
      schemaPath.slice(union.schemaPath.length + 1).split('/', 1)[0] as string
    const others = new Set(
      inside
        .filter(({ keyword, instancePath }) => keyword === 'const' && instancePath !== union.instancePath)
        .map(branch),
    )
    const meant = inside.filter((error) => !others.has(branch(error)))
    const instead = others.size > 0 && meant.length > 0 ? meant : [union]
    kept = kept.filter((error) => error !== union && !inside.includes(error)).concat(instead)
  }
  return kept
}

function faultOf(
  { keyword, instancePath, params, message, data, parentSchema }: ErrorObject,
  file: string,
  base: string,
): ConfigFault {
  const path = `${base}${instancePath}`
  switch (keyword) {
    case 'required': {
      const name = params.missingProperty as string
      return {
        file,
        path: `${path}/${pointerPart(name)}`,
        code: 'CONFIG_REQUIRED',
        reason: `${name} is missing.`,
        remedy: 'Add it.',
      }
    }
    case 'additionalProperties': {
      const name = params.additionalProperty as string
      const known = Object.keys((parentSchema?.properties as object | undefined) ?? {}).join(', ')
      const remedy = `Remove it, or correct its spelling; known are: ${known}.`
      return {
        file,
        path: `${path}/${pointerPart(name)}`,
        code: 'CONFIG_UNKNOWN_KEY',
        reason: `${name} is not a setting.`,
        remedy,
      }
    }
    case 'type': {
      const quote = params.type === 'string' && typeof data === 'number'
      const remedy = quote ? 'Put it in quotes.' : 'Correct the value.'
      return { file, path, code: 'CONFIG_TYPE', reason: `It ${message}, not ${typeName(data)}.`, remedy }
    }
    default: {
      const allowed = params.allowedValues ?? params.allowedValue
      const remedy = allowed === undefined ? 'Correct the value.' : `Allowed: ${[allowed].flat().join(', ')}.`
      return { file, path, code: 'CONFIG_VALUE', reason: `It ${message}.`, remedy }
    }
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
