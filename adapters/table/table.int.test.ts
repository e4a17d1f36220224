import { keepsAdapterContract } from '../conformance.ts'
import { keepsListenerContract } from '../listener-conformance.ts'
import { benchFor } from './bench.ts'
import { needsDatabase } from './counterpart.ts'
import { table } from './table.ts'

for (const engine of ['postgresql', 'mariadb'] as const) {
  describe(`exchange tables of ${engine}`, () => {
    const bench = benchFor(engine)
    before(needsDatabase(engine))
    after(() => bench.drop())

    keepsAdapterContract({ ...table, name: `table/${engine}` }, bench.receivers)
    keepsListenerContract(table, bench.senders, `table/${engine}`)
  })
}
