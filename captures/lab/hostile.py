#!/usr/bin/python3
"""Writes captures whose names, headers and payloads are text that acts where it is not quoted: in a shell, on a page, on a terminal.

No program sends such text by itself, and a lab's resolver or web server refuses some of it, so the packets are made here. What
happens in them is what the captures of the other folders show with real stacks; only the texts are other ones.
"""
from hostile_texts import CONTROLS, DOMAIN, TEXTS, dns_name, without_spaces
from packets import (CLIENT, DNS, DNSQR, SERVER, UDP, Capture, Flow, Host, client_hello, dns_answer, dns_query, http_get, http_ok,
                     tls_record)

ORIGIN = "origin: made by lab/hostile.py, because no stack sends such text"
START = 1790000000.0
CLIENT_MAC, SERVER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"


def pair(number, server="10.%d.9.53", ttl=63):
    """A client and a server of its own for each text, so that no limit per host and no other finding comes between."""
    return (Host("10.%d.0.2" % (number + 1), CLIENT_MAC, ipid=1000 + 100 * number),
            Host(server % (number + 1), SERVER_MAC, ttl=ttl, ipid=30000 + 100 * number))


def each_text(step):
    """(number, text, when it begins)"""
    return [(number, text, number * step) for number, text in enumerate(TEXTS)]


def write(capture, name, about, shows, findings, options=()):
    lines = [about, ORIGIN] + ["shows: " + case for case in shows] + ["options: " + option for option in options]
    capture.write("hostile/" + name, lines, findings)


def time_goes_on(capture, when):
    """A datagram of somebody else: what silence shows needs a packet that comes late enough. Its tag."""
    client, server = pair(90)
    return capture.add(when, client.packet_to(server) / UDP(sport=40000, dport=9))


def dns_failed():
    capture, found = Capture(START), []
    for number, text, when in each_text(1):
        client, resolver = pair(number)
        name = dns_name(text)
        dns_query(capture, when, client, resolver, 40000, 7, name)
        dns = DNS(id=7, qr=1, rd=1, ra=1, rcode=2, qd=DNSQR(qname=name))
        tag = capture.add(when + 0.02, resolver.packet_to(client) / UDP(sport=53, dport=40000) / dns)
        found.append((tag, "dns.failed"))
    write(capture, "dns-failed", "A resolver answers SERVFAIL to queries for hostile names.", ["dns.failed"], found)


def dns_unanswered():
    """A query is given up when the next transmission is overdue: when the next client repeats its own."""
    capture, found = Capture(START), []
    for number, text, when in each_text(10):
        client, resolver = pair(number)
        dns_query(capture, when, client, resolver, 40000, 7, dns_name(text))
        found.append((dns_query(capture, when + 5, client, resolver, 40001, 7, dns_name(text)), "dns.unanswered"))
    del found[0]
    found.append((time_goes_on(capture, when + 15.1), "dns.unanswered"))
    write(capture, "dns-unanswered", "dig repeats queries for hostile names, which nobody answers.", ["dns.unanswered"], found)


def dns_twin_lost():
    """A is answered at once, AAAA when it is asked for again."""
    capture, found = Capture(START), []
    for number, text, when in each_text(10):
        client, resolver = pair(number)
        name = dns_name(text)
        dns_query(capture, when, client, resolver, 40000, 7, name)
        dns_query(capture, when + 0.001, client, resolver, 40000, 8, name, "AAAA")
        dns_answer(capture, when + 0.003, client, resolver, 40000, 7, name, [(name, "A", "93.184.216.%d" % number)])
        dns_query(capture, when + 5, client, resolver, 40000, 8, name, "AAAA")
        tag = dns_answer(capture, when + 5.003, client, resolver, 40000, 8, name, [(name, "AAAA", "2001:db8::%d" % number)], qtype="AAAA")
        found.append((tag, "dns.twin_lost"))
    write(capture, "dns-twin-lost", "Of two queries for a hostile name one is lost.", ["dns.twin_lost"], found)


def dns_tcp_blocked():
    """The answer is truncated, and the connection that the client opens then is refused."""
    capture, found = Capture(START), []
    for number, text, when in each_text(10):
        client, resolver = pair(number)
        name = dns_name(text)
        dns_query(capture, when, client, resolver, 40000, 7, name, "TXT")
        truncated = DNS(id=7, qr=1, rd=1, ra=1, tc=1, qd=DNSQR(qname=name, qtype="TXT"))
        capture.add(when + 0.002, resolver.packet_to(client) / UDP(sport=53, dport=40000) / truncated)
        flow = Flow(capture, client, resolver, 40000, 53, cisn=1000000 + number)
        flow.send(when + 0.003, CLIENT, "S")
        tag = flow.send(when + 0.005, SERVER, "RA")
        found += [(tag, "connect.refused"), (tag, "dns.tcp_blocked")]
    write(capture, "dns-tcp-blocked", "Answers for hostile names are truncated, and TCP is refused.", ["dns.tcp_blocked"], found)


