/** Unified social credit codes (GB 32100-2015): 17 characters and a check character, modulo 31. */

/** The 31 symbols in order of their value: no I, O, S, V, Z. */
const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const pattern = /^[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}$/

/**
 * Why `text` is not a unified social credit code: `form` (length, symbols, capital letters, or no digits in the
 * region, positions 3–8), `check` (check character); undefined where it is one.
 */
export function creditCodeFault(text: string): 'form' | 'check' | undefined {
  if (!pattern.test(text)) return 'form'
  return creditCodeCheck(text.slice(0, 17)) === text.charAt(17) ? undefined : 'check'
}

/** The check character of the first seventeen: weights are the powers of 3 modulo 31. */
export function creditCodeCheck(seventeen: string): string {
  let sum = 0
  let weight = 1
  for (let index = 0; index < 17; index++) {
    sum += alphabet.indexOf(seventeen.charAt(index)) * weight
    weight = (weight * 3) % 31
  }
  return alphabet.charAt((31 - (sum % 31)) % 31)
}
