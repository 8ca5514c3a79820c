"""Browsers' log-ins with a real HTTP client: over a restart, listed and ended, bounded by account, a new password."""
import http.client
import imaplib
import json
import re
import ssl
import unittest
import urllib.parse

from tests.support.mailstead import Mailstead

BOB, EVE = "bob@hamburger.edu", "eve@hamburger.edu"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Browser:
    def __init__(self, server, tls=False):
        self.server, self.tls, self.cookie = server, tls, ""

    def ask(self, method, path, form=None):
        if self.tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # self-signed
            connection = http.client.HTTPSConnection("127.0.0.1", self.server.port("https"), timeout=20, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port("http"), timeout=20)
        try:
            connection.request(method, path, urllib.parse.urlencode(form) if form else None,
                               {"Cookie": self.cookie, "User-Agent": "a browser", **(FORM if form else {})})
            answer = connection.getresponse()
            return answer, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def log_in(self, user=BOB, password="hungry"):
        answer, _ = self.ask("POST", "/login", {"user": user, "password": password})
        self.set_cookie = answer.getheader("Set-Cookie") or ""
        self.cookie = self.set_cookie.split(";")[0]
        return self

    def is_in(self):
        return self.ask("GET", "/mail")[0].status == 200

    def post(self, path, **form):
        token = re.search(r'name="token" value="([^"]+)"', self.ask("GET", "/compose")[1])[1]
        return self.ask("POST", path, {"token": token, **form})[0]


class WebLogIns(unittest.TestCase):
    def setUp(self):
        self.server = Mailstead(["hamburger.edu"], {BOB: "hungry", EVE: "secret-eve"},
                                config="[limits]\nlogin_delay = \"0s\"\nweb_sessions = 5\n").start()
        self.addCleanup(self.server.__exit__, None, None, None)

    def listed(self):
        return [one for one in json.loads(self.server.run("session", "list", "--json")) if one["door"] == "http"]

    def test_over_a_restart_listed_and_ended(self):
        browser = Browser(self.server).log_in()
        self.assertTrue(browser.is_in())
        self.assertEqual(0, self.server.stop())
        self.server.start()
        self.assertTrue(browser.is_in())
        [one] = self.listed()
        self.assertEqual((BOB, "127.0.0.1", "a browser"), (one["account"], one["address"], one["user_agent"]))
        self.server.run("session", "end", one["session"])
        self.assertFalse(browser.is_in())

    def test_many_of_one_account_end_its_own(self):
        eve, first = Browser(self.server).log_in(EVE, "secret-eve"), Browser(self.server).log_in()
        last = [Browser(self.server).log_in() for _ in range(40)][-1]
        self.assertEqual(6, len(self.listed()))
        self.assertTrue(eve.is_in())
        self.assertTrue(last.is_in())
        self.assertFalse(first.is_in())

    def test_the_cookie_and_what_is_left_after_a_log_out(self):
        browser = Browser(self.server, tls=True).log_in()
        for part in ("__Host-mailstead=", "; Path=/", "; HttpOnly", "; SameSite=Strict", "; Secure"):
            self.assertIn(part, browser.set_cookie)
        self.assertEqual("no-store", browser.ask("GET", "/mail")[0].getheader("Cache-Control"))
        answer = browser.post("/logout")
        self.assertEqual('"cache", "cookies", "storage"', answer.getheader("Clear-Site-Data"))
        self.assertFalse(browser.is_in())

    def test_a_new_password(self):
        here, there = Browser(self.server).log_in(), Browser(self.server).log_in()
        program = imaplib.IMAP4("127.0.0.1", self.server.port("imap"))
        self.addCleanup(program.shutdown)
        program.login(BOB, "hungry")
        self.assertEqual(403, here.post("/password", password="wrong", new="thirsty1", again="thirsty1").status)
        self.assertEqual(303, here.post("/password", password="hungry", new="thirsty1", again="thirsty1").status)
        self.assertTrue(here.is_in())
        self.assertFalse(there.is_in())
        try:
            self.assertEqual("NO", program.select("INBOX")[0])  # its end may come a moment later
        except (imaplib.IMAP4.abort, OSError):
            pass
        self.assertFalse(Browser(self.server).log_in().is_in())
        self.assertTrue(Browser(self.server).log_in(BOB, "thirsty1").is_in())
        self.assertIn("account.passwd", self.server.run("audit", "--account", BOB))


if __name__ == "__main__":
    unittest.main()
