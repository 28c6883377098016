//! Which IP addresses belong to the public internet, and so may be a receiver's.
//!
//! A merchant chooses where we connect to, from inside our network: whatever is not public could be ours. The ranges are
//! those of IANA's special-purpose address registries that are not globally reachable, and all that IANA has not given
//! out for unicast.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range that nobody on the public internet has: its first address, the length of its prefix, and where it says so.
type Range<A> = (A, u32, &'static str);

const fn v4(a: u8, b: u8, c: u8, prefix: u32, source: &'static str) -> Range<Ipv4Addr> {
    (Ipv4Addr::new(a, b, c, 0), prefix, source)
}

const fn v6(a: u16, b: u16, prefix: u32, source: &'static str) -> Range<Ipv6Addr> {
    (Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix, source)
}

/// <https://www.iana.org/assignments/iana-ipv4-special-registry>
const SPECIAL_V4: &[Range<Ipv4Addr>] = &[
    v4(0, 0, 0, 8, "RFC 791: this network"),
    v4(10, 0, 0, 8, "RFC 1918: private"),
    v4(100, 64, 0, 10, "RFC 6598: shared by carriers"),
    v4(127, 0, 0, 8, "RFC 1122: loopback"),
    v4(169, 254, 0, 16, "RFC 3927: link-local, and the metadata of clouds"),
    v4(172, 16, 0, 12, "RFC 1918: private"),
    v4(192, 0, 0, 24, "RFC 6890: protocol assignments"),
    v4(192, 0, 2, 24, "RFC 5737: documentation"),
    v4(192, 88, 99, 24, "RFC 7526: what were relays of 6to4"),
    v4(192, 168, 0, 16, "RFC 1918: private"),
    v4(198, 18, 0, 15, "RFC 2544: benchmarking"),
    v4(198, 51, 100, 24, "RFC 5737: documentation"),
    v4(203, 0, 113, 24, "RFC 5737: documentation"),
    v4(224, 0, 0, 4, "RFC 5771: multicast"),
    v4(240, 0, 0, 4, "RFC 1112: reserved, and RFC 919: broadcast"),
];

/// All that IANA has given out for unicast. Outside of it are loopback, unspecified, IPv4-mapped, NAT64 (RFC 6052, RFC
/// 8215), discard-only, unique local, link-local and multicast addresses, and segment routing.
const UNICAST_V6: Range<Ipv6Addr> = v6(0x2000, 0, 3, "RFC 4291: global unicast");

/// <https://www.iana.org/assignments/iana-ipv6-special-registry>, as far as it lies within [`UNICAST_V6`].
const SPECIAL_V6: &[Range<Ipv6Addr>] = &[
    // Benchmarking, identifiers that are no addresses, and tunnels: Teredo (RFC 4380) carries an IPv4 address.
    v6(0x2001, 0, 23, "RFC 2928: protocol assignments"),
    v6(0x2001, 0xdb8, 32, "RFC 3849: documentation"),
    v6(0x2002, 0, 16, "RFC 3056: 6to4, which carries an IPv4 address"),
    v6(0x3fff, 0, 20, "RFC 9637: documentation"),
];

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|range| has_v4(range, address)),
        IpAddr::V6(address) => has_v6(&UNICAST_V6, address) && !SPECIAL_V6.iter().any(|range| has_v6(range, address)),
    }
}

fn has_v4((first, prefix, _): &Range<Ipv4Addr>, address: Ipv4Addr) -> bool {
    (address.to_bits() ^ first.to_bits()) >> (Ipv4Addr::BITS - prefix) == 0
}

