"""As a new user would: a fresh Mailstead with a domain and an account; what `mailstead dns` prints is pasted into the zone as it
is; then `mailstead dns --check` finds all as it should be, and a mail out is verified by Postfix with rspamd as its milter: SPF,
DKIM and DMARC pass.

In a network of its own, where addresses of the public Internet lie on the loopback interface (AS112's, which belong to nobody;
RFC 7534), so that also what is asked of the outside is asked and answered here: the PTR record, lists of spammers, a well-known
server on port 25.
"""
import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
import json  # noqa: E402
import pathlib  # noqa: E402
import smtplib  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import unittest  # noqa: E402

from tests.support.mailstead import Mailstead, greets, wait_for  # noqa: E402
from tests.support.postfix import Postfix, sh  # noqa: E402
from tests.support.smtp_server import SmtpServer  # noqa: E402
from tests.support.zones import Zones  # noqa: E402

BOB, DORA = "bob@fresh.test", "dora@there.test"
HERE, THERE, WELL_KNOWN, STRANGER = (f"192.31.196.{number}" for number in (2, 3, 4, 5))
REVERSE = "196.31.192.in-addr.arpa"
LISTS = ["zen.spamhaus.org", "bl.spamcop.net"]
PORTS = dict(smtp=25, submission=587, submissions=465, imap=143, imaps=993, pop3=110, pop3s=995, http=80, https=443)
MILTER = "127.0.0.1:11332"
RSPAMD = """
options {{
    pidfile = "{folder}/pid"; filters = "dkim"; control_socket = "{folder}/control mode=0600"; tempdir = "{folder}";
    url_tld = "{folder}/domains"; dns {{ nameserver = ["127.0.0.1:53:1"]; timeout = 5s; }}
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "info"; }}
worker "rspamd_proxy" {{
    bind_socket = "{milter}"; milter = yes; count = 1;
    upstream "local" {{ default = yes; self_scan = yes; }}
}}
modules {{ {plugins} }}
dkim {{ }}
spf {{ }}
dmarc {{ }}
milter_headers {{ use = ["authentication-results"]; }}
"""


