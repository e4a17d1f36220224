import { keepsAdapterContract } from '../conformance.ts'
import { localBench, sftpBench } from './bench.ts'
import { file } from './file.ts'

describe('in a local folder', () => keepsAdapterContract(file, localBench))

describe('behind SFTP', function () {
  this.timeout(20_000)
  keepsAdapterContract(file, sftpBench)
})
