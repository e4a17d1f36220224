/** Names of members that mean something to the language that holds the document: nobody's field is called so. */
const REFUSED = new Set(['__proto__', 'constructor', 'prototype'])

export function isRefusedName(name: string): boolean {
  return REFUSED.has(name)
}
