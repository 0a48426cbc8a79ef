#!/usr/bin/python3
"""A filter beside the way: it sees packets pass through the router, and ends connections by RSTs in the name of their ends. The
packets themselves are not stopped.

    inject.py [options] INTERFACE...      the router's interfaces at which packets are looked at

Options: --word TEXT   packets with this payload (default: every SYN)        --to client|server|both
         --ttl N       of the RSTs (default 64, as from the router's kernel)  --flags R|RA
         --ahead N,N   one RST for each number of bytes ahead of what the receiver expects (default 0)
         --windows N,N a window for each of them                               --payload HEX
         --echo        the RST carries the payload of the packet
         --once        only the first connection                               --delay S
"""
import argparse
import select
import socket
import time

from scapy.all import IP, IPv6, TCP, Ether, Raw, conf, raw


def reset(source, target, sport, dport, sequence, acknowledgment, ahead, window, options, payload):
    """A RST from source to target, as raw IP."""
    header = IPv6(src=source, dst=target, hlim=options.ttl) if ":" in source else \
        IP(src=source, dst=target, ttl=options.ttl, id=0x4000 + ahead % 997, flags="DF")
    tcp = TCP(sport=sport, dport=dport, seq=(sequence + ahead) % 2**32, window=window, flags=options.flags,
              ack=acknowledgment if "A" in options.flags else 0)
    packet = header / tcp
    return packet / Raw(payload) if payload else packet


def send(packet):
    family = socket.AF_INET6 if IPv6 in packet else socket.AF_INET
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as out:
        out.sendto(raw(packet), (packet.dst, 0))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--word", default="")
    parser.add_argument("--to", choices=("client", "server", "both"), default="client")
    parser.add_argument("--ttl", type=int, default=64)
    parser.add_argument("--flags", default="RA")
    parser.add_argument("--ahead", default="0")
    parser.add_argument("--windows", default="")
    parser.add_argument("--payload", default="")
    parser.add_argument("--echo", action="store_true")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("interfaces", nargs="+")
    options = parser.parse_args()
    conf.verb = 0
    ahead = [int(number) for number in options.ahead.split(",")]
    windows = [int(number) for number in options.windows.split(",")] if options.windows else [0] * len(ahead)
    taps = []
    for interface in options.interfaces:
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(0x0003))
        tap.bind((interface, 0))
        taps.append(tap)
    print("ready", flush=True)
    word = options.word.encode()
    while True:
        for tap in select.select(taps, [], [])[0]:
            data, address = tap.recvfrom(65535)
            if address[2] == socket.PACKET_OUTGOING or (word and word not in data):
                continue
            frame = Ether(data)
            if TCP not in frame or (not word and frame[TCP].flags != "S"):
                continue
            time.sleep(options.delay)
            ip, tcp = frame.payload, frame[TCP]
            length = len(bytes(tcp.payload)) + (1 if "S" in str(tcp.flags) else 0)
            payload = bytes(tcp.payload) if options.echo else bytes.fromhex(options.payload)
            for number, window in zip(ahead, windows):
                if options.to in ("client", "both"):
                    send(reset(ip.dst, ip.src, tcp.dport, tcp.sport, tcp.ack, tcp.seq + length, number, window, options,
                               payload))
                if options.to in ("server", "both"):
                    send(reset(ip.src, ip.dst, tcp.sport, tcp.dport, tcp.seq + length, tcp.ack, number, window, options,
                               payload))
            if options.once:
                return


main()
