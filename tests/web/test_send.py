"""To whom the page sends: a name without a domain is one of the sender's domain, and what is no address is said in the
form instead of in a bounce."""
import http.client
import imaplib
import re
import unittest
import urllib.parse

from tests.support.mailstead import Mailstead

ALICE = "alice@hamburger.edu"
BOB = "bob@hamburger.edu"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Send(unittest.TestCase):
    def setUp(self):
        self.server = Mailstead(["hamburger.edu"], {ALICE: "ketchup", BOB: "hungry"}).start()
        self.addCleanup(self.server.kill)
        status, reason, _, cookie = self.ask("POST", "/login", {"user": BOB, "password": "hungry"})
        self.assertEqual((303, "See Other"), (status, reason))
        self.cookie = {"Cookie": cookie.split(";")[0]}
        self.token = re.search(r'name="token" value="([^"]+)"', self.ask("GET", "/compose", None, **self.cookie)[2])[1]

    def ask(self, method, path, form, **fields):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port("http"), timeout=20)
        connection.request(method, path, urllib.parse.urlencode(form) if form else None, {**FORM, **fields})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, response.reason, text, response.getheader("Set-Cookie")

    def send(self, to):
        return self.ask("POST", "/send", {"token": self.token, "to": to, "cc": "", "subject": "Hello", "text": "?"}, **self.cookie)

    def test_a_name_without_a_domain_is_of_the_senders_domain(self):
        self.assertEqual(303, self.send("alice")[0])
        imap = imaplib.IMAP4("127.0.0.1", self.server.port("imap"))
        imap.login(ALICE, "ketchup")
        imap.select("INBOX", readonly=True)
        _, data = imap.fetch("1", "(BODY.PEEK[HEADER.FIELDS (TO)])")
        imap.logout()
        self.assertIn(b"To: alice@hamburger.edu", data[0][1])

    def test_what_is_no_address_is_said_in_the_form(self):
        for to in ("garbage", "a@b@c", "alice, nobody"):
            with self.subTest(to):
                status, reason, text, _ = self.send(to)
                self.assertEqual((400, "Bad Request"), (status, reason))
                self.assertIn('class="error"', text)


if __name__ == "__main__":
    unittest.main()
