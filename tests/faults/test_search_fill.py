"""kill -9 while the search index is filled: a search finds exactly what was appended, however much is indexed, and
`mailstead check` finds nothing wrong with it."""
import imaplib
import os
import random
import socket
import time
import unittest

from tests.support.mailstead import Mailstead

ROUNDS = 6
A_ROUND = 300  # messages, two commits of the index
MARKS = ["quokkaberry", "zephyrine", "mondegreen"]
WORDS = ["harbour", "lantern", "meadow", "orchard", "pebble", "quarry", "ripple", "saddle", "timber", "valley"]
SEED = int(os.environ.get("MAILSTEAD_TEST_SEED", time.time_ns() % 1_000_000))


class SearchFill(unittest.TestCase):
    def test_kill_nine(self):
        print(f"seed {SEED}")
        self.chance = random.Random(SEED)
        self.expected = {mark: set() for mark in MARKS}  # message numbers
        self.messages = 0
        server = Mailstead(["fill.test"], {"bob@fill.test": "hungry"})
        try:
            for _ in range(ROUNDS):
                server.start()
                self.append(server)
                # The index looks for new content once a second, and takes a few hundred milliseconds for this much.
                time.sleep(self.chance.uniform(0, 1.5))
                server.kill()
                self.assertNotIn("error", server.run("check").lower())
                server.start()
                self.compare(server)
                server.kill()
        finally:
            server.kill()
        self.assertEqual(self.messages, ROUNDS * A_ROUND)

    def append(self, server):
        with imaplib.IMAP4("127.0.0.1", server.port("imap")) as imap:
            imap.login("bob@fill.test", "hungry")
            imap.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # imaplib sends a literal in two pieces
            for _ in range(A_ROUND):
                text = self.chance.choices(WORDS, k=200)
                self.messages += 1
                for mark in MARKS:
                    if self.chance.random() < 0.02:
                        text.insert(self.chance.randrange(200), mark)
                        self.expected[mark].add(self.messages)
                message = f"Subject: {self.messages}\r\n\r\n{' '.join(text)}\r\n"
                self.assertEqual(imap.append("INBOX", None, None, message.encode())[0], "OK")

    def compare(self, server):
        with imaplib.IMAP4("127.0.0.1", server.port("imap")) as imap:
            imap.login("bob@fill.test", "hungry")
            self.assertEqual(int(imap.select("INBOX", readonly=True)[1][0]), self.messages)
            for mark in MARKS:
                found = imap.search(None, "BODY", mark)[1][0].split()
                self.assertEqual({int(number) for number in found}, self.expected[mark], mark)


if __name__ == "__main__":
    unittest.main()
