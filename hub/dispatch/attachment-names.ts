/** Names under which files go with a message: nobody can climb out of a folder by one, and none hides another. */

/** One for each, in order. What is no plain file name is made one; who comes again gets ` (2)` before its ending. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const plain = plainName(name)
    const dot = plain.lastIndexOf('.')
    const [stem, ending] = dot > 0 ? [plain.slice(0, dot), plain.slice(dot)] : [plain, '']
    let unique = plain
    // Without regard to case: some of the disks they land on have none.
    for (let count = 2; taken.has(unique.toLowerCase()); count++) unique = `${stem} (${count})${ending}`
    taken.add(unique.toLowerCase())
    return unique
  })
}

/** Characters that no common file system takes are replaced, and names that mean a folder. */
function plainName(name: string): string {
  const plain = name
    .toWellFormed()
    .replace(/[\p{Cc}/\\:*?"<>|]/gu, '_')
    .replace(/[. ]+$/, '')
    .trim()
  return plain === '' || plain.startsWith('.') ? `_${plain}` : plain
}
