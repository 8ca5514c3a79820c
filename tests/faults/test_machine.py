"""What the running server may do on its machine: whose files it opens, what it has given up, which protocols its TLS
speaks, and what it tells of who did what."""
import configparser
import http.client
import imaplib
import json
import os
import pathlib
import poplib
import re
import resource
import signal
import smtplib
import socket
import ssl
import stat
import subprocess
import tempfile
import unittest
import urllib.parse

from tests.support.certificates import make_certificates
from tests.support.mailstead import BINARY, ROOT, Mailstead, wait_for

ALICE, BOB, PASSWORD = "alice@here.test", "bob@here.test", "ketchup-and-more"
CHEAP = '[auth]\nargon2_memory = "64KiB"\nargon2_passes = 1\nscram_iterations = 4096\n'
NOBODY = 65534  # a user of every Debian
IS_ROOT = os.geteuid() == 0


def house(config=CHEAP, **more):
    return Mailstead(["here.test"], {ALICE: PASSWORD}, config=config, **more)


def status_of(server):
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


class Files(unittest.TestCase):
    """Whoever is the service's user owns the data directory, and may have put links there."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.place = pathlib.Path(scratch.name)
        self.place.chmod(0o755)
        (self.place / "data").mkdir(mode=0o700)
        (self.place / "away").mkdir(mode=0o700)
        self.config = self.place / "m.toml"
        self.write_config(user="nobody" if IS_ROOT else "")
        if IS_ROOT:
            os.chown(self.place / "data", NOBODY, -1)

    def write_config(self, user):
        self.config.write_text(f'hostname = "mail.here.test"\ndata = "{self.place}/data"\n[server]\nuser = "{user}"\n[listen]\n' +
                               "".join(f'{door} = []\n' for door in ("submission", "submissions", "imap", "imaps", "pop3",
                                                                     "pop3s", "http", "https")) + 'smtp = ["127.0.0.1:0"]\n')

    def run_command(self, *words):
        return subprocess.run([BINARY, *words, "--config", str(self.config)], capture_output=True, text=True, timeout=30)

    def test_links_in_the_place_of_its_files_are_not_followed(self):
        for name in ("serve.lock", "mailstead.db-lock", "mailstead.db", "mailstead.db-wal"):
            with self.subTest(name):
                link = self.place / "data" / name
                link.symlink_to(self.place / "away" / "made")
                done = self.run_command("serve")
                link.unlink()
                self.assertEqual(1, done.returncode, done.stderr)
                self.assertEqual([], list((self.place / "away").iterdir()))

    def test_the_store_is_made_by_its_owner_and_for_its_owner_alone(self):
        self.assertEqual("", self.run_command("domain", "add", "here.test").stderr)
        owner = NOBODY if IS_ROOT else os.geteuid()
        for file in (self.place / "data").iterdir():
            self.assertEqual((owner, 0o600), (file.stat().st_uid, stat.S_IMODE(file.stat().st_mode)), file)

    def test_what_lies_in_the_way_of_a_backup_is_not_written_into(self):
        self.run_command("domain", "add", "here.test")
        if IS_ROOT:
            self.write_config(user="")
        (self.place / "public").mkdir()
        partial = self.place / "public" / "copy.db.partial"
        partial.touch()
        partial.chmod(0o666)
        if IS_ROOT:
            os.chown(self.place / "public", NOBODY, -1)
            os.chown(partial, NOBODY, -1)
        with open(partial, "rb") as held:
            self.assertEqual("", self.run_command("backup", str(self.place / "public" / "copy.db")).stderr)
            self.assertEqual(b"", held.read())
        copy = (self.place / "public" / "copy.db").stat()
        self.assertEqual((os.geteuid(), 0o600), (copy.st_uid, stat.S_IMODE(copy.st_mode)))

    def test_what_is_not_of_the_store_or_has_a_second_name_is_given_to_nobody(self):
        if not IS_ROOT:
            return  # it gives nothing to others
        self.run_command("domain", "add", "here.test")
        data, away = self.place / "data", self.place / "away"
        (data / "notes").touch()
        (away / "secret").touch()
        os.link(away / "secret", data / "mailstead.db-second")
        (data / "mailstead.db-link").symlink_to(away / "secret")
        os.chown(data / "mailstead.db", 0, 0)  # as a command of root without [server] user leaves it
        self.assertEqual("", self.run_command("domain", "list").stderr)
        owners = {name: (data / name).stat().st_uid for name in ("notes", "mailstead.db-second", "mailstead.db")}
        self.assertEqual({"notes": 0, "mailstead.db-second": 0, "mailstead.db": NOBODY}, owners)
        self.assertEqual(0, (data / "mailstead.db-link").lstat().st_uid)

    def test_a_link_of_the_users_to_another_directory_is_not_followed_by_root(self):
        if not IS_ROOT:
            return  # it has no more rights than the link's owner
        (self.place / "home").mkdir()
        (self.place / "home" / "data").symlink_to(self.place / "away")
        os.chown(self.place / "home", NOBODY, -1)
        os.chown(self.place / "home" / "data", NOBODY, -1, follow_symlinks=False)
        self.config.write_text(self.config.read_text().replace("/data\"", "/home/data\""))
        done = self.run_command("serve")
        self.assertEqual(1, done.returncode)
        self.assertIn(f"the link data is of uid {NOBODY}, and is not followed", done.stderr)
        self.assertEqual((0, []), ((self.place / "away").stat().st_uid, list((self.place / "away").iterdir())))


class Process(unittest.TestCase):
    def test_what_it_has_given_up_is_in_the_log_and_in_the_kernel(self):
        user = '[server]\nuser = "nobody"\n' if IS_ROOT else ""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        if IS_ROOT:
            os.chmod(directory.name, 0o755)
        with house(CHEAP + user, data=directory.name) as server:
            line = next(line for line in server.log.read_text().splitlines() if "event=confined" in line)
            for measure in ("no_new_privs", "undumpable", "without_capabilities", "seccomp"):
                self.assertIn(f" {measure}=yes", line)
            status = status_of(server)
            self.assertEqual(("1", "2"), (status["NoNewPrivs"], status["Seccomp"]))
            self.assertEqual(0, int(status["CapEff"], 16) | int(status["CapPrm"], 16) | int(status["CapAmb"], 16))
            if IS_ROOT:
                self.assertEqual([str(NOBODY)] * 4, status["Uid"].split())
#It serves as before : a message is taken and can be read.
            with smtplib.SMTP(server.address, server.port("smtp"), timeout=20) as smtp:
                smtp.sendmail("friend@far.test", [ALICE], "Subject: =?iso-2022-jp?B?GyRCJEAbKEI=?=\r\n\r\nhello\r\n")
            self.assertEqual("", server.run("check", check=False).stderr)

    def test_it_can_be_switched_off(self):
        with house(CHEAP + "[server]\nconfine = false\n") as server:
            self.assertIn("event=not-confined", server.log.read_text())
            self.assertEqual("0", status_of(server)["Seccomp"])

    def test_descriptors_are_raised_and_connections_fitted_to_them(self):
        hard = 1200
        with house() as server:
            server.stop()
            limited = ["prlimit", f"--nofile=100:{hard}"]
            server.start(prefix=limited)
            limits = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
            self.assertEqual((hard, hard), limits)
            line = next(line for line in server.log.read_text().splitlines() if "event=few-descriptors" in line)
            self.assertIn(f"descriptors={hard} connections={hard - 256 - 256 - 4 * 50 - 4 * 64} ", line)

    def test_certificates_are_renewed_where_they_were_and_elsewhere_the_reload_says_why_not(self):
        with tempfile.TemporaryDirectory() as name:
            place = pathlib.Path(name)
            for folder, host in (("one", "one.here.test"), ("two", "two.here.test")):
                (place / folder).mkdir()
                make_certificates(place / folder, [host])
            tls = f'[tls]\ncertificate = "{place}/one/cert.pem"\nkey = "{place}/one/key.pem"\n'
            with house(CHEAP + tls) as server:
                for file in ("cert.pem", "key.pem"):
                    (place / "two" / file).replace(place / "one" / file)
                server.process.send_signal(signal.SIGHUP)
                wait_for(lambda: "event=reloaded" in server.log.read_text(), what="the reload is logged")
                self.assertIn("name=two.here.test", server.log.read_text())
                make_certificates(place / "two", ["three.here.test"])
                server.config.write_text(server.config.read_text().replace(f"{place}/one/", f"{place}/two/"))
                server.process.send_signal(signal.SIGHUP)
                wait_for(lambda: "event=reload-failed" in server.log.read_text(), what="the failure is logged")
                self.assertIn(f"tls.certificate: {place}/two/cert.pem: the server is confined to the directories that it "
                              "knew at its start: restart it", server.log.read_text())


class Tls(unittest.TestCase):
    # What each door speaks, best first.
    IMPLICIT = {"submissions": ["smtp"], "imaps": ["imap"], "pop3s": ["pop3"], "https": ["h2", "http/1.1"]}

    @classmethod
    def setUpClass(cls):
        cls.server = house().start()
        cls.addClassCleanup(cls.server.stop)

    def context(self, *offered, newest=ssl.TLSVersion.TLSv1_3):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = newest
        if offered:
            context.set_alpn_protocols(list(offered))
        return context

    def agreed(self, port, *offered):
        """The protocol that a client's offers lead to; "refused": the handshake fails for that reason."""
        with socket.create_connection((self.server.address, port), timeout=20) as plain:
            try:
                with self.context(*offered).wrap_socket(plain) as secure:
                    return secure.selected_alpn_protocol()
            except ssl.SSLError as error:
                if "no application protocol" in str(error):
                    return "refused"
                raise

    def test_a_browser_led_to_a_mail_door_is_refused_and_so_is_a_mail_program_at_the_page(self):
        every = {name for names in self.IMPLICIT.values() for name in names}
        for door, names in self.IMPLICIT.items():
            with self.subTest(door):
                port = self.server.port(door)
                self.assertIsNone(self.agreed(port))  # Thunderbird and most others offer nothing
                for name in names:
                    self.assertEqual(name, self.agreed(port, name))
                    self.assertEqual(name, self.agreed(port, *sorted(every - set(names)), name))
                self.assertEqual(names[0], self.agreed(port, *reversed(names)), "we choose")
                for other in every - set(names):
                    self.assertEqual("refused", self.agreed(port, other))

    def test_starttls_refuses_them_too(self):
        with smtplib.SMTP(self.server.address, self.server.port("smtp"), timeout=20) as smtp:
            with self.assertRaisesRegex(ssl.SSLError, "no application protocol"):
                smtp.starttls(context=self.context("h2", "http/1.1"))
            smtp.close()
        with smtplib.SMTP(self.server.address, self.server.port("smtp"), timeout=20) as smtp:
            self.assertEqual(220, smtp.starttls(context=self.context())[0])

    def test_sessions_are_resumed_at_the_doors_of_mail_programs_and_browsers(self):
        for door in ("imaps", "https"):
            with self.subTest(door):
                context = self.context(newest=ssl.TLSVersion.TLSv1_2)
                session = None
                for expected in (False, True):
                    with socket.create_connection((self.server.address, self.server.port(door)), timeout=20) as plain:
                        with context.wrap_socket(plain, session=session) as secure:
                            self.assertEqual(expected, secure.session_reused)
                            session = secure.session


