import assert from 'node:assert/strict'
import fc from 'fast-check'
import { assignedTo } from './assignment.ts'

const destinations = Array.from({ length: 40 }, (_, index) => `system-${index}`)
const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 })

/** Owner by destination, as every node works it out for itself. */
function ownersOf(nodes: readonly { readonly node: string; readonly serves: readonly string[] }[]) {
  const owners = new Map<string, string>()
  for (const { node, serves } of nodes)
    for (const destination of assignedTo(node, serves, nodes)) {
      assert.ok(!owners.has(destination), `${destination} has two owners`)
      owners.set(destination, node)
    }
  return owners
}

describe('who is to own a destination', () => {
  it('is exactly one of the living nodes that serve it', () => {
    fc.assert(
      fc.property(
        names,
        fc.array(fc.subarray(destinations), { minLength: 6, maxLength: 6 }),
        (all, served) => {
          const nodes = all.map((node, index) => ({ node, serves: served[index] ?? [] }))
          assert.deepEqual(new Set(ownersOf(nodes).keys()), new Set(nodes.flatMap(({ serves }) => serves)))
        },
      ),
    )
  })

  it('changes only for what a node that comes or goes has', () => {
    fc.assert(
      fc.property(names, (all) => {
        const nodes = all.map((node) => ({ node, serves: destinations }))
        const before = ownersOf(nodes.slice(1))
        for (const [destination, owner] of ownersOf(nodes))
          assert.ok(nodes.length === 1 || owner === all[0] || owner === before.get(destination))
      }),
    )
  })

  it('is shared out about evenly', () => {
    for (const count of [2, 3, 4]) {
      const nodes = Array.from({ length: count }, (_, index) => ({
        node: `4711-${index}`,
        serves: destinations,
      }))
      const owners = [...ownersOf(nodes).values()]
      for (const { node } of nodes) {
        const share = owners.filter((owner) => owner === node).length
        assert.ok(share >= 40 / count / 3, `${node} has ${share} of 40 among ${count}`)
      }
    }
  })
})
