import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { KaizenError } from '@kaizen/contracts'

/** Networks that are not the public internet: RFC 6890 and its registries, multicast, and what only wraps IPv4. */
const notPublic = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  notPublic.addSubnet(network, prefix, 'ipv4')
/** Of IPv6 only 2000::/3 is handed out; within it, these are tunnels, documentation and benchmarks. */
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  notPublic.addSubnet(network, prefix, 'ipv6')

/**
 * What Node asks others with. Loaded by the first who asks: imported, it brings all of `fetch` and web streams along,
 * six megabytes that a server which asks nobody does not hold.
 */
export const askingModule = (
  protocol: string,
): Promise<typeof import('node:http') | typeof import('node:https')> =>
  protocol === 'https:' ? import('node:https') : import('node:http')

/** Whether an address belongs to the public internet. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !notPublic.check(address, 'ipv4')
  if (isIP(address) !== 6) return false
  return global6.check(address, 'ipv6') && !notPublic.check(address, 'ipv6')
}

/**
 * The address to connect to. It is looked up once and checked, and the connection is made to it and no other, so that a
 * name cannot answer differently the second time. @throws INVALID_REQUEST for what is not public, UNAVAILABLE
 */
export async function resolveTarget(
  host: string,
  {
    allowPrivate,
    hint,
    where = '',
  }: { readonly allowPrivate: boolean; readonly hint: string; readonly where?: string },
): Promise<{ readonly address: string; readonly family: number }> {
  const bare = host.replace(/^\[|\]$/g, '')
  const found = await lookup(bare, { all: true }).catch((cause: unknown) => {
    throw new KaizenError('UNAVAILABLE', `the name ${host} cannot be resolved`, { cause })
  })
  const [first] = found
  if (!first) throw new KaizenError('UNAVAILABLE', `the name ${host} has no address`)
  if (allowPrivate || found.every(({ address }) => isPublicAddress(address))) return first
  throw new KaizenError(
    'INVALID_REQUEST',
    `${where}${host} is not an address of the public internet`,
    { hint },
  )
}
