/** The first pinyin letters of a Chinese text, as old vendors name their fields: 申请人证件类型 → SQRZJLX. */

/**
 * The first character of each letter in the pinyin order of the Unicode collation (CLDR): a character belongs to the
 * last of them that does not come after it. No syllable begins with I, U or V.
 */
const FIRST_OF_LETTER = [...'阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥仨他屲夕丫帀']
const LETTERS = [...'ABCDEFGHJKLMNOPQRSTWXYZ']

const collator = new Intl.Collator('zh-Hans-CN-u-co-pinyin')

/** Letters and digits stay, in capitals; what is neither is left out. A character with several readings gets its usual one. */
export function pinyinInitials(text: string): string {
  return [...text].map(initialOf).join('')
}

function initialOf(character: string): string {
  if (/^[a-z0-9]$/i.test(character)) return character.toUpperCase()
  if (!/^\p{Script=Han}$/u.test(character)) return ''
  const at = FIRST_OF_LETTER.findLastIndex((first) => collator.compare(first, character) <= 0)
  return LETTERS[at] ?? ''
}
