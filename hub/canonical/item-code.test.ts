import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type ItemCodeKind, itemCodeFault } from './item-code.ts'

const body = '114100000000090136'
const task = `${body}2410190001000`

describe('item code', () => {
  const right: readonly (readonly [ItemCodeKind, string])[] = [
    ['catalog', '410190001000'],
    ['catalog', '442011015W00'],
    ['task', task],
    ['handle', `${task}01`],
    // The item of a code seen in Shanghai: level 2, 31 20 03564 000.
    ['task', `${body}2312003564000`],
  ]
  for (const [kind, text] of right)
    it(`takes ${kind} ${text}`, () => assert.equal(itemCodeFault(text, kind), undefined))

  const wrong: readonly (readonly [ItemCodeKind, string, string])[] = [
    ['catalog', '41019000100', 'form'],
    ['catalog', '4A0190001000', 'form'],
    ['catalog', '410190001w00', 'form'],
    ['task', `${task}0`, 'form'],
    ['task', `${task}01`, 'form'],
    ['task', `${body}0410190001000`, 'form'],
    ['task', `${body}8410190001000`, 'form'],
    ['task', task.toLowerCase().replace('1', 'a'), 'form'],
    ['handle', task, 'form'],
    ['handle', `${task}0A`, 'form'],
    ['task', `114100000000090137${task.slice(18)}`, 'credit-code'],
    ['handle', `114100000000090137${task.slice(18)}01`, 'credit-code'],
  ]
  for (const [kind, text, fault] of wrong) {
    it(`calls ${kind} ${text} wrong in its ${fault}`, () => assert.equal(itemCodeFault(text, kind), fault))
  }

  it('refuses any single changed character of the implementing body', () => {
    fc.assert(
      fc.property(fc.nat(17), fc.constantFrom(...'0123456789ABCDEFGHJKLMNPQRTUWXY'), (place, other) => {
        fc.pre(task[place] !== other)
        assert.notEqual(
          itemCodeFault(task.slice(0, place) + other + task.slice(place + 1), 'task'),
          undefined,
        )
      }),
    )
  })
})
