#!/usr/bin/python3
"""A TCP or TLS peer that does what its steps say, so that a scenario reads as a list.

    talk.py [options] listen PORT STEP...      every connection runs the steps
    talk.py [options] connect HOST PORT STEP...

Options: --tls12, --tls13 (wrap the connection), --name NAME (server name), --ca (verify the certificate, which the lab's
self-signed one fails), --source PORT, --mss N, --late-tls (the step `tls` starts the handshake), --keepalive S (TCP
keepalive probes after S idle seconds), --linger0 (end with RST, also when killed), --nagle (without TCP_NODELAY).

Steps: get[:PATH]  send a keep-alive HTTP request     send:N    send N bytes         say:TEXT  send TEXT and a newline
       answer[:N]  read a request, answer N bytes     loop:N    answer until EOF     recv      read what comes (one read,
       recv:N      read N bytes                       sleep:S   wait                           or one HTTP response)
       eof         read until the peer closes         notify    TLS close_notify     fin       close the sending side
       close       close                              rst       close with RST       tls       TLS handshake now
       respond:N   an HTTP response of N bytes        stay:S    sleep, then end as a killed process does
       post:N      a request with N bytes to follow   header:F  the header of a response with the field F
"""
import argparse
import os
import re
import signal
import socket
import ssl
import struct
import sys
import threading
import time


class Peer:
    """One connection; TLS runs over memory buffers so that close_notify and FIN are separate steps."""

    def __init__(self, sock, options, server):
        self.sock, self.options, self.server, self.tls, self.buffer = sock, options, server, None, b""
        if options.keepalive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, options.keepalive)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, options.keepalive)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0 if options.nagle else 1)
        if options.linger0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if (options.tls12 or options.tls13) and not options.late_tls:
            self.step_tls()

    def step_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if self.server else ssl.PROTOCOL_TLS_CLIENT)
        if self.server:
            context.load_cert_chain(os.environ["LAB_CERT"], os.environ["LAB_KEY"])
            context.num_tickets = 0
        elif not self.options.ca:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        version = ssl.TLSVersion.TLSv1_2 if self.options.tls12 else ssl.TLSVersion.TLSv1_3
        context.minimum_version = context.maximum_version = version
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=self.server,
                                    server_hostname=None if self.server else self.options.name)
        self.pump(self.tls.do_handshake)

    def flush(self):
        data = self.outgoing.read()
        if data:
            self.sock.sendall(data)

    def pump(self, action, *args):
        """Runs a TLS action, moving bytes between its buffers and the socket until it is done."""
        while True:
            try:
                result = action(*args)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                data = self.sock.recv(65536)
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()
            except ssl.SSLError:
                self.flush()
                raise

    def send(self, data):
        if self.tls:
            self.pump(self.tls.write, data)
        else:
            self.sock.sendall(data)

    def read(self):
        if not self.tls:
            return self.sock.recv(65536)
        try:
            return self.pump(self.tls.read, 65536)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    def read_message(self):
        """One HTTP message by its Content-Length, or whatever one read gives."""
        data = self.read()
        while data and b"\r\n\r\n" in data[:2000]:
            head, body = data.split(b"\r\n\r\n", 1)
            length = re.search(rb"content-length: (\d+)", head.lower())
            if not length or len(body) >= int(length.group(1)):
                break
            more = self.read()
            if not more:
                break
            data += more
        return data

    def step_get(self, path="/hello"):
        self.send(("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: lab\r\nAccept: */*\r\n\r\n" % (path, self.options.name)).encode())

    def step_post(self, count):
        self.send(("POST /form HTTP/1.1\r\nHost: %s\r\nUser-Agent: lab\r\nContent-Length: %d\r\n\r\n" % (self.options.name, int(count))).encode())

    def step_header(self, field):
        self.send(b"HTTP/1.1 200 OK\r\n" + field.encode() + b"\r\n\r\n")

    def step_send(self, count):
        self.send((b"abcdefghijklmnopqrstuvwxyz012345" * (int(count) // 32 + 1))[:int(count)])

    def step_say(self, text):
        self.send(text.encode() + b"\n")

    def step_respond(self, count):
        self.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % int(count)
                  + b"r" * int(count))

    def step_answer(self, count="100"):
        if self.read_message():
            self.step_respond(count)

    def step_loop(self, count):
        while self.read_message():
            self.step_respond(count)

    def step_recv(self, count=None):
        if count is None:
            self.read_message()
            return
        left = int(count)
        while left > 0:
            data = self.read()
            if not data:
                return
            left -= len(data)

    def step_eof(self):
        while self.read():
            pass

    def step_sleep(self, seconds):
        time.sleep(float(seconds))

    def step_stay(self, seconds):
        time.sleep(float(seconds))
        os._exit(0)

    def step_notify(self):
        try:
            self.tls.unwrap()
        except ssl.SSLError:
            pass
        self.flush()

    def step_fin(self):
        self.sock.shutdown(socket.SHUT_WR)

    def step_close(self):
        self.sock.close()

    def step_rst(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def run(self, steps):
        try:
            for step in steps:
                name, _, argument = step.partition(":")
                action = getattr(self, "step_" + name)
                action(argument) if argument else action()
        except OSError as error:
            # Resets and failed handshakes are what scenarios are about; the rest of the steps has no meaning then.
            print("%s: %s" % (step, error), file=sys.stderr)
        finally:
            self.sock.close()


def start(sock, options, server, steps):
    try:
        peer = Peer(sock, options, server)
    except OSError as error:
        print("handshake: %s" % error, file=sys.stderr)
        sock.close()
        return
    peer.run(steps)


def main():
    parser = argparse.ArgumentParser()
    for flag in ("--tls12", "--tls13", "--ca", "--late-tls", "--linger0", "--nagle"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--name", default="www.example.cn")
    parser.add_argument("--source", type=int, default=0)
    parser.add_argument("--mss", type=int, default=0)
    parser.add_argument("--keepalive", type=int, default=0)
    parser.add_argument("mode", choices=("listen", "connect"))
    parser.add_argument("rest", nargs="+")
    options = parser.parse_args()
    if options.mode == "listen":
        listener = socket.socket(socket.AF_INET6)
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if options.mss:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, options.mss)
        listener.bind(("::", int(options.rest[0])))
        listener.listen(64)
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=start, args=(sock, options, True, options.rest[1:]), daemon=True).start()
    host, port = options.rest[:2]
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if options.source:
        sock.bind(("", options.source))
    # No scenario takes longer; a list of steps that waits for what never comes ends here.
    signal.alarm(180)
    sock.settimeout(20)
    try:
        sock.connect((host, int(port)))
    except OSError as error:
        print("connect: %s" % error, file=sys.stderr)
        return
    sock.settimeout(None)
    start(sock, options, False, options.rest[2:])


main()
