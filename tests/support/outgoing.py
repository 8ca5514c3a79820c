"""What tests of mail to hosts of a DNS of their own share: zones, policies, peers, and what became of the mail.

Import tests.support.own_network first. knot serves the zones at 127.0.0.1, Mailstead is mx.here.test at 127.0.0.2, policies come
from 127.0.0.3, peers are elsewhere.
"""
import json
import pathlib
import smtplib
import sqlite3
import tempfile
import unittest

from tests.support.certificates import make_certificates
from tests.support.mailstead import Mailstead, wait_for
from tests.support.policy_host import PolicyHost
from tests.support.smtp_server import SmtpServer
from tests.support.zones import Zones

BOB = "bob@here.test"
NAMES = [f"s{number}.test" for number in range(1, 30)]
CONFIG = """[queue]
destination_networks = ["127.0.0.0/8"]
schedule = ["1s"]
"""


class Outgoing(unittest.TestCase):
    """`certificates`: "good", by the authority that Mailstead trusts, and "bad", each for all names: files of authority,
    certificate and key."""
    config = CONFIG
    ports = None

    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-outgoing-"))
        cls.directory.chmod(0o755)
        cls.zones = Zones(cls.directory / "zones")
        cls.addClassCleanup(cls.zones.stop)
        cls.certificates = {}
        for which in ("good", "bad"):
            folder = cls.directory / which
            folder.mkdir(mode=0o755)
            names = [f"{host}.{name}" for name in [*NAMES, "here.test", "there.test"] for host in ("mx", "mta-sts")]
            cls.certificates[which] = make_certificates(folder, names)
        cls.host = PolicyHost("127.0.0.3", *cls.certificates["good"][1:])
        cls.addClassCleanup(cls.host.close)
        cls.zones.publish()
        cls.server = Mailstead(["here.test"], {BOB: "hungry"}, address="127.0.0.2", hostname="mx.here.test",
                               ports=cls.ports, config=f'[dns]\nservers = ["127.0.0.1"]\ntrust_anchor = "{cls.zones.anchor}"\n'
                                      f'[tls]\ntrusted = "{cls.certificates["good"][0]}"\n' + cls.tls_settings() + cls.config).start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.addresses = iter(range(10, 250))
        cls.names = iter(NAMES)

    @classmethod
    def tls_settings(cls):
        """More lines for [tls]."""
        return ""

    def setUp(self):
        self.host.kind = "text/plain"

    def peer(self, certificate="good", **options):
        """A server, its address, and the name of a zone for it."""
        address = f"127.0.0.{next(self.addresses)}"
        _, file, key = self.certificates[certificate] if certificate else (None, None, None)
        server = SmtpServer(address, 25, file, key, **options)
        self.addCleanup(server.close)
        return server, address, next(self.names)

    def turn_bad(self, server):
        wait_for(lambda: server.sessions == 0, what="the connection ends")
        server.certificate, server.key = self.certificates["bad"][1:]

    def publish(self, name, address, identity="1", policy_host="127.0.0.3", records=(), signed=False):
        """The zone of that name; identity: of the policy that it says it has."""
        self.zones.put(name, ["@ MX 10 mx", f"mx A {address}", f"mta-sts A {policy_host}", *records,
                              *([f'_mta-sts TXT "v=STSv1; id={identity};"'] if identity else [])], signed=signed)
        self.zones.publish()

    def policy(self, name, mode, mx=None, max_age=86400):
        self.host.policies["mta-sts." + name] = \
            f"version: STSv1\r\nmode: {mode}\r\nmx: {mx or 'mx.' + name}\r\nmax_age: {max_age}\r\n"

    def send(self, recipient, sender=BOB, fields="", options=()):
        with smtplib.SMTP("127.0.0.2", self.server.port("submission")) as smtp:
            smtp.starttls()
            smtp.login(BOB, "hungry")
            smtp.sendmail(sender, [recipient], f"From: {BOB}\r\nTo: {recipient}\r\n{fields}Subject: there\r\n\r\nHello.\r\n", options)

    def line(self, event, word):
        return next((line for line in self.server.log.read_text().splitlines() if f"event={event} " in line and word in line), "")

    def arrives(self, server, recipient, protection):
        wait_for(lambda: any(recipient in message[0] for message in server.messages), 20, "it arrives")
        line = wait_for(lambda: self.line("relayed", f"to={recipient} "), what="the log says so")
        self.assertIn(f"protection={protection} ", line)
        return next(message for message in server.messages if recipient in message[0])

    def stays(self, server, recipient, *words):
        wait_for(lambda: all(word in self.line("deferred", f"to={recipient} ") for word in words), 20, f"{words} in the log")
        rows = json.dumps(json.loads(self.server.run("queue", "list", "--json")))
        self.assertIn(recipient, rows)
        self.assertEqual(server.messages, [])
        self.drop()

    def drop(self):
        for row in json.loads(self.server.run("queue", "list", "--json")):
            self.server.run("queue", "drop", str(row["id"]), check=False)

    def expires_at(self, domain):
        """When the policy that is kept does."""
        with sqlite3.connect(f"file:{self.server.directory}/mailstead.db?mode=ro", uri=True) as store:
            return store.execute("SELECT expires_at FROM sts_policy WHERE domain = ?", (domain,)).fetchone()[0]

    def results(self, domain):
        """What was counted, as the store has it."""
        with sqlite3.connect(f"file:{self.server.directory}/mailstead.db?mode=ro", uri=True) as store:
            return {tuple(row) for row in store.execute("SELECT policy_type, result_type FROM tls_result WHERE domain = ?", (domain,))}
