import { FaultMarker } from '../fault-marker.ts'
import {
  isTimeShape,
  type NotADate,
  readDate,
  readTime,
  type TimeShape,
  writeDate,
  writeTime,
} from '../time-shape.ts'
import { factsOf, type HubCall, type HubFunction, isAbsent, refuse, showable } from './hub-function.ts'

/**
 * `$readTime(text, shape)` → RFC 3339, +08:00 · `$readDate(text, shape)` → `YYYY-MM-DD` · `$writeTime(iso, shape)` ·
 * `$writeDate(date, shape)`. Nothing for nothing; a date that does not exist is refused (`DATE_INVALID`).
 */
export function timeFunctions(nullWords: ReadonlySet<string>): readonly HubFunction[] {
  const converter = (
    name: string,
    convert: (value: string, shape: TimeShape) => string | number | NotADate,
  ): HubFunction => ({
    name,
    apply([value, shape], call) {
      if (value instanceof FaultMarker) return value
      if (isAbsent(value, nullWords)) return undefined
      if (!isTimeShape(shape)) return refuseDate(call, value, String(shape), UNKNOWN_SHAPE)
      if (typeof value !== 'string' && typeof value !== 'number')
        return refuseDate(call, value, shape, NOT_TEXT)
      const converted = convert(String(value), shape)
      return typeof converted === 'object' ? refuseDate(call, value, shape, converted) : converted
    },
  })
  return [
    converter('readTime', readTime),
    converter('readDate', readDate),
    converter('writeTime', writeTime),
    converter('writeDate', writeDate),
  ]
}

const NOT_TEXT: NotADate = { zh: '既不是文本也不是数字', en: 'it is neither text nor a number' }
const UNKNOWN_SHAPE: NotADate = {
  zh: '映射中的日期形式未定义',
  en: 'the mapping names an unknown date shape',
}

function refuseDate(call: HubCall, value: unknown, shape: string, why: NotADate): FaultMarker {
  return refuse(call, {
    code: 'DATE_INVALID',
    reason: {
      zh: `日期无效（应为 ${shape}）：${why.zh}`,
      en: `Not a valid date (${shape} expected): ${why.en}`,
    },
    facts: factsOf({ shape, value: showable(value) }),
  })
}
