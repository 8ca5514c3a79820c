"""DANE between Mailstead and Postfix, both directions, over a DNS that is signed. RFC 7672. In a network of its own.

knot serves the zones at 127.0.0.1; dnsmasq validates for Postfix at 127.0.0.53; Mailstead is mx.here.test at 127.0.0.2 and
Postfix mx.there.test at 127.0.0.3.
"""
import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
import imaplib  # noqa: E402
import pathlib  # noqa: E402
import smtplib  # noqa: E402
import ssl  # noqa: E402
import tempfile  # noqa: E402
import unittest  # noqa: E402

from tests.support.dnsmasq import start_dnsmasq  # noqa: E402
from tests.support.mailstead import Mailstead, wait_for  # noqa: E402
from tests.support.postfix import Postfix, sh  # noqa: E402
from tests.support.zones import Zones, tlsa  # noqa: E402

BOB = "bob@here.test"
DORA = "dora@there.test"
PORTS = dict(smtp=25, submission=587, submissions=465, imap=143, imaps=993, pop3=110, pop3s=995, http=80, https=443)


class DanePostfix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-dane-postfix-"))
        cls.directory.chmod(0o755)
        sh("ip", "address", "add", "127.0.0.3/8", "dev", "lo")  # Postfix listens only where an interface has the address
        cls.zones = Zones(cls.directory / "zones")
        cls.addClassCleanup(cls.zones.stop)
        cls.zones.publish()
        dns = start_dnsmasq(cls.directory, cls.zones)
        cls.addClassCleanup(lambda: (dns.terminate(), dns.wait()))
        cls.server = Mailstead(["here.test"], {BOB: "hungry"}, address="127.0.0.2", hostname="mx.here.test", ports=PORTS,
                               config=f'[dns]\nservers = ["127.0.0.1"]\ntrust_anchor = "{cls.zones.anchor}"\n'
                                      '[queue]\ndestination_networks = ["127.0.0.0/8"]\nschedule = ["1s"]\n').start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.certificate = cls.directory / "mailstead.pem"
        cls.certificate.write_text(ssl.get_server_certificate(("127.0.0.2", 465)))
        cls.postfix = Postfix(cls.directory / "postfix", "127.0.0.3", "mx.there.test", "there.test", "dora",
                              "smtp_dns_support_level = dnssec\nsmtp_tls_security_level = dane\nsmtp_host_lookup = dns\n"
                              "smtp_connection_cache_on_demand = no\n")
        cls.addClassCleanup(cls.postfix.stop)

    def publish(self, here=(), there=()):
        """The zones, with these TLSA records for the mail hosts."""
        for name, address, records in (("here.test", "127.0.0.2", here), ("there.test", "127.0.0.3", there)):
            self.zones.put(name, ["@ MX 10 mx", f"mx A {address}", *[f"_25._tcp.mx TLSA {record}" for record in records]])
        self.zones.publish()

    def send_to_dora(self, subject):
        self.relayed = len(self.lines("relayed"))
        with smtplib.SMTP("127.0.0.2", 587) as smtp:
            smtp.starttls()
            smtp.login(BOB, "hungry")
            smtp.sendmail(BOB, [DORA], f"From: {BOB}\r\nTo: {DORA}\r\nSubject: {subject}\r\n\r\nHello.\r\n")

    def send_to_bob(self, subject):
        with smtplib.SMTP("127.0.0.3", 25, source_address=("127.0.0.3", 0)) as smtp:
            smtp.sendmail(DORA, [BOB], f"From: {DORA}\r\nTo: {BOB}\r\nSubject: {subject}\r\n\r\nHello.\r\n")

    def has_arrived(self, subject):
        imap = imaplib.IMAP4("127.0.0.2", 143)
        try:
            imap.starttls(ssl._create_unverified_context())  # pylint: disable=protected-access
            imap.login(BOB, "hungry")
            imap.select("INBOX", readonly=True)
            return imap.search(None, "SUBJECT", subject)[1][0]
        finally:
            imap.logout()

    def lines(self, event):
        return [line for line in self.server.log.read_text().splitlines() if f"event={event} " in line]

    def test_from_mailstead_without_with_broken_and_rolled_records(self):
        self.publish()
        self.send_to_dora("without")
        self.delivered("without", "opportunistic")

        old = tlsa(self.postfix.certificate)
        self.publish(there=[old])
        self.wait_for_new_sessions()
        self.send_to_dora("with")
        self.delivered("with", "dane")

        # A new key whose record is missing: broken until it is there. Its record stands beside the old one's.
        self.postfix.new_key("mx.there.test")
        self.postfix.command("reload")
        self.wait_for_new_sessions()
        self.send_to_dora("rolled")
        wait_for(lambda: any("DANE: TLS handshake failed" in line for line in self.lines("not-connected")), 30, "it is told")
        self.assertNotIn("Subject: rolled", self.postfix.mailbox())
        self.assertIn(DORA, self.server.run("queue", "list", "--json"))
        self.publish(there=[old, tlsa(self.postfix.certificate)])
        self.server.run("queue", "retry")
        self.delivered("rolled", "dane")

    def delivered(self, subject, protection):
        wait_for(lambda: f"Subject: {subject}\n" in self.postfix.mailbox(), 30, "it arrives")
        wait_for(lambda: len(self.lines("relayed")) > self.relayed, what="the log says so")
        self.assertIn(f"protection={protection} ", self.lines("relayed")[-1])

    def wait_for_new_sessions(self):
        """Mailstead keeps a connection for two seconds: until Postfix has seen its last one end."""
        wait_for(lambda: self.postfix.log().count(": connect from ") == self.postfix.log().count(": disconnect from "), 30,
                 "no session is open")

    def test_from_postfix_which_verifies(self):
        good = tlsa(self.certificate)
        self.publish(here=[good])
        self.send_to_bob("verified")
        wait_for(lambda: self.has_arrived("verified"), 30, "it arrives")
        self.assertIn("Verified TLS connection established to mx.here.test", self.postfix.log())

        self.publish(here=["3 1 1 " + "00" * 32])
        self.postfix.command("reload")  # its clients remember records for a moment
        self.send_to_bob("waits")
        wait_for(lambda: "Server certificate not verified" in self.postfix.log() or "status=deferred" in self.postfix.log(), 30,
                 "Postfix defers")
        self.assertFalse(self.has_arrived("waits"))
        self.publish(here=["3 1 1 " + "00" * 32, good])
        wait_for(lambda: self.has_arrived("waits"), 40, "it arrives")


if __name__ == "__main__":
    unittest.main()
