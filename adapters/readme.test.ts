import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { adapterKinds } from './index.ts'
import { optionRows, schemasOf, withOptionTable } from './option-table.ts'

describe('README of an adapter kind', () => {
  for (const kind of adapterKinds) {
    const readme = readFileSync(new URL(`./${kind.name}/README.md`, import.meta.url), 'utf8')
    const halves = schemasOf(kind)
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
    const validators = halves.map(([, schema]) => ajv.compile(schema))

    for (const [half, schema] of halves) {
      it(`${kind.name} ${half}: prints every option of the schema (adapters/option-table.ts writes them)`, () => {
        assert.deepEqual(optionRows(readme, half), optionRows(withOptionTable(readme, schema, half), half))
      })

      it(`${kind.name} ${half}: every option has a description`, () => {
        const nameless: string[] = []
        visit(schema, '')
        assert.deepEqual(nameless, [])

        function visit(schema: object, path: string): void {
          const { properties = {}, oneOf = [] } = schema as {
            properties?: Record<string, { description?: string }>
            oneOf?: object[]
          }
          for (const [name, property] of Object.entries(properties)) {
            if (!property.description) nameless.push(`${path}/${name}`)
            visit(property, `${path}/${name}`)
          }
          for (const branch of oneOf) visit(branch, path)
        }
      })
    }

    it(`${kind.name}: shows configs that a schema accepts, one for each half at least`, () => {
      const configs = [...readme.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => JSON.parse(text))
      const accepted = new Set<number>()
      for (const config of configs) {
        const by = validators.findIndex((validate) => validate(config))
        assert.ok(by >= 0, JSON.stringify(validators.map(({ errors }) => errors)))
        accepted.add(by)
      }
      assert.equal(accepted.size, halves.length)
    })
  }

  it('names every kind once', () => {
    const names = adapterKinds.map(({ name }) => name)
    assert.deepEqual(names, [...new Set(names)])
  })
})
