"""mailstead dns --update against Debian's knot and BIND: RFC 2136 with TSIG (RFC 8945). In a network of its own, whose name server
is at 127.0.0.1.
"""
import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
import base64  # noqa: E402
import json  # noqa: E402
import pathlib  # noqa: E402
import tempfile  # noqa: E402
import unittest  # noqa: E402

from tests.support.mailstead import Mailstead, wait_for  # noqa: E402
from tests.support.update_servers import Bind, Knot  # noqa: E402

THERE = ["@ NS ns", "ns A 127.0.0.1",
         '@ TXT "v=spf1 a mx -all"', '@ TXT "google-site-verification=x"', "@ MX 20 backup.test.",
         '_dmarc TXT "v=DMARC1; p=reject"', "_imaps._tcp SRV 0 0 0 ."]


class Updates:
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-update-"))
        self.directory.chmod(0o755)
        self.server = self.kind(self.directory / "dns", "here.test", THERE)
        self.server.serve()
        self.addCleanup(self.server.stop)
        self.mail = Mailstead(["here.test"], {}, hostname="mx.here.test",
                              config='[dns]\nservers = ["127.0.0.1"]\nupdate_server = "127.0.0.1"\n'
                                     f'update_key = "{self.server.key("writer")}"\n')

    def update(self, *more):
        return self.mail.run("dns", "here.test", "--address", "127.0.0.1", "--update", *more)

    def fails(self, *more):
        done = self.mail.run("dns", "here.test", "--update", *more, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        return done.stderr

    def found(self, type_, name):
        rows = json.loads(self.mail.run("dns", "here.test", "--address", "127.0.0.1", "--check", "--json", check=False).stdout)
        return [(row["result"], row["found"]) for row in rows if (row["type"], row["name"]) == (type_, name)]

    def test_published_by_one_command_and_green(self):
        dry = self.update("--dry-run")
        self.assertIn("+ here.test. 60 IN MX 10 mx.here.test.\n", dry)
        self.assertIn('- here.test. 60 IN TXT "v=spf1 a mx -all"\n', dry)
        self.assertIn("nothing was changed; it would be: ", dry)
        self.assertEqual(self.found("MX", "here.test"), [("wrong", "its mail goes elsewhere: 20 backup.test.")])

        done = self.update()
        self.assertEqual(done.splitlines()[:-1], dry.splitlines()[:-1])
        self.assertRegex(done.splitlines()[-1], r"^\d+ records added, 2 removed in here\.test$")
        self.assertIn('  left as it is: _dmarc.here.test. 60 IN TXT "v=DMARC1; p=reject"\n', done)
        self.mail.run("dns", "here.test", "--address", "127.0.0.1", "--check")
        self.assertEqual(self.found("MX", "here.test"), [("ok", "also 20 backup.test.")])
        self.assertEqual(self.update("--json") and json.loads(self.update("--json"))["zones"], [])

        replaced = self.update("--replace")
        self.assertIn("- here.test. 60 IN MX 20 backup.test.\n", replaced)
        self.assertIn('- _dmarc.here.test. 60 IN TXT "v=DMARC1; p=reject"\n', replaced)
        self.assertIn("nothing to change\n", self.update())
        self.assertEqual(self.found("TXT", "here.test"), [("ok", "")])

    def test_keys_come_and_go(self):
        self.update()
        old = self.mail.run("dkim", "list").split()[1]
        new = self.mail.run("dkim", "rotate", "here.test").split()[1]
        self.assertIn(f"+ {new}._domainkey.here.test. 3600 IN TXT ", self.update())
        self.mail.run("dkim", "withdraw", "here.test", old)
        done = self.update()
        self.assertIn(f"- {old}._domainkey.here.test. 3600 IN TXT ", done)
        self.assertIn("0 records added, 1 removed in here.test\n", done)

    def test_the_running_server_publishes_its_keys(self):
        with self.mail.config.open("a") as config:
            config.write("[dkim]\npublish = true\n")
        with self.mail.start():
            selector = self.mail.run("dkim", "list").split()[1]
            wait_for(lambda: self.found("TXT", f"{selector}._domainkey.here.test") == [("ok", "")], 30, "the key is published")
            self.assertIn("event=keys-published domain=here.test added=1 removed=0", self.mail.log.read_text())

    def test_refusals_in_words(self):
        where = "mailstead: 127.0.0.1@53: the server "
        # knot does not say that it knows a key which may do nothing.
        may_not = ("does not know the key reader with hmac-sha512, or not for this (BADKEY)\n" if self.kind is Knot
                   else "does not let the key reader do this (REFUSED): the zone here.test\n")
        self.assertEqual(self.fails("--key", str(self.server.key("reader"))), where + may_not)
        forged = self.directory / "forged.key"
        for name, secret, words in (("writer", "another secret", "has another secret for the key writer (BADSIG)"),
                                    ("nobody", "x", "does not know the key nobody with hmac-sha256, or not for this (BADKEY)")):
            algorithm = "hmac-sha512" if name == "writer" and self.kind is Knot else "hmac-sha256"
            forged.write_text(f'key "{name}" {{ algorithm {algorithm}; secret "{base64.b64encode(secret.encode()).decode()}"; }};')
            self.assertTrue(self.fails("--key", str(forged)).endswith(where + words + "\n"))
        self.mail.run("domain", "add", "elsewhere.test")
        done = self.mail.run("dns", "elsewhere.test", "--update", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("(REFUSED): elsewhere.test\n", done.stderr)


class KnotUpdates(Updates, unittest.TestCase):
    kind = Knot


class BindUpdates(Updates, unittest.TestCase):
    kind = Bind


if __name__ == "__main__":
    unittest.main()
