"""Behind a proxy named in server.proxy_from the client is the one that the proxy names (RFC 7239): one that guesses
passwords is banned itself, not everybody; others cannot name a client."""
import http.client
import unittest
import urllib.parse

from tests.support.mailstead import Mailstead

BOB = "bob@hamburger.edu"
QUICK = "[limits]\nlogin_failures = 3\nlogin_delay = \"0s\"\nlogin_delay_most = \"0s\"\n"


class Proxy(unittest.TestCase):
    def server(self, config):
        server = Mailstead(["hamburger.edu"], {BOB: "hungry"}, config=config).start()
        self.addCleanup(server.kill)
        return server

    def log_in(self, server, password, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", server.port("http"), timeout=20)
        connection.request("POST", "/login", urllib.parse.urlencode({"user": BOB, "password": password}),
                           {"Content-Type": "application/x-www-form-urlencoded",
                            **{name.replace("_", "-"): value for name, value in fields.items()}})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response

    def test_a_guesser_behind_the_proxy_shuts_out_itself(self):
        server = self.server('[server]\nproxy_from = ["127.0.0.1"]\n\n' + QUICK)
        for number in range(6):
            response = self.log_in(server, f"guess {number}", X_Forwarded_For=f"198.51.100.{number}, 203.0.113.66",
                                   X_Forwarded_Proto="https")
            self.assertIn(response.status, (401, 403, 429))
        refused = self.log_in(server, "hungry", X_Forwarded_For="203.0.113.66", X_Forwarded_Proto="https")
        self.assertNotEqual(303, refused.status, "the guesser is not shut out")
        other = self.log_in(server, "hungry", X_Forwarded_For="203.0.113.77", X_Forwarded_Proto="https")
        self.assertEqual(303, other.status)
        self.assertIn("Secure", other.getheader("Set-Cookie"))
        standard = self.log_in(server, "hungry", Forwarded="for=203.0.113.78;proto=https")
        self.assertEqual(303, standard.status)
        plain = self.log_in(server, "hungry", X_Forwarded_For="203.0.113.79", X_Forwarded_Proto="http")
        self.assertEqual(403, plain.status, "a password by http from elsewhere")
        log = server.log.read_text()
        self.assertIn("address=203.0.113.66", log)
        self.assertNotIn("address=198.51.100", log)

    def test_who_is_no_proxy_names_nobody(self):
        server = self.server(QUICK)
        for number in range(6):
            self.log_in(server, f"guess {number}", X_Forwarded_For=f"198.51.100.{number}")
        self.assertNotEqual(303, self.log_in(server, "hungry", X_Forwarded_For="198.51.100.99").status)
        self.assertNotIn("198.51.100", server.log.read_text())


if __name__ == "__main__":
    unittest.main()
