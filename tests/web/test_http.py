"""The web door as clients find it: HTTP/1.1 and HTTP/2 by curl, nghttp, h2load and Python; and what must not come back: a
page that one address shuts, requests that two servers would read in two ways, bodies without a limit."""
import http.client
import re
import socket
import ssl
import subprocess
import unittest

from tests.support.mailstead import Mailstead, wait_for

BOB = "bob@hamburger.edu"


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Mailstead(["hamburger.edu"], {BOB: "hungry"}, config="[limits]\nweb_request_timeout = \"2s\"\n").start()
        cls.addClassCleanup(cls.server.kill)

    def url(self, door, path):
        return f"{door}://127.0.0.1:{self.server.port(door)}{path}"

    def run_program(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def curl(self, *options):
        return self.run_program("curl", "-s", "-k", "-m", "20", "-w", "\n%{http_version} %{http_code}", *options)

    def say(self, octets, door="http"):
        """All that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.server.port(door)), timeout=20) as connection:
            connection.sendall(octets)
            answer = b""
            while more := connection.recv(65536):
                answer += more
        return answer.decode()

    def test_versions(self):
        for door, options, version in [("https", ["--http2"], "2"), ("https", ["--http1.1"], "1.1"), ("http", [], "1.1"),
                                       ("http", ["--http2-prior-knowledge"], "2"), ("http", ["--http1.0"], "1.1")]:
            with self.subTest(door=door, options=options):
                self.assertEqual(f"ok\n\n{version} 200", self.curl(*options, self.url(door, "/healthz")))

    def test_forms_and_head(self):
        for version in ("--http2", "--http1.1"):
            with self.subTest(version):
                form = ["-d", f"user={BOB.replace('@', '%40')}&password=hungry", self.url("https", "/login")]
                self.assertTrue(self.curl(version, *form).endswith(" 303"))
                head = self.curl(version, "-I", self.url("https", "/style.css")).lower()
                self.assertRegex(head, r"content-length: [1-9]")
                self.assertIn("date: ", head)

    def test_many_streams(self):
        self.assertEqual("ok\n", self.run_program("nghttp", self.url("https", "/healthz")))
        for options in (["-m100"], ["--h1"]):
            with self.subTest(options):
                told = self.run_program("h2load", "-n1000", "-c2", *options, self.url("https", "/style.css"))
                self.assertIn("1000 succeeded, 0 failed", told)

    def test_python_keeps_its_connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port("http"), timeout=20)
        connection.connect()
        port = connection.sock.getsockname()[1]
        for _ in range(3):
            connection.request("GET", "/healthz")
            self.assertEqual(b"ok\n", connection.getresponse().read())
        self.assertEqual(port, connection.sock.getsockname()[1])
        connection.close()

    def test_who_ends_its_side_gets_its_answer(self):
        with socket.create_connection(("127.0.0.1", self.server.port("http")), timeout=20) as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            self.assertIn(b"200 OK", connection.recv(1000))

    def test_what_two_servers_would_read_in_two_ways(self):
        for request in ("GET / HTTP/1.1\r\n\r\n",
                        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
                        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
                        "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
                        "GET / HTTP/1.1\nHost: a\n\n",
                        "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
            with self.subTest(request):
                answer = self.say(request.encode() + b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertTrue(answer.startswith("HTTP/1.1 400 "), answer)
                self.assertNotIn("200 OK", answer)

    def test_bodies_have_a_limit(self):
        endless = b"POST /login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"ffff\r\n" + b"x" * 65535 + b"\r\n") * 40
        self.assertTrue(self.say(endless).startswith("HTTP/1.1 413 "))
        self.assertTrue(self.say(b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n").startswith("HTTP/1.1 413 "))
        large = ["-d", "x" * 100_000 + "&y=" + "y" * 20_000, "-d", "z" * 100_000, "-d", "z" * 100_000]
        for version in ("--http2", "--http1.1"):
            self.assertRegex(self.curl(version, *large, self.url("https", "/login")), " 413$")
        # Where nobody wants one, it is not read.
        self.assertRegex(self.curl("--http1.1", *large, self.url("http", "/nothing")), " 404$")

    def test_heads_have_limits_and_a_time(self):
        self.assertRegex(self.curl(self.url("https", "/" + "x" * 9_000)), " 414$")
        self.assertRegex(self.curl("--http1.1", self.url("https", "/" + "x" * 9_000)), " 414$")
        fields = [option for n in range(6) for option in ("-H", f"X-{n}: " + "y" * 7_000)]
        for version in ("--http2", "--http1.1"):
            self.assertRegex(self.curl(version, *fields, self.url("https", "/")), " 431$")
        self.assertTrue(self.say(b"GET / HTTP/1.1\r\nHos").startswith("HTTP/1.1 408 "))
        self.assertTrue(self.say(b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nxy").startswith("HTTP/1.1 408 "))

    def test_one_address_does_not_shut_the_page(self):
        """256 handshakes that never come, from one address: the others are served at once, and it is itself a little later."""
        held = []
        for _ in range(256):
            held.append(socket.create_connection((self.server.address, self.server.port("https")), timeout=20,
                                                 source_address=("127.0.0.84", 0)))
            self.addCleanup(held[-1].close)
        self.assertRegex(self.curl("--interface", "127.0.0.85", self.url("https", "/healthz")), "2 200$")
        wait_for(lambda: self.curl_from_84(), what="the address is let in again")

    def curl_from_84(self):
        done = subprocess.run(["curl", "-sk", "-m", "20", "--interface", "127.0.0.84", self.url("https", "/healthz")],
                              capture_output=True, text=True, timeout=60)
        return done.stdout == "ok\n"

    def test_turned_away_with_words(self):
        server = Mailstead(["hamburger.edu"], {}, config="[limits]\nweb_connections_per_address = 1\n").start()
        self.addCleanup(server.kill)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        held = socket.create_connection((server.address, server.port("http")), timeout=20, source_address=("127.0.0.84", 0))
        self.addCleanup(held.close)
        held.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertIn(b"200 OK", held.recv(1000))  # it has its place
        for protocol, words in (("http/1.1", rb"^HTTP/1.1 503 .*too many connections"), ("h2", rb"\x07.*too many connections")):
            context.set_alpn_protocols([protocol])
            with socket.create_connection((server.address, server.port("https")), timeout=20,
                                          source_address=("127.0.0.84", 0)) as plain:
                with context.wrap_socket(plain) as connection:
                    answer = b""
                    while more := connection.recv(65536):
                        answer += more
                    self.assertTrue(re.search(words, answer, re.DOTALL), answer)


if __name__ == "__main__":
    unittest.main()
