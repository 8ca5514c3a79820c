"""POP3's delete marks (RFC 1939 §5, §6): in the store soon after DELE, gone with a server that is killed; and clients that
log in again at once all get in."""
import concurrent.futures
import http.client
import poplib
import smtplib
import sqlite3
import unittest
import urllib.parse

from tests.support.mailstead import Mailstead, wait_for

BOB = "bob@marks.test"


def pop(server):
    session = poplib.POP3("127.0.0.1", server.port("pop3"), timeout=20)
    session.user(BOB)
    session.pass_("password")
    return session


class Pop3Marks(unittest.TestCase):
    def setUp(self):
        self.server = Mailstead(["marks.test"], {BOB: "password"})
        self.addCleanup(self.server.kill)
        self.server.start()
        with smtplib.SMTP("127.0.0.1", self.server.port("smtp")) as smtp:
            for number in range(3):
                smtp.sendmail("alice@elsewhere.test", [BOB], f"Subject: {number}\r\n\r\n{number}\r\n")

    def marks(self):
        store = sqlite3.connect(f"file:{self.server.directory}/mailstead.db?mode=ro", uri=True)
        try:
            return store.execute("SELECT uid FROM pop3_mark ORDER BY uid").fetchall()
        finally:
            store.close()

    def test_marks_do_not_outlive_a_kill(self):
        session = pop(self.server)
        session.dele(2)
        wait_for(lambda: self.marks() == [(2,)], what="one DELE's mark in the store")
        self.server.kill()
        self.server.start()
        self.assertEqual(self.marks(), [])
        again = pop(self.server)
        self.assertEqual(again.stat()[0], 3)
        again.quit()

    def page(self):
        """The message list of the page, as a browser sees it that has just logged in."""
        browser = http.client.HTTPConnection("127.0.0.1", self.server.port("http"), timeout=20)
        self.addCleanup(browser.close)
        browser.request("POST", "/login", urllib.parse.urlencode({"user": BOB, "password": "password"}),
                        {"Content-Type": "application/x-www-form-urlencoded"})
        answer = browser.getresponse()
        answer.read()
        self.assertEqual(answer.status, 303)
        browser.request("GET", "/mail", headers={"Cookie": answer.getheader("Set-Cookie").split(";")[0]})
        answer = browser.getresponse()
        self.assertEqual(answer.status, 200)
        return answer.read().decode()

    def test_the_page_tells_what_a_pop3_session_is_about_to_remove(self):
        told = "being removed by POP3"
        self.assertNotIn(told, self.page())
        session = pop(self.server)
        session.dele(2)
        wait_for(lambda: told in self.page(), what="the mark on the page")
        line = [row for row in self.page().split("<tr") if told in row]
        self.assertEqual(len(line), 1)
        self.assertIn("uid=2", line[0])
        session.rset()
        wait_for(lambda: told not in self.page(), what="no mark behind RSET")
        session.dele(1)
        wait_for(lambda: told in self.page(), what="the mark on the page, again")
        session.quit()
        self.assertNotIn(told, self.page())
        self.assertNotIn("uid=1", self.page())

    def test_twenty_clients_at_once(self):
        def visit(_):
            session = pop(self.server)
            count = session.stat()[0]
            session.quit()
            return count
        with concurrent.futures.ThreadPoolExecutor(20) as clients:
            self.assertEqual(list(clients.map(visit, range(20))), [3] * 20)


if __name__ == "__main__":
    unittest.main()
