import { keepsAdapterContract } from '../conformance.ts'
import { bench } from './bench.ts'
import { soap } from './soap.ts'

keepsAdapterContract(soap, bench)
