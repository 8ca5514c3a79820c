"""POP3's delete marks (RFC 1939 §5, §6): in the store soon after DELE, gone with a server that is killed; and clients that
log in again at once all get in."""
import concurrent.futures
import poplib
import smtplib
import sqlite3
import unittest

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
