"""Outgoing mail over a DNS that is signed, not signed, or forged, and to hosts with TLSA records. RFC 7672, RFC 4035.

In a network of its own: knot serves the zones at 127.0.0.1, Mailstead is mx.here.test at 127.0.0.2, peers are elsewhere.
"""
import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
import base64  # noqa: E402
import imaplib  # noqa: E402
import json  # noqa: E402
import pathlib  # noqa: E402
import smtplib  # noqa: E402
import tempfile  # noqa: E402
import unittest  # noqa: E402

from tests.support.certificates import make_certificates  # noqa: E402
from tests.support.mailstead import Mailstead, wait_for  # noqa: E402
from tests.support.smtp_server import SmtpServer  # noqa: E402
from tests.support.zones import Zones, tlsa  # noqa: E402

BOB = "bob@here.test"
CONFIG = """[queue]
destination_networks = ["127.0.0.0/8"]
schedule = ["1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s", "1s"]
delay_notice_after = "1s"
"""


class Dane(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-dane-"))
        cls.directory.chmod(0o755)
        cls.zones = Zones(cls.directory / "zones")
        cls.addClassCleanup(cls.zones.stop)
        cls.zones.put("here.test", ["@ MX 10 mx", "mx A 127.0.0.2"])
        cls.zones.publish()
        cls.server = Mailstead(["here.test"], {BOB: "hungry"}, address="127.0.0.2", hostname="mx.here.test",
                               config=f'[dns]\nservers = ["127.0.0.1"]\ntrust_anchor = "{cls.zones.anchor}"\n' + CONFIG).start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.certificates = {}
        for name in ("one", "two"):
            folder = cls.directory / name
            folder.mkdir()
            cls.certificates[name] = make_certificates(folder, ["mx.peer.test"])
        cls.hosts = iter(range(10, 250))
        cls.names = iter(f"t{number}.test" for number in range(1, 250))

    def peer(self, certificate="one", **options):
        """A server, its address, and the name of a zone for it."""
        address = f"127.0.0.{next(self.hosts)}"
        _, file, key = self.certificates[certificate] if certificate else (None, None, None)
        server = SmtpServer(address, 25, file, key, **options)
        self.addCleanup(server.close)
        return server, address, next(self.names)

    def zone(self, name, address, records=(), **options):
        self.zones.put(name, ["@ MX 10 mx", f"mx A {address}", *records], **options)
        self.zones.publish()

    def send(self, recipient):
        with smtplib.SMTP("127.0.0.2", self.server.port("submission")) as smtp:
            smtp.starttls()
            smtp.login(BOB, "hungry")
            smtp.sendmail(BOB, [recipient], f"From: {BOB}\r\nTo: {recipient}\r\nSubject: there\r\n\r\nHello.\r\n")

    def queued(self, recipient):
        """The queue's row of the recipient, as JSON text; empty if there is none."""
        rows = json.loads(self.server.run("queue", "list", "--json") or "[]")
        return next((json.dumps(row) for row in rows if recipient in json.dumps(row)), "")

    def line(self, event, recipient):
        return next((line for line in self.server.log.read_text().splitlines()
                     if f"event={event} " in line and f"to={recipient} " in line), "")

    def arrives(self, server, recipient, protection):
        wait_for(lambda: any(recipient in message[0] for message in server.messages), 20, "it arrives")
        line = wait_for(lambda: self.line("relayed", recipient), what="the log says so")
        self.assertIn(f"protection={protection}", line)
        return next(message for message in server.messages if recipient in message[0])

    def stays(self, server, recipient, *words):
        """In the queue, with words for the reason in queue and log."""
        row = wait_for(lambda: all(word in self.queued(recipient) for word in words) and self.queued(recipient), 20,
                       f"{words} in the queue")
        line = self.line("deferred", recipient)
        for word in words:
            self.assertIn(word, line)
        self.assertFalse(server and server.messages)
        return row

    def drop(self):
        for row in json.loads(self.server.run("queue", "list", "--json") or "[]"):
            self.server.run("queue", "drop", str(row["id"]), check=False)

    def test_zone_that_is_not_signed_is_insecure_and_its_tlsa_records_mean_nothing(self):
        server, address, zone = self.peer()
        self.zone(zone, address, ["_25._tcp.mx TLSA " + tlsa(self.certificates["two"][1])], signed=False)
        self.send("a@" + zone)
        self.arrives(server, "a@" + zone, "opportunistic")

    def test_signed_zone_without_tlsa_records(self):
        server, address, zone = self.peer(certificate=None)
        self.zone(zone, address)
        self.send("a@" + zone)
        self.arrives(server, "a@" + zone, "none")

    def test_forged_zone_keeps_mail_until_it_is_mended(self):
        server, address, zone = self.peer()
        self.zone(zone, address, broken=True)
        self.send("a@" + zone)
        self.stays(server, "a@" + zone, "4.4.3", "DNSSEC")
        self.zone(zone, address)
        self.arrives(server, "a@" + zone, "opportunistic")

    def test_name_that_does_not_exist_is_no_failure_of_the_dns(self):
        self.zones.publish()
        self.send("a@nowhere.here.test")
        wait_for(lambda: "status=5.1.2" in self.line("failed", "a@nowhere.here.test"), what="it is given up at once")

    def test_dane_ee(self):
        server, address, zone = self.peer()
        self.zone(zone, address, ["_25._tcp.mx TLSA " + tlsa(self.certificates["one"][1])])
        self.send("a@" + zone)
        self.assertTrue(self.arrives(server, "a@" + zone, "dane")[2])
        self.assertEqual(server.server_names, ["mx." + zone])

    def test_dane_ta_vouches_for_names(self):
        good, address, zone = self.peer()
        authority = self.certificates["one"][0]
        # The certificate is for mx.peer.test, and the peer does not send the authority's: the record has it whole.
        whole = "".join(pathlib.Path(authority).read_text().split("-----")[2].split())
        data = "2 0 0 " + base64.b64decode(whole).hex()
        self.zones.put("peer.test", ["@ MX 10 mx", f"mx A {address}", "_25._tcp.mx TLSA " + data])
        self.zone(zone, address, ["_25._tcp.mx TLSA " + data])
        self.send("a@peer.test")
        self.arrives(good, "a@peer.test", "dane")
        good.messages.clear()
        self.send("a@" + zone)
        self.stays(good, "a@" + zone, "4.7.5", "DANE", "hostname mismatch")
        self.drop()

    def test_wrong_certificate_keeps_mail_and_all_are_told_until_the_record_is_rolled(self):
        server, address, zone = self.peer("two")
        record = "_25._tcp.mx TLSA "
        old, new = tlsa(self.certificates["one"][1]), tlsa(self.certificates["two"][1])
        self.zone(zone, address, [record + old])
        self.send("a@" + zone)
        self.stays(server, "a@" + zone, "4.7.5", "DANE", "certificate verify failed")
        wait_for(lambda: "DANE" in self.notice("delayed"), 20, "the sender hears of the delay and why")
        # Both records stand while the key is rolled (RFC 7671 §8.1).
        self.zone(zone, address, [record + old, record + new])
        self.assertTrue(self.arrives(server, "a@" + zone, "dane")[2])

    def test_no_starttls_is_no_excuse(self):
        server, address, zone = self.peer(certificate=None)
        self.zone(zone, address, ["_25._tcp.mx TLSA " + tlsa(self.certificates["one"][1])])
        self.send("a@" + zone)
        self.stays(server, "a@" + zone, "4.7.10", "DANE")
        self.drop()

    def test_records_that_nobody_can_use_demand_tls_with_any_certificate(self):
        server, address, zone = self.peer()
        plain, plain_address, plain_zone = self.peer(certificate=None)
        record = "_25._tcp.mx TLSA " + tlsa(self.certificates["two"][1], usage=1)
        self.zone(zone, address, [record])
        self.zone(plain_zone, plain_address, [record])
        self.send("a@" + zone)
        self.assertTrue(self.arrives(server, "a@" + zone, "opportunistic")[2])
        self.send("a@" + plain_zone)
        self.stays(plain, "a@" + plain_zone, "4.7.10")
        self.drop()

    def test_records_belong_to_where_a_secure_alias_leads(self):
        server, address, zone = self.peer()
        self.zones.put(zone, ["@ MX 10 mx", "mx CNAME host", f"host A {address}",
                              "_25._tcp.host TLSA " + tlsa(self.certificates["one"][1]),
                              "_25._tcp.mx TLSA " + tlsa(self.certificates["two"][1])])
        self.zones.publish()
        self.send("a@" + zone)
        self.arrives(server, "a@" + zone, "dane")
        self.assertEqual(server.server_names, ["host." + zone])

    def test_mx_records_that_are_not_secure_lead_to_no_dane(self):
        server, address, zone = self.peer()
        self.zones.put(zone, [f"mx A {address}", "_25._tcp.mx TLSA " + tlsa(self.certificates["two"][1])])
        other = next(self.names)
        self.zones.put(other, [f"@ MX 10 mx.{zone}."], signed=False)
        self.zones.publish()
        self.send("a@" + other)
        self.arrives(server, "a@" + other, "opportunistic")

    def test_forged_tlsa_records_keep_mail(self):
        server, address, zone = self.peer()
        # The host's zone is right, its TLSA records lie in another that is not.
        lies = next(self.names)
        self.zones.put(lies, ["tlsa TLSA " + tlsa(self.certificates["one"][1])], broken=True)
        self.zone(zone, address, [f"_25._tcp.mx CNAME tlsa.{lies}."])
        self.send("a@" + zone)
        self.stays(server, "a@" + zone, "4.7.5", "DANE: the TLSA records", "DNSSEC")
        self.drop()

    def notice(self, word):
        imap = imaplib.IMAP4("127.0.0.2", self.server.port("imap"))
        try:
            imap.login(BOB, "hungry")
            imap.select("INBOX", readonly=True)
            found = imap.search(None, "TEXT", word)[1][0].split()
            return "".join(imap.fetch(one, "(BODY.PEEK[])")[1][0][1].decode() for one in found)
        finally:
            imap.logout()


if __name__ == "__main__":
    unittest.main()
