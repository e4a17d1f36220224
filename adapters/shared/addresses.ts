/** Which network addresses a connection may go to, whatever a name resolves to: the guard against names that change under us. */
import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { ConfigFault } from './options.ts'

export interface AddressGuard {
  /** True for names: those are judged by what they resolve to, in `lookup`. */
  allowsHost(host: string): boolean
  /** Resolves a name once for the connection being made, and keeps only allowed addresses. */
  readonly lookup: LookupFunction
}

/**
 * `ranges` in CIDR notation; undefined allows every address. An IPv4 address mapped into IPv6 counts as the IPv4
 * address. Throws `RangeError` or `TypeError` where a range is none.
 */
export function addressGuard(ranges: readonly string[] | undefined, resolve: LookupFunction): AddressGuard {
  if (ranges === undefined) return { allowsHost: () => true, lookup: resolve }
  const allowed = new BlockList()
  for (const range of ranges) {
    const [, address = '', prefix] = /^([^/]+)\/(\d{1,3})$/.exec(range) ?? []
    if (prefix === undefined) throw new RangeError(`${range} has no prefix length`)
    allowed.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  const allows = (address: string) => allowed.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return {
    allowsHost: (host) => isIP(host) === 0 || allows(host),
    lookup: (hostname, options, callback) => {
      resolve(hostname, { ...options, all: true }, (error, answer) => {
        if (error) return callback(error, '', 0)
        const found = (Array.isArray(answer) ? answer : []).filter(({ address }) => allows(address))
        const [first] = found
        if (first === undefined) {
          const refusal: NodeJS.ErrnoException = new Error(
            `${hostname} resolves to no address in allowAddresses`,
          )
          refusal.code = 'EADDRNOTALLOWED'
          return callback(refusal, '', 0)
        }
        if (options.all) callback(null, found)
        else callback(null, first.address, first.family)
      })
    },
  }
}

/**
 * The guard of an option, over the machine's own resolver.
 * @throws what `configFault` makes, for the option at `path`, where a range is none
 */
export function configuredGuard(
  ranges: readonly string[] | undefined,
  path: string,
  configFault: ConfigFault,
): AddressGuard {
  try {
    return addressGuard(ranges, lookup)
  } catch (error) {
    throw configFault(path, `A range is not valid: ${String(error)}.`, 'Write it as 10.1.0.0/16.')
  }
}