class Audit(unittest.TestCase):
    """Who changed what and who logged in: mailstead audit."""

    def told(self, server, *options):
        return [f"{entry['action']} {entry['subject']}{' ' + entry['detail'] if entry['detail'] else ''}"
                for entry in json.loads(server.run("audit", "--json", *options))]

    def test_log_ins_of_every_door_sharing_and_commands(self):
        with Mailstead(["here.test"], {ALICE: PASSWORD, BOB: PASSWORD}, config=CHEAP) as server:
            imap = imaplib.IMAP4(server.address, server.port("imap"), timeout=20)
            imap.login("alice", PASSWORD)
            imap.create("Recipes")
            self.assertEqual("OK", imap.setacl("Recipes", BOB, "lrs")[0])
            self.assertEqual("OK", imap.setacl("Recipes", BOB, "+w")[0])
            self.assertEqual("NO", imap.setacl("Recipes", "stranger@here.test", "l")[0])
            self.assertEqual("OK", imap.deleteacl("Recipes", BOB)[0])
            imap.logout()
            pop3 = poplib.POP3(server.address, server.port("pop3"), timeout=20)
            pop3.user(BOB)
            pop3.pass_(PASSWORD)
            pop3.quit()
            with smtplib.SMTP(server.address, server.port("submission"), timeout=20) as smtp:
                smtp.login(BOB, PASSWORD)
            with smtplib.SMTP(server.address, server.port("submission"), timeout=20) as smtp:
                self.assertRaises(smtplib.SMTPAuthenticationError, smtp.login, "eve", "guessed")
            connection = http.client.HTTPConnection(server.address, server.port("http"), timeout=20)
            connection.request("POST", "/login", urllib.parse.urlencode({"user": ALICE, "password": PASSWORD}),
                               {"Content-Type": "application/x-www-form-urlencoded"})
            self.assertEqual(303, connection.getresponse().status)
            connection.close()
            server.run("account", "quota", BOB, "1GiB")
            self.assertEqual(0, server.stop())  # what has been collected is written at the end, too
            told = self.told(server)
            for entry in (f"acl.set {BOB} Recipes lrs", f"acl.set {BOB} Recipes +w", f"acl.delete {BOB} Recipes",
                          f"account.quota {BOB} 1GiB", f"login {ALICE} imap LOGIN", f"login {BOB} pop3 PASS",
                          f"login {ALICE} http form", "domain.add here.test"):
                self.assertIn(entry, told)
            self.assertTrue(any(entry.startswith(f"login {BOB} submission ") for entry in told), told)
            self.assertTrue(any(entry.startswith("login-failed eve submission ") for entry in told), told)
            self.assertFalse(any("stranger" in entry for entry in told), told)
            self.assertEqual([f"account.add {ALICE}", f"acl.set {BOB} Recipes lrs"], self.told(server, "--account", "alice")[:2])
            server.start()

    def test_it_can_be_switched_off(self):
        with house(CHEAP + "[audit]\nkeep = \"0s\"\n") as server:
            imap = imaplib.IMAP4(server.address, server.port("imap"), timeout=20)
            imap.login(ALICE, PASSWORD)
            imap.logout()
            self.assertEqual(0, server.stop())
            self.assertEqual([], self.told(server))
            server.start()


