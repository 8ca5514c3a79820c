"""REQUIRETLS and TLS-Required: which hosts a sender's demand finds, and what it is told. RFC 8689.

In a network of its own: knot serves the zones at 127.0.0.1, Mailstead is mx.here.test at 127.0.0.2, peers are elsewhere.
"""
import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
import imaplib  # noqa: E402
import smtplib  # noqa: E402
import unittest  # noqa: E402

from tests.support.mailstead import wait_for  # noqa: E402
from tests.support.outgoing import BOB, Outgoing  # noqa: E402
from tests.support.zones import tlsa  # noqa: E402

ANNOUNCED = ("8BITMIME", "PIPELINING", "REQUIRETLS", "DSN")
DEMAND = ("REQUIRETLS", "RET=FULL")


class RequireTls(Outgoing):
    def demanded(self, recipient):
        self.send(recipient, options=DEMAND)

    def keeps_the_demand(self, server, recipient, protection):
        mail = self.arrives(server, recipient, protection + "+requiretls")[3]
        self.assertIn(" REQUIRETLS", mail)
        self.assertNotIn("RET=FULL", mail)  # RFC 8689 §5
        self.assertIn("wants=requiretls", self.line("accepted", f"to={recipient} "))

    def comes_back(self, server, recipient, status):
        line = wait_for(lambda: self.line("failed", f"to={recipient} "), 20, "it is given up at once")
        self.assertIn(f"status={status} ", line)
        self.assertEqual(server.messages, [])
        bounce = wait_for(lambda: self.bounce(recipient), 20, "the sender hears of it")
        self.assertIn(f"Status: {status}", bounce)
        self.assertIn("Content-Type: text/rfc822-headers", bounce)  # RFC 8689 §5
        self.assertNotIn("Hello.", bounce)

    def bounce(self, recipient):
        imap = imaplib.IMAP4("127.0.0.2", self.server.port("imap"))
        try:
            imap.login(BOB, "hungry")
            imap.select("INBOX", readonly=True)
            found = imap.search(None, "TEXT", f"<{recipient}>")[1][0].split()
            return "".join(imap.fetch(one, "(BODY.PEEK[])")[1][0][1].decode() for one in found)
        finally:
            imap.logout()

    def test_dane(self):
        server, address, name = self.peer("bad", extensions=ANNOUNCED)
        self.publish(name, address, None, records=["_25._tcp.mx TLSA " + tlsa(self.certificates["bad"][1])], signed=True)
        self.demanded("a@" + name)
        self.keeps_the_demand(server, "a@" + name, "dane")

    def test_signed_zone_without_tlsa_records(self):
        server, address, name = self.peer(extensions=ANNOUNCED)
        self.publish(name, address, None, signed=True)
        self.demanded("a@" + name)
        self.keeps_the_demand(server, "a@" + name, "pkix")

    def test_tlsa_records_that_nobody_can_use_leave_it_to_authorities(self):
        record = ["_25._tcp.mx TLSA " + tlsa(self.certificates["bad"][1], usage=1)]
        server, address, name = self.peer(extensions=ANNOUNCED)
        self.publish(name, address, None, records=record, signed=True)
        self.demanded("a@" + name)
        self.keeps_the_demand(server, "a@" + name, "pkix")
        server, address, name = self.peer("bad", extensions=ANNOUNCED)
        self.publish(name, address, None, records=record, signed=True)
        self.demanded("a@" + name)
        self.comes_back(server, "a@" + name, "5.7.10")

    def test_policy(self):
        for mode in ("enforce", "testing"):
            server, address, name = self.peer(extensions=ANNOUNCED)
            self.publish(name, address)
            self.policy(name, mode)
            self.demanded("a@" + name)
            self.keeps_the_demand(server, "a@" + name, "sts")

    def test_testing_policy_excuses_no_certificate_and_no_other_host(self):
        server, address, name = self.peer("bad", extensions=ANNOUNCED)
        self.publish(name, address)
        self.policy(name, "testing")
        self.demanded("a@" + name)
        self.comes_back(server, "a@" + name, "5.7.10")
        server, address, name = self.peer(extensions=ANNOUNCED)
        self.publish(name, address)
        self.policy(name, "testing", mx="*.elsewhere.test")
        self.demanded("a@" + name)
        self.comes_back(server, "a@" + name, "5.7.10")

    def test_policy_that_cannot_be_fetched_may_come(self):
        server, address, name = self.peer(extensions=ANNOUNCED)
        self.publish(name, address, policy_host="127.0.0.9")  # nobody listens there
        self.demanded("a@" + name)
        self.stays(server, "a@" + name, "4.7.5", "cannot be fetched")

    def test_nothing_proves_the_hosts_name(self):
        server, address, name = self.peer(extensions=ANNOUNCED)
        self.publish(name, address, None)
        self.demanded("a@" + name)
        self.comes_back(server, "a@" + name, "5.7.10")
        self.send("b@" + name)
        self.arrives(server, "b@" + name, "opportunistic")

    def test_host_that_does_not_announce_it(self):
        server, address, name = self.peer()
        self.publish(name, address, None, signed=True)
        self.demanded("a@" + name)
        self.comes_back(server, "a@" + name, "5.7.30")

    def test_host_without_tls(self):
        server, address, name = self.peer(None, extensions=ANNOUNCED)
        self.publish(name, address, None, signed=True)
        self.demanded("a@" + name)
        self.comes_back(server, "a@" + name, "5.7.10")

    def test_next_host_that_keeps_it_is_taken(self):
        lacking, address, name = self.peer()
        able, other, _ = self.peer(extensions=ANNOUNCED)
        self.publish(name, address, None, records=["@ MX 20 mta-sts"], policy_host=other, signed=True)
        self.demanded("a@" + name)
        self.keeps_the_demand(able, "a@" + name, "pkix")
        self.assertEqual(lacking.messages, [])

    def test_queue_shows_what_is_wanted(self):
        _, _, name = self.peer(extensions=ANNOUNCED)
        self.publish(name, "127.0.0.9", None, signed=True)  # nobody listens there
        self.demanded("a@" + name)
        wait_for(lambda: "status=4.4.1" in self.line("deferred", f"to=a@{name} "), 20, "that may pass: it waits")
        self.assertIn("requiretls", self.server.run("queue", "list"))
        self.drop()

    def test_tls_required_no_goes_past_policies(self):
        server, address, name = self.peer("bad")
        self.publish(name, address, records=["_25._tcp.mx TLSA " + tlsa(self.certificates["good"][1])], signed=True)
        self.policy(name, "enforce")
        self.send("a@" + name)
        self.stays(server, "a@" + name, "4.7.5", "DANE")
        self.send("b@" + name, fields="TLS-Required: No\r\n")
        self.assertIn("TLS-Required: No", self.arrives(server, "b@" + name, "opportunistic")[1])

    def test_tls_required_no_goes_to_hosts_that_a_policy_does_not_name_and_without_tls(self):
        server, address, name = self.peer(None)
        self.publish(name, address)
        self.policy(name, "enforce", mx="*.elsewhere.test")
        self.send("a@" + name, fields="TLS-Required: No\r\n")
        self.arrives(server, "a@" + name, "none")

    def test_demand_outranks_the_field(self):
        server, address, name = self.peer("bad", extensions=ANNOUNCED)
        self.publish(name, address, None, signed=True)
        self.send("a@" + name, fields="TLS-Required: No\r\n", options=DEMAND)
        self.comes_back(server, "a@" + name, "5.7.10")

    def test_from_another_server_to_a_mailbox(self):
        with smtplib.SMTP("127.0.0.2", self.server.port("smtp")) as smtp:
            smtp.ehlo("far.test")
            self.assertFalse(smtp.has_extn("requiretls"))
            self.assertEqual(smtp.docmd("MAIL FROM:<x@far.test> REQUIRETLS")[0], 530)
            smtp.starttls()
            smtp.ehlo("far.test")
            self.assertTrue(smtp.has_extn("requiretls"))
            smtp.sendmail("x@far.test", [BOB], "From: x@far.test\r\nSubject: local\r\n\r\nHi\r\n", ["REQUIRETLS"])


if __name__ == "__main__":
    unittest.main()
