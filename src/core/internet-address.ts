/**
 * IP addresses as they stand in URLs and come from resolvers, and which of them the whole world reaches. The special ranges
 * are ipaddr.js's. Pure.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Global unicast: of IPv6 IANA has given out nothing beyond it. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

interface InternetAddress {
  kind: 'ipv4' | 'ipv6';
  /** In its one form. */
  text: string;
  isGlobal: boolean;
}

/** IPv4 mapped into IPv6 is what it maps: systems connect to that. Null: `text` is no address. */
export function readInternetAddress(text: string): InternetAddress | null {
  if (isIP(text) === 0) return null;
  const address = ipaddr.process(text);
  const kind = address.kind();
  const isGlobal =
    address.range() === 'unicast' &&
    (kind === 'ipv4' || (address as ipaddr.IPv6).match(GLOBAL_IPV6));
  return { kind, text: address.toString(), isGlobal };
}

/** What one client has at its disposal: the address itself, of IPv6 its /64 (RFC 4291: a whole subnet is the least given out). */
export function addressBlock(text: string): string {
  const known = readInternetAddress(text);
  if (known?.kind !== 'ipv6') return known?.text ?? text;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${known.text}/64`).toString()}/64`;
}

/** Name or address of a URL, without the brackets of IPv6. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}
