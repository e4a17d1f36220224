import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { adapterKinds } from './index.ts'
import { optionRows, withOptionTable } from './option-table.ts'

describe('README of an adapter kind', () => {
  for (const kind of adapterKinds) {
    const readme = readFileSync(new URL(`./${kind.name}/README.md`, import.meta.url), 'utf8')
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(kind.configSchema)

    it(`${kind.name}: prints every option of the schema (adapters/option-table.ts writes them)`, () => {
      assert.deepEqual(optionRows(readme), optionRows(withOptionTable(readme, kind.configSchema)))
    })

    it(`${kind.name}: shows configs that the schema accepts`, () => {
      const configs = [...readme.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => JSON.parse(text))
      assert.ok(configs.length > 0)
      for (const config of configs) assert.ok(validate(config), JSON.stringify(validate.errors))
    })

    it(`${kind.name}: every option has a description`, () => {
      const nameless: string[] = []
      visit(kind.configSchema, '')
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

  it('names every kind once', () => {
    const names = adapterKinds.map(({ name }) => name)
    assert.deepEqual(names, [...new Set(names)])
  })
})