class FirstDay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-first-day-"))
        cls.directory.chmod(0o755)
        for address in (HERE, THERE, WELL_KNOWN, STRANGER):
            sh("ip", "address", "add", address + "/32", "dev", "lo")
        # What asks for no address of its own has Mailstead's, not that of whom it talks to.
        sh("ip", "route", "change", "table", "local", "local", THERE, "dev", "lo", "src", HERE)
        cls.zones = Zones(cls.directory / "zones")
        cls.addClassCleanup(cls.zones.stop)
        cls.zones.put("there.test", ["@ MX 10 mx", f"mx A {THERE}"])
        for name in LISTS:
            cls.zones.put(name, [], signed=False)
        cls.zones.put("google.com", [f"gmail-smtp-in.l A {WELL_KNOWN}"], signed=False)
        cls.publish()
        resolv = cls.directory / "resolv.conf"
        resolv.write_text("nameserver 127.0.0.1\n")
        sh("mount", "--bind", resolv, "/etc/resolv.conf")
        cls.start_rspamd()
        cls.postfix = Postfix(cls.directory / "postfix", THERE, "mx.there.test", "there.test", "dora",
                              f"smtpd_milters = inet:{MILTER}\nmilter_default_action = tempfail\n")
        cls.addClassCleanup(cls.postfix.stop)
        cls.server = Mailstead(["fresh.test"], {BOB: "hungry"}, address=HERE, hostname="mail.fresh.test", ports=PORTS,
                               config=f'[dns]\nservers = ["127.0.0.1"]\ntrust_anchor = "{cls.zones.anchor}"\n'
                                      f'[mail]\njudge = true\n[queue]\ndestination_networks = ["{THERE}"]\n').start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)

    @classmethod
    def start_rspamd(cls):
        folder = cls.directory / "rspamd"
        folder.mkdir()
        folder.chmod(0o777)  # it gives up root
        modules = ("spf", "dmarc", "milter_headers")
        (folder / "domains").write_text("test\n")  # below which domains are had; its own file does not know this one
        plugins = " ".join(f'path = "/usr/share/rspamd/plugins/{name}.lua";' for name in modules)
        (folder / "config").write_text(RSPAMD.format(folder=folder, milter=MILTER, plugins=plugins))
        rspamd = subprocess.Popen(["rspamd", "--no-fork", "--insecure", f"--config={folder / 'config'}"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(lambda: (rspamd.terminate(), rspamd.wait()))
        address, port = MILTER.split(":")
        wait_for(lambda: greets(address, int(port)), 60, "rspamd answers")

    @classmethod
    def publish(cls, pasted="", name="mail.fresh.test.", listed=False):
        """name: what the PTR record says; listed: whether a list has Mailstead's address."""
        cls.zones.put("fresh.test", [], pasted=pasted)
        cls.zones.put(REVERSE, [f"{HERE.rsplit('.', 1)[1]} PTR {name}"] if name else [], signed=False)
        reversed_address = ".".join(reversed(HERE.split(".")))
        cls.zones.put(LISTS[0], [f"{reversed_address} A 127.0.0.2"] if listed else [], signed=False)
        cls.zones.publish()

    def check(self):
        """The exit status of --check, and its rows: (type, name) → row."""
        done = self.server.run("dns", "fresh.test", "--check", "--json", check=False)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return done.returncode, {(row["type"], row["name"]): row for row in json.loads(done.stdout)}

    def wrong(self):
        status, rows = self.check()
        self.assertEqual(1, status)
        return [key for key, row in rows.items() if row["result"] == "wrong"]

    def port_25_is_open(self):
        server = SmtpServer(WELL_KNOWN)
        self.addCleanup(server.close)

    def received(self, subject):
        """The Authentication-Results of the message with this subject in Dora's mailbox, unfolded; once it is there."""
        def look():
            return next((one for one in self.postfix.mailbox().split("\nFrom ") if f"\nSubject: {subject}\n" in one), None)
        header = wait_for(look, 30, "it arrives: " + self.postfix.log()[-6000:]).split("\n\n")[0].replace("\n\t", " ")
        return next(line for line in header.split("\n") if line.startswith("Authentication-Results:"))

    def test_the_records_are_pasted_and_all_is_green(self):
        self.port_25_is_open()
        self.publish()
        missing = self.wrong()
        printed = self.server.run("dns", "fresh.test")
        self.publish(printed)
        status, rows = self.check()
        self.assertEqual({}, {key: row for key, row in rows.items() if row["result"] != "ok"})
        self.assertEqual(0, status)
        records = [line.split(" ", 4) for line in printed.splitlines()]
        for name, _, _, kind, _ in records:
            self.assertIn((kind, name.rstrip(".")), rows)
            self.assertIn((kind, name.rstrip(".")), missing)
        for outside in [("PTR", HERE), ("port 25", "to other servers"), *(("list", f"{HERE} in {name}") for name in LISTS)]:
            self.assertIn(outside, rows)

        with self.subTest("each record is looked at"):
            for line in printed.splitlines(keepends=True):
                name, _, _, kind, _ = line.split(" ", 4)
                self.publish(printed.replace(line, ""))
                self.assertIn((kind, name.rstrip(".")), self.wrong())

    def test_a_mail_out_passes_and_a_forged_one_does_not(self):
        self.publish(self.server.run("dns", "fresh.test"))
        with smtplib.SMTP_SSL(HERE, 465) as smtp:
            smtp.login(BOB, "hungry")
            smtp.sendmail(BOB, [DORA], f"From: Bob <{BOB}>\r\nTo: {DORA}\r\nSubject: first\r\n\r\nHello.\r\n")
        verdict = self.received("first")
        self.assertRegex(verdict, r"dkim=pass header\.d=fresh\.test ")
        self.assertRegex(verdict, rf"spf=pass .*smtp\.mailfrom={BOB}")
        self.assertRegex(verdict, r"dmarc=pass .*header\.from=fresh\.test")

        with smtplib.SMTP(THERE, 25, source_address=(STRANGER, 0)) as smtp:
            smtp.sendmail(BOB, [DORA], f"From: Bob <{BOB}>\r\nTo: {DORA}\r\nSubject: forged\r\n\r\nHello.\r\n")
        verdict = self.received("forged")
        self.assertNotIn("=pass", verdict)
        self.assertRegex(verdict, r"dmarc=fail .*header\.from=fresh\.test")

    def test_what_is_sent_on_passes_and_so_does_a_bounce(self):
        self.publish(self.server.run("dns", "fresh.test"))
        self.server.run("alias", "add", "away@fresh.test", DORA)
        self.server.run("alias", "add", "gone@fresh.test", "nosuchuser@there.test")
        with smtplib.SMTP(THERE, 25, source_address=(THERE, 0)) as smtp:
            for alias in ("away", "gone"):
                smtp.sendmail(DORA, [f"{alias}@fresh.test"], f"From: {DORA}\r\nSubject: to {alias}\r\n\r\nHello.\r\n")
        self.assertRegex(self.received("to away"), r'spf=pass .*smtp\.mailfrom="?SRS0=\S+=there\.test=dora@fresh\.test')
        verdict = self.received("Undelivered mail returned to sender")
        self.assertRegex(verdict, r"dkim=pass header\.d=fresh\.test ")
        self.assertRegex(verdict, r"dmarc=pass .*header\.from=fresh\.test")

    def test_what_the_outside_says(self):
        printed = self.server.run("dns", "fresh.test")
        self.publish(printed)
        self.assertEqual([("port 25", "to other servers")], self.wrong())
        self.port_25_is_open()
        self.publish(printed, name="customer-2.provider.example.")
        self.assertEqual([("PTR", HERE)], self.wrong())
        self.publish(printed, name=None)
        self.assertEqual([("PTR", HERE)], self.wrong())
        self.publish(printed, listed=True)
        self.assertEqual([("list", f"{HERE} in {LISTS[0]}")], self.wrong())


if __name__ == "__main__":
    unittest.main()
