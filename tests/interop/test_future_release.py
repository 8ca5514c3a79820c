"""A message for a colleague on the same server is held, and comes when it is due: RFC 4865 with Python's smtplib."""
import imaplib
import smtplib
import unittest

from tests.support.mailstead import Mailstead, wait_for

ALICE, BOB = "alice@a.test", "bob@a.test"


class FutureRelease(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Mailstead(["a.test"], {ALICE: "ketchup", BOB: "hungry"}).start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)

    def inbox(self, account):
        imap = imaplib.IMAP4("127.0.0.1", self.server.port("imap"))
        imap.login(account, self.server.passwords[account])
        imap.select("INBOX", readonly=True)
        _, data = imap.fetch("1:*", "(BODY.PEEK[])")
        imap.logout()
        return [part[1].decode() for part in data if isinstance(part, tuple)]

    def submit(self, recipient, option):
        with smtplib.SMTP("127.0.0.1", self.server.port("submission"), timeout=20) as smtp:
            smtp.login(ALICE, "ketchup")
            smtp.sendmail(ALICE, [recipient], f"From: {ALICE}\r\nTo: {recipient}\r\nSubject: later\r\n\r\nx\r\n",
                          mail_options=[option], rcpt_options=["NOTIFY=SUCCESS,FAILURE"])

    def test_it_comes_when_it_is_due(self):
        self.submit(BOB, "HOLDFOR=3")
        self.assertIn(f"to <{BOB}>  pending", self.server.run("queue", "list"))
        wait_for(lambda: any("Subject: later" in one for one in self.inbox(BOB)), what="bob has it")
        wait_for(lambda: any("Action: delivered" in one for one in self.inbox(ALICE)), what="alice hears of it")
        wait_for(lambda: "pending" not in self.server.run("queue", "list"), what="the queue is done with it")

    def test_it_can_be_recalled(self):
        self.submit(BOB, "HOLDFOR=86400")
        self.server.run("queue", "drop", "--recipient", BOB)
        self.assertNotIn(BOB, self.server.run("queue", "list"))


if __name__ == "__main__":
    unittest.main()
