"""App passwords with real clients: Python's imaplib, poplib and smtplib."""
import base64
import hashlib
import hmac
import imaplib
import poplib
import smtplib
import unittest

from tests.support.mailstead import Mailstead, wait_for

BOB = "bob@hamburger.edu"


class AppPasswords(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Mailstead(["hamburger.edu"], {BOB: "hungry"}, config="[limits]\nlogin_delay = \"0s\"\n").start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.passwords = {scope: cls.make(scope, "--scope", scope) for scope in ("all", "mail", "receive", "send")}

    @classmethod
    def make(cls, label, *options):
        return cls.server.run("account", "app-password", "add", BOB, label, *options).strip()

    def imap(self, user, password):
        client = imaplib.IMAP4("127.0.0.1", self.server.port("imap"))
        self.addCleanup(client.shutdown)
        client.login(user, password)
        return client

    def pop3(self, user, password):
        client = poplib.POP3("127.0.0.1", self.server.port("pop3"), timeout=20)
        self.addCleanup(client.close)
        client.user(user)
        client.pass_(password)
        client.quit()

    def smtp(self, user, password):
        with smtplib.SMTP("127.0.0.1", self.server.port("submission"), timeout=20) as client:
            client.login(user, password)

    def test_scopes_at_each_door(self):
        doors = {self.imap: ("all", "mail", "receive"), self.pop3: ("all", "mail", "receive"), self.smtp: ("all", "mail", "send")}
        for door, scopes in doors.items():
            for scope in scopes:
                with self.subTest(door=door.__name__, scope=scope):
                    door(BOB, self.passwords[scope])
                    door(BOB, self.passwords[scope].replace("-", " ").upper())

    def test_refusals_say_why(self):
        with self.assertRaisesRegex(imaplib.IMAP4.error, r'\[NOPERM\] the app password "send" is not for this: its scope is send'):
            self.imap(BOB, self.passwords["send"])
        with self.assertRaisesRegex(poplib.error_proto, r"\[AUTH\] This app password is not for reading mail"):
            self.pop3(BOB, self.passwords["send"])
        with self.assertRaises(smtplib.SMTPAuthenticationError) as refused:
            self.smtp(BOB, self.passwords["receive"])
        self.assertEqual((535, b"5.7.8 This app password is not for sending mail"),
                         (refused.exception.smtp_code, refused.exception.smtp_error))
        with self.assertRaisesRegex(imaplib.IMAP4.error, r"\[AUTHENTICATIONFAILED\] Wrong user name or password"):
            self.imap(BOB, self.passwords["mail"][:-1] + "zz")

    def scram(self, user, password):
        """Whether a log-in by SCRAM-SHA-256 (RFC 7677, a client of its own) is taken; the server's words, if not."""
        client = imaplib.IMAP4("127.0.0.1", self.server.port("imap"))
        self.addCleanup(client.shutdown)
        first = f"n={user},r=rOprNGfwEbeRWgbNEkqO"
        told = []

        def answer(challenge):
            told.append(challenge.decode())
            if len(told) == 1:
                return ("n,," + first).encode()
            if len(told) == 3:
                return b""  # to the server's signature
            fields = dict(field.split("=", 1) for field in told[1].split(","))
            final = "c=biws,r=" + fields["r"]
            salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
            key = hmac.digest(salted, b"Client Key", "sha256")
            signature = hmac.digest(hashlib.sha256(key).digest(), f"{first},{told[1]},{final}".encode(), "sha256")
            proof = bytes(a ^ b for a, b in zip(key, signature))
            return f"{final},p={base64.b64encode(proof).decode()}".encode()
        try:
            return client.authenticate("SCRAM-SHA-256", answer)[0] == "OK"
        except imaplib.IMAP4.error as error:
            return str(error)

    def test_scram_by_a_name_with_the_label(self):
        wrong = "Wrong user name or password"
        self.assertIs(True, self.scram(BOB, "hungry"))
        self.assertIs(True, self.scram("bob%all@hamburger.edu", self.passwords["all"]))
        self.assertIs(True, self.scram("bob%mail", self.passwords["mail"]))
        self.assertIn(wrong, self.scram(BOB, self.passwords["all"]))
        self.assertIn(wrong, self.scram("bob%all@hamburger.edu", self.passwords["mail"]))
        self.assertIn(wrong, self.scram("bob%all@hamburger.edu", "hungry"))
        self.assertIn("NOPERM", self.scram("bob%send@hamburger.edu", self.passwords["send"]))

    def test_a_removed_one_ends_its_sessions_alone(self):
        password = self.make("lost")
        gone, stays = self.imap(BOB, password), self.imap(BOB, self.passwords["all"])
        own = self.imap(BOB, "hungry")
        self.server.run("account", "app-password", "remove", BOB, "lost")

        def ended():
            try:
                return gone.noop()[0] != "OK"
            except (imaplib.IMAP4.abort, OSError):
                return True
        wait_for(ended, what="the end of the session")
        for other in (stays, own):
            self.assertEqual("OK", other.noop()[0])
        with self.assertRaisesRegex(imaplib.IMAP4.error, "AUTHENTICATIONFAILED"):
            self.imap(BOB, password)

    def test_its_use_is_listed(self):
        label = "listed"
        self.imap(BOB, self.make(label))
        wait_for(lambda: f"{label}  all  since" in (shown := self.server.run("account", "app-password", "list", BOB))
                 and "from 127.0.0.1" in [line for line in shown.splitlines() if line.startswith(label)][0],
                 seconds=30, what="the use is written")


if __name__ == "__main__":
    unittest.main()