def nat_untranslated():
    """The answer comes from the resolver behind the address that was asked: the client does not take it, and asks again."""
    capture, found = Capture(START), []
    for number, text, when in each_text(10):
        client, resolver = pair(number)
        behind = Host("10.%d.9.54" % (number + 1), SERVER_MAC, ipid=9000)
        name = dns_name(text)
        dns_query(capture, when, client, resolver, 40000, 7, name)
        dns_answer(capture, when + 0.003, client, behind, 40000, 7, name, [(name, "A", "93.184.216.%d" % number)])
        found.append((dns_query(capture, when + 5, client, resolver, 40000, 7, name), "nat.untranslated"))
        dns_answer(capture, when + 5.003, client, behind, 40000, 7, name, [(name, "A", "93.184.216.%d" % number)])
    write(capture, "nat-untranslated", "Queries for hostile names are answered from an address that was not asked.", ["nat.untranslated"],
          found)


def dns_conflict():
    capture, found = Capture(START), []
    for number, text, when in each_text(1):
        client, resolver = pair(number)
        forger = Host(resolver.ip, SERVER_MAC, ttl=51, ipid=9000)
        name = dns_name(text)
        dns_query(capture, when, client, resolver, 40000, 7, name)
        dns_answer(capture, when + 0.003, client, forger, 40000, 7, name, [(name, "A", "31.13.72.%d" % number)])
        tag = dns_answer(capture, when + 0.03, client, resolver, 40000, 7, name, [(name, "A", "93.184.216.%d" % number)])
        found.append((tag, "dns.conflict"))
    write(capture, "dns-conflict", "Two answers to each query for a hostile name differ.", ["dns.conflict"], found)


def dns_abroad():
    """The second attempt to an address abroad is dead; so is one to an address at home, whose name is hostile too."""
    capture, found = Capture(START), []
    for number, text, when in each_text(30):
        client, resolver = pair(number)
        name, target = dns_name(text), b"cdn." + dns_name(text)
        address = "108.160.166.%d" % (140 + number)
        tag = dns_query(capture, when, client, resolver, 40000, 7, name)
        if found: # the SYN after the third of the name before is overdue
            found.append((tag, "dns.cname_dead"))
        tag = dns_answer(capture, when + 0.01, client, resolver, 40000, 7, name,
                         [(name, "CNAME", target), (target, "A", address)])
        found.append((tag, "dns.cname_offshore"))
        flow = Flow(capture, client, Host(address, SERVER_MAC), 51968, 443, cisn=1000000 + number)
        flow.send(when + 0.02, CLIENT, "S")
        flow.send(when + 1.02, CLIENT, "S", seq=0)
        flow.send(when + 3.02, CLIENT, "S", seq=0)
    write(capture, "dns-abroad", "Hostile names lead through hostile CNAMEs to dead addresses abroad.",
          ["dns.cname_offshore", "dns.cname_dead"], found, ["-o netcase.home_countries:CN"])


def connect_unanswered():
    capture, found = Capture(START), []
    for number, text, when in each_text(30):
        client, server = pair(number)
        resolver = Host("10.%d.9.1" % (number + 1), SERVER_MAC)
        name, target = dns_name(text), b"cdn." + dns_name(text)
        # It is told when nothing is due any more: when the next client begins.
        found.append((dns_query(capture, when, client, resolver, 40000, 7, name), "connect.unanswered"))
        dns_answer(capture, when + 0.01, client, resolver, 40000, 7, name, [(name, "CNAME", target), (target, "A", server.ip)])
        flow = Flow(capture, client, server, 51968, 443, cisn=1000000 + number)
        flow.send(when + 0.02, CLIENT, "S")
        for later in (1.02, 3.02):
            flow.send(when + later, CLIENT, "S", seq=0)
    del found[0]
    found.append((time_goes_on(capture, when + 10), "connect.unanswered"))
    write(capture, "connect-unanswered", "Servers with hostile names answer no SYN.", ["connect.unanswered"], found)


def hello_of(text):
    return client_hello(without_spaces(text) + "." + DOMAIN)


def tls_failed():
    capture, found = Capture(START), []
    for number, text, when in each_text(1):
        client, server = pair(number)
        flow = Flow(capture, client, server, 51968, 443, cisn=1000000 + number)
        flow.handshake(when)
        flow.send(when + 0.04, CLIENT, "PA", hello_of(text))
        tag = flow.send(when + 0.08, SERVER, "PA", tls_record(21, b"\x02\x70"))
        found.append((tag, "tls.handshake_failed"))
    write(capture, "tls-handshake-failed", "Servers have no certificate for hostile server names.", ["tls.handshake_failed"],
          found)


def tls_unanswered():
    capture, found = Capture(START), []
    for number, text, when in each_text(10):
        client, server = pair(number)
        flow = Flow(capture, client, server, 51968, 443, cisn=1000000 + number)
        hello = hello_of(text)
        # It is told when nothing is due any more: when the next client begins.
        found.append((flow.send(when, CLIENT, "S"), "tls.hello_unanswered"))
        flow.send(when + 0.03, SERVER, "SA")
        flow.send(when + 0.0301, CLIENT, "A")
        flow.send(when + 0.04, CLIENT, "PA", hello)
        for later in (0.24, 0.64, 1.44):
            flow.send(when + later, CLIENT, "PA", hello, seq=1)
    del found[0]
    found.append((time_goes_on(capture, when + 5), "tls.hello_unanswered"))
    write(capture, "tls-hello-unanswered", "ClientHellos with hostile server names vanish.", ["tls.hello_unanswered"], found)