fn has_v6((first, prefix, _): &Range<Ipv6Addr>, address: Ipv6Addr) -> bool {
    (address.to_bits() ^ first.to_bits()) >> (Ipv6Addr::BITS - prefix) == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().unwrap())
    }

    /// What is not public, written down apart from the ranges above: first address, last address, source.
    const REFUSED: &[(&str, &str, &str)] = &[
        ("0.0.0.0", "0.255.255.255", "RFC 791"),
        ("10.0.0.0", "10.255.255.255", "RFC 1918"),
        ("100.64.0.0", "100.127.255.255", "RFC 6598"),
        ("127.0.0.0", "127.255.255.255", "RFC 1122"),
        ("169.254.0.0", "169.254.255.255", "RFC 3927"),
        ("169.254.169.254", "169.254.170.2", "metadata of EC2 and ECS"),
        ("172.16.0.0", "172.31.255.255", "RFC 1918"),
        ("192.0.0.0", "192.0.0.255", "RFC 6890"),
        ("192.0.2.0", "192.0.2.255", "RFC 5737"),
        ("192.88.99.0", "192.88.99.255", "RFC 7526"),
        ("192.168.0.0", "192.168.255.255", "RFC 1918"),
        ("198.18.0.0", "198.19.255.255", "RFC 2544"),
        ("198.51.100.0", "198.51.100.255", "RFC 5737"),
        ("203.0.113.0", "203.0.113.255", "RFC 5737"),
        ("224.0.0.0", "239.255.255.255", "RFC 5771"),
        ("240.0.0.0", "255.255.255.255", "RFC 1112, RFC 919"),
        ("::", "::1", "RFC 4291: unspecified, loopback"),
        ("::127.0.0.1", "::127.0.0.1", "RFC 4291: IPv4-compatible"),
        ("::ffff:0:0", "::ffff:255.255.255.255", "RFC 4291: IPv4-mapped"),
        ("64:ff9b::", "64:ff9b::ffff:ffff", "RFC 6052: NAT64"),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "RFC 8215: NAT64 of one's own"),
        ("100::", "100::ffff:ffff:ffff:ffff", "RFC 6666: discard-only"),
        ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", "RFC 9780: dummy"),
        ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 4380: Teredo"),
        ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "RFC 5180: benchmarking"),
        ("2001:10::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 4843, RFC 7343: ORCHID"),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 2928"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 3849"),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 3056: 6to4"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 9637"),
        ("4000::", "4000::1", "not given out"),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 9602: segment routing"),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 4193: unique local"),
        ("fd00:ec2::254", "fd00:ec2::254", "metadata of EC2"),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 4291: link-local"),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 3879: site-local"),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "RFC 4291: multicast"),
    ];

    #[test]
    fn the_first_and_the_last_of_each_range_are_refused() {
        for (first, last, source) in REFUSED {
            assert!(!public(first), "{first}: {source}");
            assert!(!public(last), "{last}: {source}");
        }
    }

    #[test]
    fn the_neighbours_of_ranges_are_public() {
        let neighbours = [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "8.8.8.8",
            "2000::",
            "2001:200::",
            "2001:4860:4860::8888",
            "2001:db7:ffff::",
            "2001:db9::",
            "2003::",
            "2606:4700::1111",
            "3ffe:ffff::",
            "3fff:1000::",
        ];
        for address in neighbours {
            assert!(public(address), "{address}");
        }
    }

    proptest! {
        #[test]
        fn an_ipv4_address_is_public_unless_a_range_has_it(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            let within = |(first, last, _): &(&str, &str, &str)| {
                let (Ok(first), Ok(last)) = (first.parse::<Ipv4Addr>(), last.parse::<Ipv4Addr>()) else { return false };
                (first..=last).contains(&address)
            };

            prop_assert_eq!(is_public(address.into()), !REFUSED.iter().any(within));
        }

        #[test]
        fn an_ipv6_address_that_carries_an_ipv4_address_is_refused(bits: u32) {
            let [a, b, c, d] = Ipv4Addr::from_bits(bits).octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            let carriers = [
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
                Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !high, !low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            ];

            for carrier in carriers {
                prop_assert!(!is_public(carrier.into()), "{}", carrier);
            }
        }

        #[test]
        fn an_ipv6_address_outside_of_global_unicast_is_refused(bits: u128) {
            let address = Ipv6Addr::from_bits(bits);

            prop_assert!(!is_public(address.into()) || address.segments()[0] >> 13 == 0b001);
        }
    }
}
