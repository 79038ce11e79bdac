import { isIPv6 } from 'node:net'

/**
 * The part of an address that a client cannot choose, in one spelling: all of an IPv4 address, the /64 of an IPv6
 * address (a subnet by RFC 4291 section 2.5.1, whose hosts may take any address in it). An IPv4 address inside IPv6
 * (`::ffff:192.0.2.1`) counts as IPv4. Any other text is returned unchanged.
 */
export function addressKey(ip: string): string {
  if (!isIPv6(ip)) return ip
  const groups = groupsOf(ip)
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return ipv4Of(groups.slice(6))
  const network = groups.slice(0, 4).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

/** The eight numbers of an IPv6 address. The URL parser turns any spelling into the short hexadecimal one. */
function groupsOf(ip: string): number[] {
  const address = ip.split('%', 1)[0]
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const left = numbersOf(head)
  const right = numbersOf(tail ?? '')
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
}

function numbersOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

function ipv4Of(groups: number[]): string {
  return groups.flatMap((group) => [group >> 8, group & 0xff]).join('.')
}
