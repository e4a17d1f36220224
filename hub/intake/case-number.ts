/**
 * Case numbers (办件编号) that the hub issues where the source has none: region (6) + Beijing day (8) + 8 random digits +
 * one check digit = 23 digits. Random rather than counted, so that a number tells nobody how many cases there are and
 * several nodes need not agree on a counter; the store refuses the rare collision and another is drawn.
 */
import { beijingTime, type RandomBytes } from '../contract/clock.ts'

/** GB/T 17710 (ISO 7064) MOD 11,10: finds every single wrong digit and nearly all swapped neighbours. */
export function checkDigit(digits: string): string {
  let product = 10
  for (const digit of digits) {
    const sum = (product + Number(digit)) % 10
    product = ((sum === 0 ? 10 : sum) * 2) % 11
  }
  return String((11 - product) % 10)
}

/** @param regionCode six digits: the region where the case was received. */
export function issueCaseNumber(regionCode: string, nowMs: number, randomBytes: RandomBytes): string {
  const day = beijingTime(nowMs).slice(0, 10).replaceAll('-', '')
  const random = Buffer.from(randomBytes(6)).readUIntBE(0, 6) % 100_000_000
  const digits = `${regionCode}${day}${String(random).padStart(8, '0')}`
  return digits + checkDigit(digits)
}
