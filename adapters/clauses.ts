/**
 * The clauses of the adapter contract. Every test of the two suites (conformance.ts, listener-conformance.ts) names its clause
 * in brackets at the beginning of its title; `npm run conformance` prints kind × clause from that.
 */
export const CLAUSES = {
  bytes: 'what is delivered or handed over is what was given, byte for byte',
  receipt: 'taken means taken: told after the commit, with the number and the answer',
  refuses: 'a refusal is final, and is told with its words',
  later: '"not now" is told as such, and nothing is lost by it',
  unknown: 'silence after sending is an unknown outcome; a listener is handed the same again',
  'link-lost':
    'a counterpart that is not there is told apart from one that did not answer; it comes back by itself',
  abort: 'stops promptly when told to',
  'close-twice': 'closing is safe twice, and in the middle of work',
  duplicate: 'the same thing twice is known as the same thing',
  order: 'what was sent one after the other arrives in that order',
  together: 'several at once do not mix',
  charset: 'the character set is carried or declared; nothing becomes "?"',
  digits: 'a number of 18 digits survives',
  caps: 'size is limited on the way in, memory stays bounded',
  outside: 'goes nowhere but to its counterpart',
  probe: 'can be asked whether it works, and leaves nothing behind',
} as const

export type Clause = keyof typeof CLAUSES
