"""Mailstead and Exim, both directions, over a DNS that is signed: DANE (RFC 7672) with a rollover and a broken record, and DKIM (RFC
6376). In a network of its own.

knot serves the zones at 127.0.0.1; dnsmasq validates for Exim at 127.0.0.53; Mailstead is mx.here.test at 127.0.0.2 and Exim
mx.there.test at 127.0.0.3.
"""
import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
import imaplib  # noqa: E402
import pathlib  # noqa: E402
import smtplib  # noqa: E402
import ssl  # noqa: E402
import tempfile  # noqa: E402
import unittest  # noqa: E402

from tests.support.dnsmasq import start_dnsmasq  # noqa: E402
from tests.support.exim import Exim, sh  # noqa: E402
from tests.support.mailstead import Mailstead, wait_for  # noqa: E402
from tests.support.zones import Zones, tlsa  # noqa: E402

BOB = "bob@here.test"
DORA = "dora@there.test"
PORTS = dict(smtp=25, submission=587, submissions=465, imap=143, imaps=993, pop3=110, pop3s=995, http=80, https=443)


def txt(text):
    return " ".join(f'"{text[at:at + 200]}"' for at in range(0, len(text), 200))


class EximTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-exim-"))
        cls.directory.chmod(0o755)
        sh("ip", "address", "add", "127.0.0.3/8", "dev", "lo")
        cls.zones = Zones(cls.directory / "zones")
        cls.addClassCleanup(cls.zones.stop)
        cls.zones.publish()
        dns = start_dnsmasq(cls.directory, cls.zones)
        cls.addClassCleanup(lambda: (dns.terminate(), dns.wait()))
        cls.exim = Exim(cls.directory / "exim", "127.0.0.3", "mx.there.test", "there.test")
        cls.addClassCleanup(cls.exim.stop)
        cls.server = Mailstead(["here.test"], {BOB: "hungry"}, address="127.0.0.2", hostname="mx.here.test", ports=PORTS,
                               config=f'[dns]\nservers = ["127.0.0.1"]\ntrust_anchor = "{cls.zones.anchor}"\n[mail]\njudge = true\n'
                                      '[queue]\ndestination_networks = ["127.0.0.0/8"]\nschedule = ["1s"]\n').start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.certificate = cls.directory / "mailstead.pem"
        cls.certificate.write_text(ssl.get_server_certificate(("127.0.0.2", 465)))

    def run(self, result=None):
        """What failed is told with what both servers say of it."""
        result = super().run(result)
        if result and any(test is self for test, _ in [*result.failures, *result.errors]):
            print(self.server.log.read_text()[-8000:], self.exim.log()[-4000:], sep="\n")
        return result

    def publish(self, here=(), there=()):
        """The zones, with these TLSA records for the mail hosts, and the keys that sign."""
        printed = self.server.run("dns", "here.test").splitlines()
        key = next(line.split(" ", 4) for line in printed if "._domainkey." in line)
        keys = {"here.test": f"{key[0]} TXT {key[4]}", "there.test": "exim._domainkey TXT " + txt(self.exim.dkim_record())}
        for name, address, records in (("here.test", "127.0.0.2", here), ("there.test", "127.0.0.3", there)):
            self.zones.put(name, ["@ MX 10 mx", f"mx A {address}", f'@ TXT "v=spf1 ip4:{address} -all"', keys[name],
                                  *[f"_25._tcp.mx TLSA {record}" for record in records]])
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
        wait_for(lambda: f"Subject: {subject}\n" in self.exim.mailbox(), 90, "it arrives")
        wait_for(lambda: len(self.lines("relayed")) > self.relayed, what="the log says so")
        self.assertIn(f"protection={protection} ", self.lines("relayed")[-1])

    def wait_for_new_sessions(self):
        """Mailstead keeps a connection for two seconds; Exim tells nobody when one ends."""
        wait_for(lambda: not sh("ss", "-Htn", "state", "established", "dst", "127.0.0.3:25").strip(), 30, "no session is open")

    def test_to_exim_and_its_dkim_acl(self):
        self.publish()
        self.wait_for_new_sessions()
        self.send_to_dora("without")
        self.delivered("without", "opportunistic")
        selector = self.server.run("dkim", "list").split()[1]
        self.assertIn(f"X-Exim-Says: here.test {selector} rsa-sha256 pass\n", self.exim.mailbox())
        self.assertNotIn("fail", [line for line in self.exim.mailbox().splitlines() if line.startswith("X-Exim-Says")])

        old = tlsa(self.exim.certificate)
        self.publish(there=[old])
        self.wait_for_new_sessions()
        self.send_to_dora("with")
        self.delivered("with", "dane")

        # A new key whose record is missing: kept and told, until it stands beside the old one's.
        self.exim.new_key()
        self.wait_for_new_sessions()
        self.send_to_dora("rolled")
        wait_for(lambda: any("DANE: TLS handshake failed" in line for line in self.lines("not-connected")), 30, "it is told")
        self.assertNotIn("Subject: rolled", self.exim.mailbox())
        self.assertIn(DORA, self.server.run("queue", "list", "--json"))
        self.publish(there=[old, tlsa(self.exim.certificate)])
        self.server.run("queue", "retry")
        self.delivered("rolled", "dane")

    def test_from_exim_which_signs_and_verifies(self):
        self.publish()
        self.send_to_bob("plain")
        header = wait_for(lambda: self.arrived("plain"), 30, "it arrives")
        results = " ".join(header[header.index("Authentication-Results: mx.here.test;"):].split("\r\n\r\n")[0].split())
        self.assertIn("dkim=pass header.d=there.test header.s=exim", results)
        self.assertIn("spf=pass smtp.mailfrom=there.test", results)
        self.assertIn("DKIM-Signature: v=1; a=rsa-sha256; q=dns/txt; c=relaxed/relaxed; d=there.test;", header)

        good, wrong = tlsa(self.certificate), "3 1 1 " + "00" * 32
        self.publish(here=[good])
        self.send_to_bob("verified")
        wait_for(lambda: self.arrived("verified"), 30, "it arrives")
        wait_for(lambda: any(" => bob@here.test " in line and " CV=dane " in line for line in self.exim.log().splitlines()),
                 what="Exim says that it verified")

        self.publish(here=[wrong])
        self.send_to_bob("waits")
        # Between its attempts, too, Exim has lines of a deferral, with other words.
        wait_for(lambda: any("certificate verification failed" in line for line in self.exim.log().splitlines()
                             if " == bob@here.test " in line), 30, "Exim defers")
        self.assertFalse(self.arrived("waits"))
        # A rollover: both stand.
        self.publish(here=[wrong, good])
        wait_for(lambda: self.arrived("waits"), 40, "it arrives")


if __name__ == "__main__":
    unittest.main()
