"""COMPRESS=DEFLATE (RFC 4978) as a client with zlib of its own speaks it: each answer can be inflated at once
(CLIENTS.md 17), in plain text and under TLS; an invalid or endlessly growing deflate stream ends only that session."""
import socket
import ssl
import time
import unittest
import zlib

from tests.support.mailstead import Mailstead

BOB = "bob@hamburger.edu"
MESSAGE = b"From: <alice@crepes.fr>\r\nSubject: pickles\r\n\r\n" + b"".join(b"line %d of many\r\n" % n for n in range(20_000))


class Client:
    """Lines over a socket; deflated once start() was called."""
    def __init__(self, server, tls=False):
        self.socket = socket.create_connection(("127.0.0.1", server.port("imaps" if tls else "imap")), timeout=20)
        if tls:
            context = ssl._create_unverified_context()
            self.socket = context.wrap_socket(self.socket)
        self.buffer = b""
        self.deflate = self.inflate = None
        self.line()
        self.command(b"LOGIN bob hungry")

    def start(self):
        assert self.command(b"COMPRESS DEFLATE").startswith(b"OK")
        assert not self.buffer
        self.deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.inflate = zlib.decompressobj(-15)
        return self

    def send(self, octets):
        if self.deflate:
            octets = self.deflate.compress(octets) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
        self.socket.sendall(octets)

    def more(self):
        octets = self.socket.recv(65536)
        if not octets:
            raise EOFError
        self.buffer += self.inflate.decompress(octets) if self.inflate else octets

    def line(self):
        while b"\r\n" not in self.buffer:
            self.more()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def command(self, text):
        self.send(b"x " + text + b"\r\n")
        while True:
            line = self.line()
            if line.startswith(b"x "):
                return line[2:]

    def close(self):
        self.socket.close()


