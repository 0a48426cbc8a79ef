"""Reads and writes capture files, as far as tests need it: packets with their times, lengths and link types.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import dataclasses
import struct

ETHERNET, RAW_IP, NULL, LOOP, LINUX_SLL, LINUX_SLL2, IPV4, IPV6, WIFI = 1, 101, 0, 108, 113, 276, 228, 229, 105
RAW_IP_OLD = (12, 14)  # DLT_RAW as some systems wrote it
ETHERTYPES = (0x0800, 0x0806, 0x86DD)  # IPv4, ARP, IPv6
ETHERTYPES_OF_VLAN = (0x8100, 0x88A8, 0x9100, 0x9200)
PCAP_MAGICS = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}  # nanoseconds of a unit of time
SECTION, INTERFACE, SIMPLE, ENHANCED, OLD_PACKET = 0x0A0D0D0A, 1, 3, 6, 2


@dataclasses.dataclass
class Packet:
    time: int  # nanoseconds since 1970, any
    data: bytes  # what was captured, from the link header on
    length: int  # on the wire
    link: int


# -- Reading ------------------------------------------------------------------------------------

def read_pcap(data):
    order = "<" if struct.unpack_from("<I", data)[0] in PCAP_MAGICS else ">"
    unit = PCAP_MAGICS[struct.unpack_from(order + "I", data)[0]]
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    packets, at = [], 24
    while at + 16 <= len(data):
        seconds, fraction, captured, length = struct.unpack_from(order + "IIII", data, at)
        packets.append(Packet(seconds * 10**9 + fraction * unit, data[at + 16:at + 16 + captured], length, link))
        at += 16 + captured
    return packets


def options_of(data, order):
    """{code: value} of the options of a block; of repeated ones the first."""
    found, at = {}, 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from(order + "HH", data, at)
        if code == 0:
            break
        found.setdefault(code, data[at + 4:at + 4 + size])
        at += 4 + (size + 3) // 4 * 4
    return found


def interface_of(body, order):
    """(link type, units of time a second, seconds added)."""
    options = options_of(body[8:], order)
    resolution = options.get(9, b"\x06")[0]
    offset = struct.unpack(order + "q", options[14])[0] if 14 in options else 0
    return (struct.unpack_from(order + "H", body)[0], 2**(resolution & 0x7F) if resolution & 0x80 else 10**resolution, offset)


def packet_of(kind, body, order, interfaces):
    if kind == SIMPLE:
        length = struct.unpack_from(order + "I", body)[0]
        return Packet(0, body[4:4 + length], length, interfaces[0][0])
    number, high, low, captured, length = struct.unpack_from(order + ("HxxIIII" if kind == OLD_PACKET else "IIIII"), body)
    link, units, offset = interfaces[number]
    return Packet((high << 32 | low) * 10**9 // units + offset * 10**9, body[20:20 + captured], length, link)


def read_pcapng(data):
    packets, interfaces, order, at = [], [], "<", 0
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\n\r\r\n":
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, size = struct.unpack_from(order + "II", data, at)
        if size < 12:
            break
        body = data[at + 8:at + size - 4]
        if kind == INTERFACE:
            interfaces.append(interface_of(body, order))
        elif kind in (SIMPLE, ENHANCED, OLD_PACKET):
            packets.append(packet_of(kind, body, order, interfaces))
        at += size
    return packets


def read(path):
    """The packets of a pcap or pcapng file. Raises ValueError if it is neither."""
    data = path.read_bytes()
    if data[:4] == b"\n\r\r\n":
        return read_pcapng(data)
    if len(data) >= 24 and any(struct.unpack_from(order + "I", data)[0] in PCAP_MAGICS for order in "<>"):
        return read_pcap(data)
    raise ValueError(f"{path} is neither pcap nor pcapng")


# -- Link headers -------------------------------------------------------------------------------

def behind_ethernet_types(data, at):
    """The place behind an EtherType at `at` and VLAN tags, None if that is neither IP nor ARP."""
    while at + 2 <= len(data):
        ethertype = struct.unpack_from(">H", data, at)[0]
        if ethertype in ETHERTYPES:
            return at + 2
        if ethertype not in ETHERTYPES_OF_VLAN:
            return None
        at += 4
    return None


def behind_wifi(data):
    """Behind the header of an unencrypted data frame of IEEE 802.11 and its LLC header."""
    kind, flags = data[:2] if len(data) >= 2 else (0, 0)
    if kind & 0x4C != 0x08 or flags & 0x40:
        return None
    llc = 24 + (6 if flags & 3 == 3 else 0) + (2 if kind & 0x80 else 0)
    return behind_ethernet_types(data, llc + 6) if data[llc:llc + 2] == b"\xaa\xaa" else None


def ip_offset(packet):
    """Where the header of IP or ARP begins. None for packets of other protocols, ValueError for link types that are not known here."""
    if packet.link == ETHERNET:
        return behind_ethernet_types(packet.data, 12)
    if packet.link == LINUX_SLL:
        return behind_ethernet_types(packet.data, 14)
    if packet.link == LINUX_SLL2:
        return 20 if packet.data[:2] in (b"\x08\x00", b"\x08\x06", b"\x86\xdd") else None
    if packet.link == WIFI:
        return behind_wifi(packet.data)
    if packet.link in (NULL, LOOP):
        return 4
    if packet.link in (RAW_IP, IPV4, IPV6, *RAW_IP_OLD):
        return 0
    raise ValueError(f"link type {packet.link}")


# -- Writing ------------------------------------------------------------------------------------

def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def pcapng(packets):
    """The bytes of a pcapng file with nanoseconds: times are any 64-bit numbers, interfaces one for each link type."""
    links = sorted({packet.link for packet in packets}) or [ETHERNET]
    parts = [block(SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    parts += [block(INTERFACE, struct.pack("<HHI", link, 0, 0) + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)) for link in links]
    for packet in packets:
        time = packet.time & 0xFFFFFFFFFFFFFFFF
        parts.append(block(ENHANCED, struct.pack("<IIIII", links.index(packet.link), time >> 32, time & 0xFFFFFFFF,
                                                 len(packet.data), packet.length & 0xFFFFFFFF) + packet.data))
    return b"".join(parts)


def pcap(packets):
    """The bytes of a pcap file with nanoseconds: one link type, times of 32 bits of seconds."""
    link = packets[0].link if packets else ETHERNET
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link)]
    for packet in packets:
        seconds, fraction = divmod(packet.time, 10**9)
        parts.append(struct.pack("<IIII", seconds & 0xFFFFFFFF, fraction, len(packet.data), packet.length & 0xFFFFFFFF) + packet.data)
    return b"".join(parts)
