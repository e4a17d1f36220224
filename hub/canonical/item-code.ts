/**
 * Codes of items (GB/T 39554): 基本编码, 12 characters = scope 2, kind 2, main item 5, sub-item 3; 实施编码, 31 = credit
 * code of the implementing body 18, level 1, 基本编码 12; 业务办理项编码, 33 = 实施编码 and a sequence of 2.
 */
import { creditCodeFault } from './credit-code.ts'

export type ItemCodeKind = 'catalog' | 'task' | 'handle'

/** Length of each kind of code. */
export const ITEM_CODE_LENGTH: Readonly<Record<ItemCodeKind, number>> = { catalog: 12, task: 31, handle: 33 }

// Provinces put letters into their own main and sub-items; levels are GB/T 39046 A.2.
const patterns: Readonly<Record<ItemCodeKind, RegExp>> = {
  catalog: /^\d{4}[0-9A-Z]{8}$/,
  task: /^[0-9A-Z]{18}[1-7]\d{4}[0-9A-Z]{8}$/,
  handle: /^[0-9A-Z]{18}[1-7]\d{4}[0-9A-Z]{8}\d{2}$/,
}

/**
 * Why `text` is not an item code of that kind: `form`, or `credit-code` where the code of the implementing body inside
 * fails its check; undefined where it is one. Whether the item is on the list is another question.
 */
export function itemCodeFault(text: string, kind: ItemCodeKind): 'form' | 'credit-code' | undefined {
  if (!patterns[kind].test(text)) return 'form'
  return kind === 'catalog' || creditCodeFault(text.slice(0, 18)) === undefined ? undefined : 'credit-code'
}
