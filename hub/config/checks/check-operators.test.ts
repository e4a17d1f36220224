import assert from 'node:assert/strict'
import { append, type Edit, placesOf, readEdited, remove, swap } from '../../testing/edited-topology.ts'

const anOperator = (id: string, key: string, secret: string): string =>
  `  - { id: ${id}, name: { zh: 测试, en: Test }, roles: [operator], keys: [{ id: ${key}, secret: ${secret} }] }\n`

const breaks: readonly {
  readonly title: string
  readonly edit: Edit
  readonly expected: readonly string[]
}[] = [
  {
    title: 'an account that is called like a system',
    edit: append(anOperator('health', 'other-k1', 'OPERATOR_OTHER_KEY')),
    expected: ['OPERATOR_DUPLICATE operators.yaml#/operators/2/id'],
  },
  {
    title: 'an account that is called like the hub',
    edit: append(anOperator('hub', 'other-k1', 'OPERATOR_OTHER_KEY')),
    expected: ['OPERATOR_DUPLICATE operators.yaml#/operators/2/id'],
  },
  {
    title: 'two accounts of one id',
    edit: append(anOperator('auditor', 'other-k1', 'OPERATOR_OTHER_KEY')),
    expected: ['OPERATOR_DUPLICATE operators.yaml#/operators/2/id'],
  },
  {
    title: 'the key of a system',
    edit: append(anOperator('other', 'health-k1', 'OPERATOR_OTHER_KEY')),
    expected: ['KEY_DUPLICATE operators.yaml#/operators/2/keys/0/id'],
  },
  {
    title: 'the secret of another account',
    edit: append(anOperator('other', 'other-k1', 'OPERATOR_DUTY_KEY')),
    expected: ['KEY_SECRET_DUPLICATE operators.yaml#/operators/2/keys/0/secret'],
  },
  {
    title: 'a role that there is not',
    edit: swap('roles: [auditor]', 'roles: [administrator]'),
    expected: ['CONFIG_VALUE operators.yaml#/operators/1/roles/0'],
  },
  { title: 'no file', edit: remove, expected: ['CONFIG_FILE operators.yaml#'] },
]

describe('operators of the topology', () => {
  it('are read, with their roles and the algorithm filled in', () => {
    const { topology } = readEdited({
      'operators.yaml': append(anOperator('other', 'other-k1', 'OPERATOR_OTHER_KEY')),
    })
    assert.deepEqual(
      [...(topology?.operators.values() ?? [])].map(({ id, roles }) => [id, ...roles]),
      [
        ['duty-operator', 'operator'],
        ['auditor', 'auditor'],
        ['other', 'operator'],
      ],
    )
    assert.equal(topology?.operators.get('other')?.keys[0]?.algorithm, 'hmac-sm3')
  })

  for (const { title, edit, expected } of breaks) {
    it(`are refused with ${title}`, () => {
      assert.deepEqual(placesOf(readEdited({ 'operators.yaml': edit }).faults), expected)
    })
  }
})
