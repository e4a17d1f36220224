import { keepsListenerContract } from '../listener-conformance.ts'
import { file } from './file.ts'
import { linesBench, wholeBench } from './sender-bench.ts'

describe('the inbound half of kind file', function () {
  this.timeout(20_000)
  keepsListenerContract(file, wholeBench, 'file (whole documents, local folder)')
  keepsListenerContract(file, linesBench, 'file (lines, behind SFTP)')
})
