/** A listener behind a server of its own, in a process of its own, so that a test can see what a request costs it. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { listenServices, taken } from '../../listener-conformance.ts'
import { LISTEN_CONFIG, PASSWORD } from '../sender-bench.ts'
import { soap } from '../soap.ts'

const server = http.createServer()
const secrets = { CITY_PASSWORD: PASSWORD }
let handedOver = 0
await soap.listen(
  { ...LISTEN_CONFIG, maxBodyBytes: 5 * 2 ** 20 },
  listenServices(
    async (inbound) => {
      handedOver++
      return taken(inbound)
    },
    {
      mount(_path, handler) {
        server.on('request', handler)
        return () => server.off('request', handler)
      },
    },
    secrets,
  ),
)
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on('message', () => {
  process.send?.({ peakKiB: process.resourceUsage().maxRSS, handedOver })
})
process.on('disconnect', () => process.exit())
