/** Made-up people with identity numbers that pass their check (GB 11643), each different from all others of a run. */
import type { Applicant } from './formats/letter.ts'

const STEMS = ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛', '壬', '癸']
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECKS = '10X98765432'

/** @param number from 0; the same number is the same person */
export function person(number: number): Applicant {
  const stem = STEMS[number % STEMS.length] as string
  return {
    name: `测试${stem}`,
    residentId: residentId(number),
    mobile: `138${String(number % 100_000_000).padStart(8, '0')}`,
    address: `河南省郑州市金水区测试路${(number % 900) + 1}号`,
  }
}

/** Of 郑州市市辖区 (410101), born from 1960-01-01 on, one a day, up to 999 a day. */
export function residentId(number: number): string {
  const born = new Date(Date.UTC(1960, 0, 1 + (number % 14_000)))
    .toISOString()
    .slice(0, 10)
    .replaceAll('-', '')
  const order = String((Math.floor(number / 14_000) % 999) + 1).padStart(3, '0')
  const digits = `410101${born}${order}`
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * Number(digits[index]), 0)
  return `${digits}${CHECKS[sum % 11]}`
}
