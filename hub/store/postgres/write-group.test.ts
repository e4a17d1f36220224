import assert from 'node:assert/strict'
import { StoreError } from '../../contract/errors.ts'
import { type GroupLimits, type Outcome, openWriteGroup } from './write-group.ts'

interface Written {
  readonly requests: readonly string[]
  answer(outcomes?: readonly Outcome<string>[]): void
  fail(error: Error): void
}

/** A group whose writes end when the test says so. */
function aWriteGroup(limits: Partial<GroupLimits<string>> = {}) {
  const written: Written[] = []
  const arrived: (() => void)[] = []
  const group = openWriteGroup<string, string>(
    (requests) =>
      new Promise((resolve, reject) => {
        written.push({
          requests,
          answer: (outcomes = requests.map((value) => ({ value }))) => resolve(outcomes),
          fail: reject,
        })
        for (const tell of arrived.splice(0)) tell()
      }),
    { groups: 1, requests: 10, ...limits },
  )
  /** The `index`-th group, once it is written. */
  const nth = async (index: number): Promise<Written> => {
    while (written[index] === undefined) await new Promise<void>((resolve) => arrived.push(resolve))
    return written[index]
  }
  return { group, written, nth }
}

describe('write groups', () => {
  it('write together what is asked for in one turn, in its order', async () => {
    const { group, nth } = aWriteGroup()
    const answers = Promise.all(['a', 'b', 'c'].map(group.ask))
    const first = await nth(0)

    assert.deepEqual(first.requests, ['a', 'b', 'c'])
    first.answer()
    assert.deepEqual(await answers, ['a', 'b', 'c'])
    assert.deepEqual(group.counts(), { groups: 1, requests: 3 })
  })

  it('gather what comes while all are under way', async () => {
    const { group, written, nth } = aWriteGroup()
    const first = group.ask('a')
    await nth(0)
    const others = Promise.all(['b', 'c'].map(group.ask))
    ;(await nth(0)).answer()
    await first
    const second = await nth(1)
    assert.deepEqual(second.requests, ['b', 'c'])

    second.answer()
    await others
    assert.equal(written.length, 2)
  })

  it('go out side by side, as many as are allowed', async () => {
    const { group, written, nth } = aWriteGroup({ groups: 2, requests: 1 })
    const answers = Promise.all(['a', 'b', 'c'].map(group.ask))
    await nth(1)
    assert.equal(written.length, 2)

    ;(await nth(1)).answer()
    ;(await nth(2)).answer()
    ;(await nth(0)).answer()
    assert.deepEqual(await answers, ['a', 'b', 'c'])
  })

  it('carry a limited weight, but one request of any', async () => {
    const { group, nth } = aWriteGroup({ weight: { most: 5, of: (text) => text.length } })
    const texts = ['aa', 'bbb', 'c', 'dddddddd', 'e']
    const answers = Promise.all(texts.map(group.ask))
    const groups: (readonly string[])[] = []
    for (let index = 0; index < 4; index++) {
      const written = await nth(index)
      groups.push(written.requests)
      written.answer()
    }

    assert.deepEqual(groups, [['aa', 'bbb'], ['c'], ['dddddddd'], ['e']])
    assert.deepEqual(await answers, texts)
  })

  it('reject the one that failed, or everybody where the store did', async () => {
    const { group, nth } = aWriteGroup()
    const bug = new TypeError('a bug')
    const some = Promise.allSettled(['a', 'b'].map(group.ask))
    ;(await nth(0)).answer([{ error: bug }, { value: 'b' }])
    assert.deepEqual(await some, [
      { status: 'rejected', reason: bug },
      { status: 'fulfilled', value: 'b' },
    ])

    const trouble = new StoreError('STORE_UNAVAILABLE', 'gone')
    const all = Promise.allSettled(['c', 'd'].map(group.ask))
    ;(await nth(1)).fail(trouble)
    assert.deepEqual(
      await all,
      [1, 2].map(() => ({ status: 'rejected', reason: trouble })),
    )

    const after = group.ask('e')
    ;(await nth(2)).answer()
    assert.equal(await after, 'e')
  })

  it('finish what was asked for when they are closed, and refuse what comes after', async () => {
    const { group, nth } = aWriteGroup({ requests: 1 })
    const answers = Promise.all(['a', 'b'].map(group.ask))
    const closed = group.close()
    await assert.rejects(group.ask('late'), { code: 'STORE_CLOSED' })
    ;(await nth(0)).answer()
    ;(await nth(1)).answer()

    await closed
    assert.deepEqual(await answers, ['a', 'b'])
    await group.close()
  })
})
