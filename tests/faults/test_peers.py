"""The three cases of the seed notes: the other server is down, does not exist, is too busy. Between two servers of ours."""
import email
import imaplib
import json
import smtplib
import socket
import threading
import unittest

from tests.support.mailstead import Mailstead, free_ports, wait_for

ALICE = "alice@crepes.fr"


class BusyServer(threading.Thread):
    """Answers 421 to everyone: too busy (RFC 5321 §3.8)."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.greeted = 0

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.sendall(b"421 4.3.2 too busy, try again later\r\n")
            connection.close()
            self.greeted += 1


def queue_config(routes, schedule, lifetime):
    text = f"[queue]\nschedule = {schedule}\nlifetime = \"{lifetime}\"\n"
    for domain, port in routes.items():
        text += f'[[queue.route]]\ndomain = "{domain}"\nhost = "127.0.0.1"\nport = {port}\n'
    return text


class Peers(unittest.TestCase):
    def submit(self, server, recipient):
        with smtplib.SMTP("127.0.0.1", server.port("submission")) as smtp:
            smtp.login(ALICE, "ketchup")
            smtp.sendmail(ALICE, [recipient], f"From: {ALICE}\r\nTo: {recipient}\r\nSubject: hello\r\n\r\nDo you like ketchup?\r\n")

    def inbox(self, server, user, password):
        imap = imaplib.IMAP4("127.0.0.1", server.port("imap"))
        imap.login(user, password)
        imap.select("INBOX", readonly=True)
        _, data = imap.fetch("1:*", "(BODY.PEEK[])") if imap.search(None, "ALL")[1][0] else (None, [])
        imap.logout()
        return [email.message_from_bytes(part[1]) for part in data if isinstance(part, tuple)]

    def is_empty(self, server):
        return server.run("queue", "list", "--json").strip() in ("", "[]")

    def check_bounce(self, message, recipient):
        """RFC 3464, RFC 6522."""
        self.assertEqual("multipart/report", message.get_content_type())
        self.assertEqual("delivery-status", message.get_param("report-type"))
        self.assertEqual("<>", message["Return-Path"])
        self.assertEqual("auto-replied", message["Auto-Submitted"].split(";")[0].strip())
        human, report, returned = message.get_payload()
        self.assertEqual("text/plain", human.get_content_type())
        self.assertIn(recipient, human.get_payload(decode=True).decode())
        per_message, per_recipient = report.get_payload()
        self.assertTrue(per_message["Reporting-MTA"].startswith("dns;"))
        self.assertEqual(recipient, per_recipient["Final-Recipient"].split(";")[1].strip())
        self.assertEqual("failed", per_recipient["Action"])
        self.assertRegex(per_recipient["Status"], r"^[45]\.\d+\.\d+$")
        self.assertIn(returned.get_content_type(), ("message/rfc822", "text/rfc822-headers"))
        self.assertIn("hello", returned.as_string())

    def test_down_then_up(self):
        """The server is down: the message waits in the queue, over a restart too, and arrives when it is up."""
        there = Mailstead(["hamburger.edu"], {"bob@hamburger.edu": "hungry"})
        here = Mailstead(["crepes.fr"], {ALICE: "ketchup"},
                         config=queue_config({"hamburger.edu": there.port("smtp")}, ["1s"], "1h"))
        try:
            here.start()
            self.submit(here, "bob@hamburger.edu")
            wait_for(lambda: self.attempts(here) >= 1, what="one attempt was made")
            here.kill()
            here.start()
            self.assertFalse(self.is_empty(here))
            there.start()
            messages = wait_for(lambda: self.inbox(there, "bob@hamburger.edu", "hungry"), 30, "Bob has it")
            self.assertEqual(["hello"], [message["Subject"] for message in messages])
            wait_for(lambda: self.is_empty(here), what="the queue is empty")
        finally:
            here.kill()
            there.kill()

    def test_down_for_good(self):
        """After the retries Alice gets a mail that it could not be delivered, and the message leaves the queue."""
        nobody, = free_ports(1)
        with Mailstead(["crepes.fr"], {ALICE: "ketchup"}, config=queue_config({"hamburger.edu": nobody}, ["1s"], "3s")) as here:
            self.submit(here, "bob@hamburger.edu")
            messages = wait_for(lambda: self.inbox(here, ALICE, "ketchup"), 30, "the bounce")
            self.check_bounce(messages[0], "bob@hamburger.edu")
            self.assertTrue(self.is_empty(here))

    def test_delay_notice(self):
        """After a while (4 h by default) Alice is notified once of the delay; the message stays in the queue."""
        nobody, = free_ports(1)
        config = queue_config({"hamburger.edu": nobody}, ["1s"], "1h").replace("lifetime", 'delay_notice_after = "2s"\nlifetime')
        with Mailstead(["crepes.fr"], {ALICE: "ketchup"}, config=config) as here:
            self.submit(here, "bob@hamburger.edu")
            messages = wait_for(lambda: self.inbox(here, ALICE, "ketchup"), 30, "the delay notice")
            _, report, _ = messages[0].get_payload()
            per_recipient = report.get_payload()[1]
            self.assertEqual("delayed", per_recipient["Action"])
            self.assertRegex(per_recipient["Status"], r"^4\.")
            self.assertIsNotNone(per_recipient["Will-Retry-Until"])
            attempts = self.attempts(here)
            wait_for(lambda: self.attempts(here) >= attempts + 2, 30, "more attempts")
            self.assertEqual(1, len(self.inbox(here, ALICE, "ketchup")), "once is enough")

    def attempts(self, server):
        return json.loads(server.run("queue", "list", "--json"))[0]["recipients"][0]["attempts"]

    def test_does_not_exist(self):
        """No such domain: reported at once (RFC 5321 §5.1), since no retry can help. The resolver answers NXDOMAIN."""
        with Mailstead(["crepes.fr"], {ALICE: "ketchup"}, config=queue_config({}, ["1h"], "5d")) as here:
            # RFC 2606: .invalid never exists; libunbound knows that by itself (RFC 6761 §6.4).
            self.submit(here, "bob@hamburger.invalid")
            messages = wait_for(lambda: self.inbox(here, ALICE, "ketchup"), 30, "the bounce")
            self.check_bounce(messages[0], "bob@hamburger.invalid")
            self.assertTrue(self.is_empty(here))

    def test_too_busy(self):
        """421: tried again, then given up."""
        busy = BusyServer()
        busy.start()
        with Mailstead(["crepes.fr"], {ALICE: "ketchup"}, config=queue_config({"hamburger.edu": busy.port}, ["1s"], "3s")) as here:
            self.submit(here, "bob@hamburger.edu")
            messages = wait_for(lambda: self.inbox(here, ALICE, "ketchup"), 30, "the bounce")
            self.check_bounce(messages[0], "bob@hamburger.edu")
            self.assertGreaterEqual(busy.greeted, 2, "it was tried again")
            self.assertIn("421 4.3.2", messages[0].as_string())
        busy.listener.close()


if __name__ == "__main__":
    unittest.main()
