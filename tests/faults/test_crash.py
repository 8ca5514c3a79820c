"""kill -9 at 20 random moments under load: what was answered 250 is there exactly once, and so is the notice that it was
delivered (RFC 3461 §5.2.3); UIDs are never reused."""
import imaplib
import os
import random
import re
import smtplib
import threading
import time
import unittest

from tests.support.mailstead import Mailstead, wait_for

ROUNDS = 20
USERS = [f"user{number}@crash.test" for number in range(4)]
SEED = int(os.environ.get("MAILSTEAD_TEST_SEED", time.time_ns() % 1_000_000))


class Sender(threading.Thread):
    """Sends numbered messages until the server dies; remembers which were answered 250."""

    def __init__(self, server, name, recipients, size):
        super().__init__()
        self.server, self.name, self.recipients, self.size = server, name, recipients, size
        self.accepted, self.unknown = [], []

    def run(self):
        number = 0
        try:
            smtp = smtplib.SMTP("127.0.0.1", self.server.port("submission"), timeout=10)
            smtp.starttls()
            smtp.login(USERS[0], "password")
            while True:
                mark = f"{self.name}.{number}"
                number += 1
                self.unknown.append(mark)
                refused = smtp.sendmail(USERS[0], self.recipients, f"Subject: {mark}\r\n\r\n" + "x" * self.size + "\r\n",
                                        mail_options=[f"ENVID={mark}"], rcpt_options=["NOTIFY=SUCCESS,FAILURE"])
                assert not refused
                self.accepted.append(self.unknown.pop())
        except (OSError, smtplib.SMTPException, EOFError):
            pass


class Crash(unittest.TestCase):
    def test_kill_nine(self):
        print(f"seed {SEED}")
        chance = random.Random(SEED)
        # Mail for elsewhere stays in the queue: nobody listens at the route's port.
        config = '[[queue.route]]\ndomain = "elsewhere.test"\nhost = "127.0.0.1"\nport = 9\n'
        # One account sends all of it.
        config += "[limits]\n" + "".join(f"{what}_per_account_per_{time} = 0\n" for what in ("messages", "recipients")
                                          for time in ("hour", "day"))
        server = Mailstead(["crash.test"], {name: "password" for name in USERS}, config=config)
        accepted, possible, uids = [], set(), {}
        try:
            for round_number in range(ROUNDS):
                server.start()
                senders = [Sender(server, f"r{round_number}s{index}", USERS[1:] + [f"{round_number}.{index}@elsewhere.test"], size)
                           for index, size in enumerate((200, 4000, 4000, 90_000))]
                for sender in senders:
                    sender.start()
                # At a random moment, but under load, however busy the machine is.
                wanted = chance.randint(1, 8)
                wait_for(lambda: sum(len(sender.accepted) for sender in senders) >= wanted, 60, "messages are accepted")
                time.sleep(chance.uniform(0, 0.4))
                server.kill()
                for sender in senders:
                    sender.join(20)
                    self.assertFalse(sender.is_alive())
                    accepted += sender.accepted
                    possible |= set(sender.accepted) | set(sender.unknown)
                server.start()
                self.check(server, accepted, possible, uids)
                server.kill()
            out = server.run("check")
            self.assertNotIn("error", out.lower())
        finally:
            server.kill()
        self.assertGreaterEqual(len(accepted), ROUNDS)
        print(f"{len(accepted)} messages were answered 250 over {ROUNDS} kills")

    def check(self, server, accepted, possible, uids):
        queued = server.run("queue", "list", "--json")
        for user in USERS:
            # The sender has the notices: each tells of its message by the envelope id in its second part.
            section, field = ("2", "Original-Envelope-Id") if user == USERS[0] else ("HEADER.FIELDS (SUBJECT)", "Subject")
            imap = imaplib.IMAP4("127.0.0.1", server.port("imap"))
            imap.login(user, "password")
            imap.select("INBOX", readonly=True)
            validity = imap.response("UIDVALIDITY")[1][0]
            _, data = imap.uid("FETCH", "1:*", f"(UID BODY.PEEK[{section}])")
            imap.logout()
            seen = {}
            for part in data:
                if not isinstance(part, tuple):
                    continue
                uid = int(part[0].split(b"UID ")[1].split()[0].rstrip(b")"))
                mark = re.search(rf"^{field}: (\S+)", part[1].decode(), re.M)[1]
                self.assertNotIn(mark, seen, f"{mark} is there twice for {user}")
                seen[mark] = uid
                self.assertIn(mark, possible)
                # A UID once seen belongs to that message for ever.
                self.assertEqual(mark, uids.setdefault((user, validity, uid), mark), f"UID {uid} of {user} was given twice")
            lost = set(accepted) - set(seen)
            self.assertFalse(lost, f"answered 250 and not in {user}'s mailbox: {sorted(lost)[:5]}")
        for mark in accepted:
            round_number, index = mark.split(".")[0][1:].split("s")
            self.assertIn(f"{round_number}.{index}@elsewhere.test", queued)
        self.assertGreaterEqual(queued.count("@elsewhere.test"), len(accepted))


if __name__ == "__main__":
    unittest.main()
