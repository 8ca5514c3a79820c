"""A second factor with real clients: the page asks for a code, mail programs are told to use app passwords."""
import base64
import hmac
import http.client
import imaplib
import json
import poplib
import smtplib
import struct
import time
import unittest
import urllib.parse

from tests.support.mailstead import Mailstead

BOB = "bob@hamburger.edu"


def totp(secret, step):
    """RFC 6238, by another implementation."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    offset = digest[19] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7fffffff) % 1000000:06}"


class SecondFactor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Mailstead(["hamburger.edu"], {BOB: "hungry"}, config="[limits]\nlogin_delay = \"0s\"\n").start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        begun = json.loads(cls.server.run("account", "second-factor", BOB, "on", "--json"))
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(begun["uri"]).query)
        cls.secret = query["secret"][0]
        # A code of the step before: it is taken, and leaves this one and the next for the tests.
        code = totp(cls.secret, int(time.time()) // 30 - 1)
        cls.codes = json.loads(cls.server.run("account", "second-factor", BOB, "on", "--code", code, "--json"))["recovery_codes"]

    def page(self, **form):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port("http"), timeout=20)
        self.addCleanup(connection.close)
        connection.request("POST", "/login", urllib.parse.urlencode({"user": BOB, "password": "hungry", **form}),
                           {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Set-Cookie"), answer.read().decode()

    def imap(self):
        client = imaplib.IMAP4("127.0.0.1", self.server.port("imap"))
        self.addCleanup(client.shutdown)
        return client

    def test_mail_programs_are_told(self):
        with self.assertRaisesRegex(imaplib.IMAP4.error, r"\[CONTACTADMIN\] this account has a second factor"):
            self.imap().login(BOB, "hungry")
        pop3 = poplib.POP3("127.0.0.1", self.server.port("pop3"), timeout=20)
        self.addCleanup(pop3.close)
        pop3.user(BOB)
        with self.assertRaisesRegex(poplib.error_proto, r"\[AUTH\] This account has a second factor"):
            pop3.pass_("hungry")
        with smtplib.SMTP("127.0.0.1", self.server.port("submission"), timeout=20) as smtp:
            with self.assertRaises(smtplib.SMTPAuthenticationError) as refused:
                smtp.login(BOB, "hungry")
        self.assertEqual((534, b"5.7.9 Application-specific password required"),
                         (refused.exception.smtp_code, refused.exception.smtp_error))

    def test_a_guesser_is_told_nothing(self):
        with self.assertRaisesRegex(imaplib.IMAP4.error, r"\[AUTHENTICATIONFAILED\] Wrong user name or password"):
            self.imap().login(BOB, "thirsty")

    def test_an_app_password_is_taken(self):
        password = self.server.run("account", "app-password", "add", BOB, "phone", "--scope", "mail").strip()
        self.assertEqual("OK", self.imap().login(BOB, password)[0])

    def test_the_page_asks_for_a_code(self):
        status, cookie, text = self.page()
        self.assertEqual((403, None), (status, cookie))
        self.assertIn("second factor", text)
        self.assertEqual(403, self.page(code="000000")[0])
        code = totp(self.secret, int(time.time()) // 30 + 1)  # a fast clock
        status, cookie, _ = self.page(code=code)
        self.assertEqual(303, status)
        self.assertTrue(cookie)
        self.assertEqual(403, self.page(code=code)[0], "it works once")
        self.assertEqual(303, self.page(code=self.codes[0])[0])
        self.assertEqual(403, self.page(code=self.codes[0])[0], "it works once")


if __name__ == "__main__":
    unittest.main()
