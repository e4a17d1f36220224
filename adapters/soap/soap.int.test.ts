import { keepsAdapterContract } from '../conformance.ts'
import { keepsListenerContract } from '../listener-conformance.ts'
import { bench } from './bench.ts'
import { senderBench } from './sender-bench.ts'
import { soap } from './soap.ts'

keepsAdapterContract(soap, bench)
keepsListenerContract(soap, senderBench)
