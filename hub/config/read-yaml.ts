/** Reading YAML 1.2 strictly: duplicate keys, unresolved tags and aliases are faults, each with its line. */
import { LineCounter, parseDocument } from 'yaml'
import type { ConfigFault } from '../contract/errors.ts'

/** The value of one document, absent where there are faults. `file` is only named in them. */
export function readYaml(
  text: string,
  file: string,
): { readonly value?: unknown; readonly faults: readonly ConfigFault[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    uniqueKeys: true,
    prettyErrors: false,
    lineCounter: lines,
  })
  const faults = [...document.errors, ...document.warnings].map(({ code, message, pos }): ConfigFault => {
    const { line, col } = lines.linePos(pos[0])
    const duplicate = code === 'DUPLICATE_KEY'
    return {
      file,
      path: '',
      code: duplicate ? 'CONFIG_YAML_DUPLICATE_KEY' : 'CONFIG_YAML',
      reason: `Line ${line}, column ${col}: ${duplicate ? 'this key stands twice' : message.replace(/\.?$/, '')}.`,
      remedy: duplicate ? 'Keep one of the two.' : 'Correct the YAML.',
    }
  })
  if (faults.length > 0) return { faults }
  try {
    return { value: document.toJS() as unknown, faults: [] }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return {
      faults: [
        { file, path: '', code: 'CONFIG_YAML', reason, remedy: 'Write the value out instead of an alias.' },
      ],
    }
  }
}
