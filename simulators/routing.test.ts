import assert from 'node:assert/strict'
import { readDeployment } from './deployment.ts'
import { partiesOfCase } from './routing.ts'

const CONSTRUCTOR = '1141000000000901362410190001000'

describe('who decides, by the annex of the regulation', () => {
  const deployment = readDeployment()
  const parties = (scenario: string, receivingRegion: string, jurisdictionRegion: string) =>
    partiesOfCase(deployment, { taskCode: CONSTRUCTOR, scenario, receivingRegion, jurisdictionRegion })

  it('the province for an initial registration, with a copy to where the case belongs', () => {
    assert.deepEqual(parties('initial', '411300', '410526'), {
      origin: 'city-411300',
      decider: 'housing-registration',
      copies: ['county-410526'],
    })
  })

  it('the county itself, not its prefecture, for everything else, with a copy to the province', () => {
    for (const scenario of ['renewal', 'change', 'addition', 'reissue', 'cancellation']) {
      assert.deepEqual(parties(scenario, '411300', '410526'), {
        origin: 'city-411300',
        decider: 'county-410526',
        copies: ['housing-registration'],
      })
    }
  })

  it('nobody gets a copy of what it hands in itself', () => {
    assert.deepEqual(parties('initial', '411300', '411300').copies, [])
    assert.deepEqual(parties('renewal', '411300', '411300'), {
      origin: 'city-411300',
      decider: 'city-411300',
      copies: ['housing-registration'],
    })
  })

  it('refuses items and regions that nobody knows', () => {
    assert.throws(() => parties('initial', '110000', '410526'), /110000/)
    const outline = {
      taskCode: 'X',
      scenario: 'initial',
      receivingRegion: '411300',
      jurisdictionRegion: '411300',
    }
    assert.throws(() => partiesOfCase(deployment, outline), /X/)
  })
})

describe('the simulated deployment', () => {
  it('has all 28 acceptance systems, six of which poll, and takes a door for all others', () => {
    const systems = [...readDeployment().systems.values()]
    const acceptance = systems.filter(({ role }) => role === 'acceptance')
    assert.equal(acceptance.length, 28)
    assert.equal(acceptance.filter(({ door }) => door === undefined).length, 6)
    for (const { id, door } of systems) if (door !== undefined) assert.equal(door.prefix, id)
  })
})