class Compress(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Mailstead(["hamburger.edu"], {BOB: "hungry"}).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def client(self, **how):
        client = Client(self.server, **how)
        self.addCleanup(client.close)
        return client

    def well(self):
        self.assertTrue(self.client().command(b"NOOP").startswith(b"OK"))

    def test_messages_both_ways(self):
        for tls in (False, True):
            client = self.client(tls=tls).start()
            client.send(b"x APPEND INBOX {%d+}\r\n" % len(MESSAGE) + MESSAGE + b"\r\n")
            self.assertIn(b"APPENDUID", client.line())
            self.assertTrue(client.command(b"SELECT INBOX").startswith(b"OK"))
            client.send(b"x FETCH 1 BODY.PEEK[]\r\n")
            self.assertEqual(b"* 1 FETCH (BODY[] {%d}" % len(MESSAGE), client.line())
            while len(client.buffer) < len(MESSAGE) + 3:
                client.more()
            self.assertEqual(MESSAGE, client.buffer[:len(MESSAGE)])

    def test_each_answer_at_once(self):
        client = self.client().start()
        for number in range(200):
            begun = time.monotonic()
            self.assertTrue(client.command(b"NOOP").startswith(b"OK"), number)
            self.assertLess(time.monotonic() - begun, 5)

    def test_pieces_are_not_shorter_than_their_text_while_idling(self):
        """Thunderbird reads as many octets as have come compressed, and overlooks the rest (CLIENTS.md 34)."""
        other = self.client()
        client = self.client().start()

        def piece_with(text):
            raw, plain = b"", b""
            while text not in plain:
                octets = client.socket.recv(65536)
                self.assertTrue(octets)
                raw, plain = raw + octets, plain + client.inflate.decompress(octets)
            self.assertGreaterEqual(len(raw), len(plain), plain)
            return raw, plain

        def append():
            other.command(b"APPEND Drafts {9+}\r\nA: b\r\n\r\nc")

        append()
        client.command(b"SELECT Drafts")
        for _ in range(3):  # what compresses well by then
            append()
            client.command(b"NOOP")
        append()
        client.send(b"x IDLE\r\n")
        plain = piece_with(b" EXISTS\r\n")[1]
        self.assertTrue(plain.startswith(b"+ idling\r\n* 5 EXISTS\r\n"), plain)
        append()
        piece_with(b"* 6 EXISTS\r\n")
        client.send(b"DONE\r\n")
        while not client.line().startswith(b"x OK"):
            pass
        # Compressed again behind it.
        client.send(b"x FETCH 1:6 (FLAGS UID INTERNALDATE)\r\n")
        raw, plain = b"", b""
        while b"x OK" not in plain:
            octets = client.socket.recv(65536)
            raw, plain = raw + octets, plain + client.inflate.decompress(octets)
        self.assertLess(len(raw), len(plain) / 2)

    def test_octet_by_octet(self):
        client = self.client().start()
        octets = client.deflate.compress(b"x NOOP\r\n") + client.deflate.flush(zlib.Z_SYNC_FLUSH)
        for octet in octets:
            client.socket.sendall(bytes([octet]))
            time.sleep(0.005)
        self.assertTrue(client.line().startswith(b"x OK"))

    def test_compressed_behind_the_command(self):
        client = self.client()
        client.deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        pipelined = client.deflate.compress(b"y NOOP\r\n") + client.deflate.flush(zlib.Z_SYNC_FLUSH)
        client.socket.sendall(b"x COMPRESS DEFLATE\r\n" + pipelined)
        while b"\r\n" not in client.buffer:
            client.more()
        answer, _, rest = client.buffer.partition(b"\r\n")
        self.assertTrue(answer.startswith(b"x OK"))
        client.inflate = zlib.decompressobj(-15)
        client.buffer = client.inflate.decompress(rest)
        self.assertTrue(client.line().startswith(b"y OK"))

    def unauthenticates(self, client, last, next_login):
        """The compressed layer ends after the command one way, after its answer the other (RFC 8437 §4.1)."""
        octets = client.deflate.compress(b"x UNAUTHENTICATE\r\n") + last(client.deflate)
        client.deflate = None
        for piece in next_login(octets):
            client.socket.sendall(piece)
            time.sleep(0.02)
        while b"\r\n" not in client.buffer or not client.inflate.eof:
            client.more()
        line, _, rest = client.buffer.partition(b"\r\n")
        self.assertTrue(line.startswith(b"x OK"), line)
        client.buffer = rest + client.inflate.unused_data
        client.inflate = None
        self.assertTrue(client.line().startswith(b"y OK"))
        self.assertTrue(client.command(b"COMPRESS DEFLATE").startswith(b"OK"))

    def test_unauthenticate(self):
        login = b"y LOGIN bob hungry\r\n"
        ends = {"sync": lambda deflate: deflate.flush(zlib.Z_SYNC_FLUSH), "full": lambda deflate: deflate.flush(zlib.Z_FULL_FLUSH),
                "finish": lambda deflate: deflate.flush(zlib.Z_FINISH),
                "both": lambda deflate: deflate.flush(zlib.Z_SYNC_FLUSH) + deflate.flush(zlib.Z_FINISH)}
        ways = {"together": lambda octets: [octets + login], "apart": lambda octets: [octets, login],
                "tail apart": lambda octets: [octets[:-3], octets[-3:] + login], "tail in two": lambda octets: [octets[:-5], octets[-5:-1], octets[-1:], login],
                "octets": lambda octets: [bytes([octet]) for octet in octets + login]}
        for end in ends:
            for way in ways:
                with self.subTest(end=end, way=way):
                    self.unauthenticates(self.client().start(), ends[end], ways[way])

    def ends(self, octets):
        client = self.client().start()
        try:
            client.socket.sendall(octets)
            while True:
                client.more()
        except (EOFError, ConnectionError):
            pass
        self.well()

    def test_no_deflate_stream(self):
        self.ends(b"\xff" * 1000)
        self.ends(b"x NOOP\r\n" * 10)

    def test_bombs(self):
        """An endless line is dropped as it comes, and answered once; inflated octets are never accumulated."""
        before = self.resident()
        client = self.client().start()
        client.send(b"x NOOP " + b"a" * (100 << 20) + b"\r\n")
        self.assertIn(b"BAD", client.line())
        self.assertTrue(client.command(b"NOOP").startswith(b"OK"))
        self.assertLess(self.resident() - before, 32 << 10)

    def test_others_have_their_turn(self):
        """A few octets may request very many: while these are sent, other clients are served."""
        flood = self.client().start()
        flood.socket.setblocking(True)
        flood.send(b"x CAPABILITY\r\n" * 200_000)
        others = [self.client() for _ in range(8)]
        begun = time.monotonic()
        for other in others:
            self.assertTrue(other.command(b"NOOP").startswith(b"OK"))
        self.assertLess(time.monotonic() - begun, 10)

    def resident(self):
        for line in open(f"/proc/{self.server.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")


if __name__ == "__main__":
    unittest.main()
