"""Clients of the web door that would use up the server: slow ones, rapid resets, bodies without an end, thousands of streams,
header bombs. Each is bounded, and others are served as before meanwhile."""
import socket
import struct
import threading
import time
import unittest

from tests.support.mailstead import Mailstead

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
ENHANCE_YOUR_CALM = 11
MIB = 1 << 20


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def text(octets):
    return bytes([len(octets)]) + octets


def fields(*pairs):
    return b"".join(b"\x00" + text(name.encode()) + text(value.encode()) for name, value in pairs)


GET = fields((":method", "GET"), (":scheme", "http"), (":path", "/healthz"), (":authority", "x"))
POST = fields((":method", "POST"), (":scheme", "http"), (":path", "/login"), (":authority", "x"))
HELLO = PREFACE + frame(SETTINGS, 0, 0)


class Client:
    """Sends what it is given, and reads beside that."""

    def __init__(self, server, address="127.0.0.84", reads=True):
        self.socket = socket.create_connection((server.address, server.port("http")), timeout=20, source_address=(address, 0))
        self.received, self.closed = b"", threading.Event()
        if reads:
            threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while octets := self.socket.recv(65536):
                self.received += octets
        except OSError:
            pass
        self.closed.set()

    def send(self, octets):
        """False: the server has ended the connection."""
        try:
            self.socket.sendall(octets)
            return True
        except OSError:
            return False

    def goaway(self):
        """The error code of the server's GOAWAY; None: there is none."""
        at, octets = 0, self.received
        while at + 9 <= len(octets):
            size = int.from_bytes(octets[at:at + 3], "big")
            if octets[at + 3] == GOAWAY:
                return int.from_bytes(octets[at + 13:at + 17], "big")
            at += 9 + size
        return None


class HostileHttp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Mailstead(["hamburger.edu"], {}, config="[limits]\nweb_request_timeout = \"2s\"\nweb_idle_timeout = \"3s\"\n").start()
        cls.addClassCleanup(cls.server.kill)
        cls.answers_in_time(cls)

    def client(self, *how, **more):
        client = Client(self.server, *how, **more)
        self.addCleanup(client.socket.close)
        return client

    def memory(self):
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmRSS:"))

    def answers_in_time(self):
        """Another client is served."""
        began = time.monotonic()
        with socket.create_connection((self.server.address, self.server.port("http")), timeout=20, source_address=("127.0.0.85", 0)) as other:
            other.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = b""
            while octets := other.recv(65536):
                answer += octets
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        return time.monotonic() - began < 5

    def bounded(self, attack):
        """Runs it; others are served meanwhile, and the server's memory does not grow by much."""
        before = self.memory()
        thread = threading.Thread(target=attack)
        thread.start()
        served = []
        while thread.is_alive() or not served:
            served.append(self.answers_in_time())
        thread.join()
        self.assertTrue(all(served), served)
        self.assertLess(self.memory() - before, 48 * MIB)

    def test_slow_heads(self):
        clients = []

        def attack():
            clients.extend(self.client(f"127.0.{n % 8 + 2}.84") for n in range(64))
            for octet in b"GET / HTTP/1.1\r\nX: " + b"y" * 100:
                if not any([client.send(bytes([octet])) for client in clients if not client.closed.is_set()]):
                    break
                time.sleep(0.1)

        self.bounded(attack)
        for client in clients:
            self.assertTrue(client.closed.wait(10))
            self.assertTrue(client.received.startswith(b"HTTP/1.1 408 "), client.received)

    def test_slow_bodies(self):
        client = self.client()
        client.send(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n")
        began = time.monotonic()
        while client.send(b"x") and not client.closed.wait(0.2) and time.monotonic() - began < 15:
            continue
        self.assertTrue(client.received.startswith(b"HTTP/1.1 408 "), client.received)

    def test_endless_body(self):
        client = self.client()

        def attack():
            client.send(b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(4000):
                if not client.send(b"ffff\r\n" + b"x" * 65535 + b"\r\n"):
                    break

        self.bounded(attack)
        self.assertTrue(client.received.startswith(b"HTTP/1.1 413 "), client.received[:100])

    def test_rapid_reset(self):
        client = self.client()

        def attack():
            client.send(HELLO)
            for stream in range(1, 20_001, 2):
                if not client.send(frame(HEADERS, END_STREAM | END_HEADERS, stream, GET) + frame(RST_STREAM, 0, stream, struct.pack(">I", 8))):
                    break

        self.bounded(attack)
        self.assertTrue(client.closed.wait(10))
        self.assertIn("reason=too-many-errors", self.server.log.read_text())

    def test_ten_thousand_streams(self):
        client = self.client()

        def attack():
            client.send(HELLO + frame(SETTINGS, ACK, 0))
            for stream in range(1, 20_001, 2):
                if not client.send(frame(HEADERS, END_HEADERS, stream, POST)):
                    break

        self.bounded(attack)
        self.assertTrue(client.closed.wait(10))
        self.assertIsNotNone(client.goaway())

    def test_header_bombs(self):
        client = self.client()
        table = frame(SETTINGS, 0, 0, struct.pack(">HI", 1, 1 << 30))
        bomb = GET + b"\x40" + text(b"x") + b"\x7f\x81\x1e" + b"y" * 3968

        def attack():
            client.send(HELLO + table)
            for stream in range(1, 4_001, 2):
                # One octet for each 4 KiB that it means.
                if not client.send(frame(HEADERS, END_STREAM | END_HEADERS, stream, bomb + b"\xbe" * 10_000)):
                    break

        self.bounded(attack)

    def test_answers_that_nobody_reads(self):
        client = self.client(reads=False)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        style = fields((":method", "GET"), (":scheme", "http"), (":path", "/style.css"), (":authority", "x"))

        def attack():
            client.socket.settimeout(1)
            client.send(HELLO)
            for stream in range(1, 100_001, 2):
                if not client.send(frame(HEADERS, END_STREAM | END_HEADERS, stream, style)):
                    break

        self.bounded(attack)

    def test_floods(self):
        for flood in (frame(PING, 0, 0, b"x" * 8), frame(SETTINGS, 0, 0), frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1))):
            client = self.client()

            def attack():
                client.send(HELLO)
                for _ in range(200):
                    if not client.send(flood * 1000):
                        break

            with self.subTest(kind=flood[3]):
                self.bounded(attack)
                self.assertTrue(client.closed.wait(10))
                self.assertIn(client.goaway(), (ENHANCE_YOUR_CALM, None))

    def test_silence(self):
        """Who agrees on HTTP/2 and asks for nothing is sent away, whatever it pings."""
        client = self.client()
        client.send(HELLO)
        began = time.monotonic()
        while not client.closed.wait(0.5) and time.monotonic() - began < 15:
            client.send(frame(PING, 0, 0, b"x" * 8))
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(0, client.goaway())


if __name__ == "__main__":
    unittest.main()
