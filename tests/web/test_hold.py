"""Idle connections do not take the page from others: an address has so many, and a handshake so much time."""
import http.client
import resource
import socket
import ssl
import unittest

from tests.support.mailstead import Mailstead, wait_for

LIMITS = "[limits]\nweb_connections = 12\nweb_connections_per_address = 4\n"


def dial(server, door, address):
    return socket.create_connection((server.address, server.port(door)), timeout=20, source_address=(address, 0))


def status_of_page(server, door, address):
    """The page's health, asked for from this address; None: the door is shut to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with dial(server, door, address) as plain:
            with context.wrap_socket(plain) if door == "https" else plain as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                return answer.status
    except (OSError, http.client.HTTPException):
        return None


class Hold(unittest.TestCase):
    def server(self, config=LIMITS):
        server = Mailstead(["here.test"], {}, config=config).start()
        self.addCleanup(server.stop)
        return server

    def hold(self, server, door, address, count):
        held = [dial(server, door, address) for _ in range(count)]
        for one in held:
            self.addCleanup(one.close)
        return held

    def test_an_address_takes_its_share_and_no_more(self):
        server = self.server()
        for door in ("http", "https"):
            with self.subTest(door):
                held = self.hold(server, door, "127.0.0.84", 40)
                self.assertEqual(200, status_of_page(server, door, "127.0.0.85"))
                self.assertEqual(503, status_of_page(server, door, "127.0.0.84"))
                self.assertEqual(200, status_of_page(server, door, "127.0.0.1"))
                self.assertIn(f"event=turned-away door={door} address=127.0.0.84", server.log.read_text())
                for one in held:
                    one.close()
                wait_for(lambda: status_of_page(server, door, "127.0.0.84") == 200, what="places are given back")

    def test_many_addresses_do_not_shut_it_for_one_more(self):
        """Those that have most give way to a newcomer: 8 addresses of as many networks, then 8 of one network."""
        server = self.server("[limits]\nweb_connections = 40\nweb_connections_per_address = 8\n")
        for addresses in ([f"127.0.{n}.84" for n in range(2, 10)], [f"127.0.11.{n}" for n in range(2, 10)]):
            for door in ("http", "https"):
                with self.subTest(addresses=addresses, door=door):
                    held = [one for address in addresses for one in self.hold(server, door, address, 8)]
                    # Those who came at once have been sorted out.
                    wait_for(lambda: status_of_page(server, door, "127.0.98.1") == 200, what="the first newcomer")
                    for n in range(20):
                        self.assertEqual(200, status_of_page(server, door, f"127.0.99.{n + 1}"))
                    for one in held:
                        one.close()
        self.assertIn("event=close reason=crowded-out", server.log.read_text())

    def test_it_takes_nothing_from_mail_and_mail_nothing_from_it(self):
        """Strangers' memory is one budget, in which each door has its own part."""
        server = self.server("[limits]\nstrangers_memory = \"16MiB\"\nconnections = 4000\n")
        held = [one for n in range(2, 40) for one in self.hold(server, "http", f"127.0.{n}.84", 8)]
        with dial(server, "smtp", "127.0.99.1") as mail:
            self.assertTrue(mail.recv(100).startswith(b"220 "))
        for one in held:
            one.close()
        held = [one for n in range(2, 26) for one in self.hold(server, "smtp", f"127.0.{n}.84", 60)]
        self.assertEqual(200, status_of_page(server, "http", "127.0.99.1"))

    def test_a_proxy_stands_for_many(self):
        server = self.server('[server]\nproxy_from = ["127.0.0.84"]\n\n' + LIMITS)
        self.hold(server, "http", "127.0.0.84", 8)
        self.assertEqual(200, status_of_page(server, "http", "127.0.0.84"))

    def test_a_handshake_that_does_not_come_is_not_waited_for(self):
        server = self.server(LIMITS + 'web_request_timeout = "1s"\n')
        held = self.hold(server, "https", "127.0.0.84", 4)
        held[1].sendall(b"\x16\x03\x01")  # the beginning of one
        for one in held:
            self.assertEqual(b"", one.recv(1))
        wait_for(lambda: status_of_page(server, "https", "127.0.0.84") == 200, what="places are given back")


    def test_the_page_is_back_once_descriptors_are_free(self):
        server = self.server("[server]\nconfine = false\n")
        pid = server.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        for door in ("http", "https"):
            with self.subTest(door):
                self.assertEqual(200, status_of_page(server, door, "127.0.0.1"))
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))  # not one more
                waiting = dial(server, door, "127.0.0.1")
                self.addCleanup(waiting.close)
                waiting.settimeout(0.5)
                with self.assertRaises(TimeoutError):  # nobody takes it
                    waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" if door == "http" else b"\x16\x03\x01")
                    waiting.recv(1)
                resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
                self.assertEqual(200, status_of_page(server, door, "127.0.0.1"))


if __name__ == "__main__":
    unittest.main()