class Unit(unittest.TestCase):
    def test_the_systemd_unit_runs_it_without_rights(self):
        class Lines(dict):  # a key may come again
            def __setitem__(self, key, value):
                super().__setitem__(key, self[key] + value if key in self and isinstance(value, list) else value)

        unit = configparser.ConfigParser(strict=False, interpolation=None, dict_type=Lines)
        unit.optionxform = str
        unit.read(ROOT / "packaging" / "mailstead.service")
        service = unit["Service"]
        self.assertEqual("mailstead", service["User"])
        self.assertEqual("CAP_NET_BIND_SERVICE", service["CapabilityBoundingSet"])
        for key in ("NoNewPrivileges", "PrivateDevices", "ProtectKernelModules", "RestrictNamespaces", "MemoryDenyWriteExecute"):
            self.assertEqual("yes", service[key])
        self.assertEqual("strict", service["ProtectSystem"])
        self.assertIn("packaging/mailstead.service", (ROOT / "README.md").read_text())
#The server confines itself by these calls, which the unit's filter must leave to it.
        calls = {call for line in re.findall(r"^SystemCallFilter=([^~].*)$", (ROOT / "packaging/mailstead.service").read_text(), re.M)
                 for call in line.split()}
        self.assertLessEqual({"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp", "capset"}, calls)


if __name__ == "__main__":
    unittest.main()
