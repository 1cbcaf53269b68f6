/**
 * Webhooks out: where they may go (security.md, "webhooks out"). In: an address as the resolver gave it or as it stands
 * in a URL, and what the operator allows. Out: why nothing is sent there, or null. Invariant: only addresses that the
 * whole world reaches, by https, or those that the operator named. Pure.
 */
import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { readInternetAddress } from '../core/internet-address.js';

export class AddressGuard {
  private readonly allowed = new BlockList();

  /** `networks`: addresses and networks that unfitNetworks found nothing wrong with. */
  constructor(private readonly networks: readonly string[]) {
    for (const network of networks) {
      const [address, bits] = network.split('/');
      const { kind, text } = readInternetAddress(address!)!;
      this.allowed.addSubnet(text, Number(bits ?? (kind === 'ipv4' ? 32 : 128)), kind);
    }
  }

  /** Whether any address is allowed by hand. */
  get allowsSome(): boolean {
    return this.networks.length > 0;
  }

  /** Why nothing goes to `address` by `protocol` (`http:` or `https:`); null: it may. */
  refusal(address: string, protocol: string): string | null {
    const known = readInternetAddress(address);
    if (known === null) return `${address} is no IP address`;
    if (this.allowed.check(known.text, known.kind)) return null;
    if (!known.isGlobal) return `${address} is not a public address`;
    return protocol === 'https:' ? null : `${address} is reached by https only`;
  }
}

/** Those of `entries` that are neither an address nor a network (`10.0.0.0/8`). */
export function unfitNetworks(entries: readonly string[]): string[] {
  return entries.filter((entry) => !isNetwork(entry));
}

function isNetwork(entry: string): boolean {
  const [address, bits, ...more] = entry.split('/');
  if (more.length > 0 || entry.includes('%') || isIP(address!) === 0) return false;
  if (bits === undefined) return true;
  // `10.1.2.3/8` is a slip of somebody who meant one of the two.
  return ipaddr.isValidCIDR(entry) && isFirst(entry, readInternetAddress(address!)!.text);
}

function isFirst(network: string, address: string): boolean {
  const { IPv4, IPv6 } = ipaddr;
  const of = isIP(address) === 4 ? IPv4 : IPv6;
  return of.isValidCIDR(network) && of.networkAddressFromCIDR(network).toString() === address;
}
