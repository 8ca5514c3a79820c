"""Mailstead as mx.here.test at 127.0.0.2, another mail server as mx.there.test at 127.0.0.3, and a DNS that is signed: knot serves
the zones at 127.0.0.1, dnsmasq validates for the other server at 127.0.0.53. Only in a network of the test's own."""
import imaplib
import pathlib
import smtplib
import ssl
import tempfile
import unittest

from tests.support.dnsmasq import start_dnsmasq
from tests.support.mailstead import Mailstead, wait_for
from tests.support.postfix import sh
from tests.support.zones import Zones

BOB = "bob@here.test"
DORA = "dora@there.test"
PORTS = dict(smtp=25, submission=587, submissions=465, imap=143, imaps=993, pop3=110, pop3s=995, http=80, https=443)


class SignedPair(unittest.TestCase):
    config = ""  # more of Mailstead's

    @classmethod
    def start_other(cls):
        """The other server: it has has(), log() and stop()."""
        raise NotImplementedError

    def records(self, name):  # pylint: disable=unused-argument
        """More of a zone."""
        return []

    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-signed-pair-"))
        cls.directory.chmod(0o755)
        sh("ip", "address", "add", "127.0.0.3/8", "dev", "lo")  # servers listen only where an interface has the address
        cls.zones = Zones(cls.directory / "zones")
        cls.addClassCleanup(cls.zones.stop)
        cls.zones.publish()
        dns = start_dnsmasq(cls.directory, cls.zones)
        cls.addClassCleanup(lambda: (dns.terminate(), dns.wait()))
        cls.other = cls.start_other()
        cls.addClassCleanup(cls.other.stop)
        cls.server = Mailstead(["here.test"], {BOB: "hungry"}, address="127.0.0.2", hostname="mx.here.test", ports=PORTS,
                               config=f'[dns]\nservers = ["127.0.0.1"]\ntrust_anchor = "{cls.zones.anchor}"\n{cls.config}'
                                      '[queue]\ndestination_networks = ["127.0.0.0/8"]\nschedule = ["1s"]\n').start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.certificate = cls.directory / "mailstead.pem"
        cls.certificate.write_text(ssl.get_server_certificate(("127.0.0.2", 465)))

    def run(self, result=None):
        """What failed is told with what both servers say of it."""
        result = super().run(result)
        if result and any(test is self for test, _ in [*result.failures, *result.errors]):
            print(self.server.log.read_text()[-8000:], self.other.log()[-4000:], sep="\n")
        return result

    def publish(self, here=(), there=()):
        """The zones, with these TLSA records for the mail hosts."""
        for name, address, tlsas in (("here.test", "127.0.0.2", here), ("there.test", "127.0.0.3", there)):
            self.zones.put(name, ["@ MX 10 mx", f"mx A {address}", *self.records(name),
                                  *[f"_25._tcp.mx TLSA {record}" for record in tlsas]])
        self.zones.publish()

    def send_to_dora(self, subject):
        self.relayed = len(self.lines("relayed"))
        with smtplib.SMTP("127.0.0.2", 587) as smtp:
            smtp.starttls()
            smtp.login(BOB, "hungry")
            smtp.sendmail(BOB, [DORA], f"From: {BOB}\r\nTo: {DORA}\r\nSubject: {subject}\r\n\r\nHello.\r\n")

    def send_to_bob(self, subject):
        with smtplib.SMTP("127.0.0.3", 25, source_address=("127.0.0.3", 0)) as smtp:
            smtp.sendmail(DORA, [BOB], f"From: {DORA}\r\nTo: {BOB}\r\nSubject: {subject}\r\nDate: Mon, 30 Nov 2026 12:00:00 +0000\r\n"
                                       f"Message-ID: <{subject}@there.test>\r\n\r\nHello.\r\n")

    def arrived(self, subject):
        """The header of the message in Bob's INBOX; empty: it has not come."""
        imap = imaplib.IMAP4("127.0.0.2", 143)
        try:
            imap.starttls(ssl._create_unverified_context())  # pylint: disable=protected-access
            imap.login(BOB, "hungry")
            imap.select("INBOX", readonly=True)
            found = imap.search(None, "SUBJECT", subject)[1][0].split()
            return imap.fetch(found[0], "(BODY.PEEK[HEADER])")[1][0][1].decode() if found else ""
        finally:
            imap.logout()

    def lines(self, event):
        return [line for line in self.server.log.read_text().splitlines() if f"event={event} " in line]

    def delivered(self, subject, protection):
        wait_for(lambda: self.other.has(subject), 30, "it arrives")
        wait_for(lambda: len(self.lines("relayed")) > self.relayed, what="the log says so")
        self.assertIn(f"protection={protection} ", self.lines("relayed")[-1])

    def wait_for_new_sessions(self):
        """Mailstead keeps a connection for two seconds."""
        wait_for(lambda: not sh("ss", "-Htn", "state", "established", "dst", "127.0.0.3:25").strip(), 30, "no session is open")