def http_gateway():
    """The target of CONNECT may begin with anything; that of GET begins with '/'."""
    capture, found = Capture(START), []
    for number, text, when in each_text(100):
        client, server = pair(number)
        flow = Flow(capture, client, server, 51968, 80, cisn=1000000 + number)
        flow.handshake(when)
        word = without_spaces(text)
        request = http_get("%s.%s" % (word, DOMAIN), "/%s/%s" % (word, DOMAIN))
        if word[0] in "-@+":
            request = request.replace(b"GET /", b"CONNECT ")
        flow.send(when + 0.04, CLIENT, "PA", request)
        flow.send(when + 0.07, SERVER, "A")
        head = "HTTP/1.1 504 Gateway Timeout\r\nServer: %s%s\r\nContent-Length: 0\r\n\r\n" % (text.replace("\n", " "), CONTROLS)
        found.append((flow.send(when + 60.07, SERVER, "PA", head.encode()), "http.gateway_timeout"))
        flow.send(when + 60.08, CLIENT, "A")
    write(capture, "http-gateway-timeout", "A proxy named by hostile text gives up requests for hostile URIs.",
          ["http.gateway_timeout"], found)


def http_slow():
    capture, found = Capture(START), []
    for number, text, when in each_text(100):
        client, server = pair(number)
        flow = Flow(capture, client, server, 51968, 80, cisn=1000000 + number)
        flow.handshake(when)
        word = without_spaces(text)
        flow.send(when + 0.04, CLIENT, "PA", http_get(DOMAIN, "/%s/%s" % (word, DOMAIN)))
        flow.send(when + 0.07, SERVER, "A")
        found.append((flow.send(when + 2.07, SERVER, "PA", http_ok()), "app.slow_answer"))
        flow.send(when + 2.08, CLIENT, "A")
    write(capture, "app-slow-answer", "A server takes 2 s to answer requests for hostile URIs.", ["app.slow_answer"], found)


def http_flood():
    """Three texts at a time: as URI, User-Agent and Referer."""
    capture, found = Capture(START), []
    for number, texts in enumerate([TEXTS[:1] * 3, TEXTS[1:4], TEXTS[4:7], TEXTS[7:10]]):
        client, server = pair(number)
        uri, agent, referer = (text.replace("\n", " ") for text in texts)
        request = "GET /%s/%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s%s\r\nReferer: %s.%s\r\n\r\n" % (
            without_spaces(uri), DOMAIN, DOMAIN, agent, CONTROLS, referer, DOMAIN)
        for turn in range(6):
            when = number * 60 + turn / 10
            flow = Flow(capture, client, server, 40000 + turn, 80, cisn=1000000 * (turn + 1) + number)
            flow.handshake(when, rtt=0.01)
            tag = flow.send(when + 0.02, CLIENT, "PA", request.encode())
            flow.send(when + 0.03, SERVER, "PA", http_ok())
        found.append((tag, "flood.http"))
    write(capture, "flood-http", "Six requests in half a second with hostile URI, User-Agent and Referer.", ["flood.http"], found)


def dns_flood():
    capture, found = Capture(START), []
    for number, text, when in each_text(60):
        client, server = pair(number)
        for turn in range(50):
            name = text.encode()[:20] + b"%d." % turn + dns_name(text)
            query = DNS(id=turn, rd=1, qd=DNSQR(qname=name, qtype="ALL"))
            tag = capture.add(when + turn / 100, client.packet_to(server) / UDP(sport=20000 + turn, dport=53) / query)
        found.append((tag, "flood.dns"))
    write(capture, "flood-dns", "One host asks with type ANY for ever new names of hostile zones; the answers were not captured.", ["flood.dns"], found,
          ["-o netcase.flood_dns_queries:50"])


def reset_reason():
    capture, found = Capture(START), []
    for number, text, when in each_text(1):
        client, server = pair(number)
        flow = Flow(capture, client, server, 51968, 88, cisn=1000000 + number)
        flow.handshake(when)
        flow.send(when + 0.1, CLIENT, "PA", http_get(DOMAIN))
        payload = "BIG-IP: %s %s" % (text, DOMAIN)
        found.append((flow.send(when + 0.13, SERVER, "RA", payload.encode()), "policy.reset_reason"))
    write(capture, "reset-reason", "RSTs say why in hostile words.", ["policy.reset_reason"], found)


def main():
    for scenario in (dns_failed, dns_unanswered, dns_twin_lost, dns_tcp_blocked, nat_untranslated, dns_conflict, dns_abroad,
                     connect_unanswered, tls_failed, tls_unanswered, http_gateway, http_slow, http_flood, dns_flood,
                     reset_reason):
        scenario()


if __name__ == "__main__":
    main()
