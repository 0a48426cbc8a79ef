#!/usr/bin/python3
"""Asks one resolver for a name, as a client does, then tries the address it was given.

    lookup.py RESOLVER NAME A|AAAA [PORT ATTEMPTS SECONDS]      connects up to ATTEMPTS times, each for SECONDS at most
"""
import random
import socket
import sys
import time

from scapy.all import DNS, DNSQR


def main():
    resolver, name, qtype = sys.argv[1:4]
    udp = socket.socket(socket.AF_INET6 if ":" in resolver else socket.AF_INET, socket.SOCK_DGRAM)
    udp.settimeout(5)
    udp.sendto(bytes(DNS(id=random.randrange(65536), rd=1, qd=DNSQR(qname=name, qtype=qtype))), (resolver, 53))
    answer = DNS(udp.recv(4096))
    records = [answer.an[i] for i in range(answer.ancount)]
    address = [r.rdata for r in records if r.type in (1, 28)][0]
    if len(sys.argv) < 7:
        return
    port, attempts, seconds = int(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6])
    for _ in range(attempts):
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        sock.settimeout(seconds)
        try:
            sock.connect((address, port))
            sock.sendall(b"GET /hello HTTP/1.1\r\nHost: " + name.encode() + b"\r\n\r\n")
            sock.recv(4096)
            sock.close()
            return
        except OSError:
            sock.close()
            time.sleep(0.5)


main()
