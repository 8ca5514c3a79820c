"""One server per store, restore and its failures, reloads, changed passwords, bans: with real processes."""
import imaplib
import json
import os
import pathlib
import poplib
import random
import shutil
import signal
import smtplib
import sqlite3
import subprocess
import tempfile
import time
import unittest

from tests.support.mailstead import BINARY, DOORS, Mailstead, free_ports, wait_for

ALICE, BOB = "alice@here.test", "bob@here.test"
PASSWORD = "ketchup-and-more"
CHEAP = '[auth]\nargon2_memory = "64KiB"\nargon2_passes = 1\nscram_iterations = 4096\n'


def house(config=CHEAP, **more):
    return Mailstead(["here.test"], {ALICE: PASSWORD}, config=config, **more)


def deliver(server, subject):
    with smtplib.SMTP(server.address, server.port("smtp"), timeout=20) as smtp:
        smtp.sendmail("friend@far.test", [ALICE], f"Subject: {subject}\r\n\r\n{subject}\r\n")


def login(server, password=PASSWORD, account=ALICE):
    imap = imaplib.IMAP4(server.address, server.port("imap"), timeout=20)
    imap.login(account, password)
    return imap


def subjects(server):
    imap = login(server)
    try:
        imap.select("INBOX", readonly=True)
        found = imap.fetch("1:*", "BODY[HEADER.FIELDS (SUBJECT)]")[1]
        return [part[1].decode().split(": ", 1)[1].strip() for part in found if isinstance(part, tuple)]
    finally:
        imap.logout()


def second_server(server, seconds=15):
    """Another server on the same store, at other ports: exit status and standard error; stays up: fails."""
    text = server.config.read_text()
    for port, other in zip(server.ports.values(), free_ports(len(DOORS))):
        text = text.replace(f":{port}\"", f":{other}\"")
    config = server.directory / "second.toml"
    config.write_text(text)
    process = subprocess.Popen([BINARY, "serve", "--config", str(config)], stderr=subprocess.PIPE, text=True)
    try:
        errors = process.communicate(timeout=seconds)[1]
        return process.returncode, errors
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError("a second server runs on the same store") from None


def serve_once(server, seconds=15):
    """The output of a `serve` that refuses to start."""
    done = subprocess.run([BINARY, "serve", "--config", str(server.config)], capture_output=True, text=True, timeout=seconds)
    return done.returncode, done.stderr


def is_ended(connection, seconds=2):
    """Whether the server ends the connection in that time, counted from now; what it said last."""
    connection.settimeout(seconds)
    said = b""
    try:
        while octets := connection.recv(4096):
            said += octets
    except TimeoutError:
        return None
    except ConnectionError:
        pass
    return said


class OneServer(unittest.TestCase):
    def test_a_second_server_ends_with_one_line_and_the_command_line_works_beside_the_first(self):
        with house() as server:
            status, errors = second_server(server)
            self.assertEqual(1, status)
            self.assertEqual(1, errors.count("\n"), errors)
            self.assertIn(f"process {server.process.pid}", errors)
            self.assertIn(str(server.directory), errors)
            self.assertEqual(["here.test"], json.loads(server.run("domain", "list", "--json")))
            server.run("alias", "add", "sales@here.test", ALICE)
            deliver(server, "still here")
            self.assertEqual(["still here"], subjects(server))

    def test_a_killed_server_holds_nothing(self):
        server = house()
        try:
            server.start()
            server.kill()
            server.start()
            self.assertIn("event=unclean-start", server.log.read_text())
            self.assertEqual(1, server.log.read_text().count("unclean-start"))
            server.stop()
            server.start()
            self.assertEqual(1, server.log.read_text().count("unclean-start"), "a clean start was called unclean")
        finally:
            server.kill()
            shutil.rmtree(server.directory, ignore_errors=True)


class Restore(unittest.TestCase):
    def setUp(self):
        self.server = house()
        self.server.start()
        deliver(self.server, "one")
        self.copy = self.server.directory / "copy.db"
        self.server.run("backup", str(self.copy))
        deliver(self.server, "two")

    def tearDown(self):
        self.server.kill()
        shutil.rmtree(self.server.directory, ignore_errors=True)

    @property
    def store(self):
        return self.server.directory / "mailstead.db"

    def restore(self):
        return self.server.run("restore", str(self.copy), check=False)

    def test_refused_while_the_server_runs(self):
        done = self.restore()
        self.assertEqual(1, done.returncode)
        self.assertEqual(1, done.stderr.count("\n"), done.stderr)
        self.assertIn("in use", done.stderr)
        self.assertEqual(["one", "two"], subjects(self.server))

    def test_after_kill_9(self):
        imap = login(self.server)
        imap.select("INBOX")
        next_uid = int(imap.status("INBOX", "(UIDNEXT)")[1][0].split()[-1].rstrip(b")"))
        self.server.kill()
        done = self.restore()
        self.assertEqual(0, done.returncode, done.stderr)
        for suffix in ("-wal", "-shm"):
            self.assertFalse(pathlib.Path(str(self.store) + suffix).exists())
        self.server.start()
        self.assertEqual(["one"], subjects(self.server))
        deliver(self.server, "three")
        imap = login(self.server)
        imap.select("INBOX")
        self.assertGreaterEqual(int(imap.uid("SEARCH", "SUBJECT", "three")[1][0]), next_uid)
        self.assertEqual([], json.loads(self.server.run("check", "--json"))["findings"])

    def test_a_copy_beside_a_left_over_log_is_refused_in_words(self):
        self.server.kill()
        self.assertGreater(pathlib.Path(str(self.store) + "-wal").stat().st_size, 0)
        shutil.copy(self.copy, self.store)
        for _ in range(2):
            status, errors = serve_once(self.server)
            self.assertEqual(1, status)
            self.assertEqual(1, errors.count("mailstead: "), errors)
            self.assertIn("mailstead.db-wal", errors)
        self.assertEqual(1, self.server.run("domain", "list", check=False).returncode, "the command line played the log back")
        done = self.restore()
        self.assertEqual(0, done.returncode, done.stderr)
        self.server.start()
        self.assertEqual(["one"], subjects(self.server))
        self.assertEqual([], json.loads(self.server.run("check", "--json"))["findings"])

    def test_kill_9_at_any_moment_leaves_the_old_store_or_the_new_one(self):
        self.server.stop()
        began = time.monotonic()
        before = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, before)
        shutil.copytree(self.server.directory, before, dirs_exist_ok=True)
        self.assertEqual(0, self.restore().returncode)
        took = time.monotonic() - began
        seen = set()
        for _ in range(25):
            shutil.rmtree(self.server.directory)
            shutil.copytree(before, self.server.directory)
            process = subprocess.Popen([BINARY, "restore", str(self.copy), "--config", str(self.server.config)],
                                       stdout=subprocess.DEVNULL)
            time.sleep(random.uniform(0, took * 1.2))
            process.kill()
            process.wait()
            report = json.loads(self.server.run("check", "--json"))
            self.assertEqual([], report["findings"])
            seen.add(report["messages"])
            self.assertEqual(0, self.restore().returncode)
            self.assertEqual(1, json.loads(self.server.run("check", "--json"))["messages"])
        self.assertLessEqual(seen, {1, 2})


class Running(unittest.TestCase):
    def test_a_changed_password_ends_sessions_at_every_door_within_a_second_or_so(self):
        with house() as server:
            imap = login(server)
            imap.select("INBOX")
            imap.send(b"i1 IDLE\r\n")
            self.assertIn(b"+", imap.readline())
            pop3 = poplib.POP3(server.address, server.port("pop3"), timeout=20)
            pop3.user(ALICE)
            pop3.pass_(PASSWORD)
            smtp = smtplib.SMTP(server.address, server.port("submission"), timeout=20)
            smtp.login(ALICE, PASSWORD)
            bystander = smtplib.SMTP(server.address, server.port("smtp"), timeout=20)
            server.run("account", "passwd", ALICE, "--password-stdin", stdin="another-one\n")
            said = {name: is_ended(connection) for name, connection in
                    (("imap", imap.sock), ("pop3", pop3.sock), ("smtp", smtp.sock))}
            self.assertNotIn(None, said.values(), said)
            self.assertIn(b"* BYE [EXPIRED] ", said["imap"])
            self.assertIn(b"-ERR ", said["pop3"])
            self.assertIn(b"421 4.7.0 ", said["smtp"])
            self.assertEqual(250, bystander.noop()[0])
            with self.assertRaises(imaplib.IMAP4.error):
                login(server)
            fresh = login(server, "another-one")
            # A change of something else ends nothing: it has been looked at when a later one has ended another's session.
            server.run("account", "add", BOB, "--password-stdin", stdin=PASSWORD + "\n")
            other = login(server, account=BOB)
            server.run("account", "quota", ALICE, "1GiB")
            server.run("account", "passwd", BOB, "--password-stdin", stdin="another-one\n")
            self.assertIn(b"* BYE [EXPIRED] ", is_ended(other.sock))
            self.assertEqual("OK", fresh.noop()[0])

    def test_one_session_is_ended_by_its_id_at_every_door(self):
        with house() as server:
            imap, other = login(server), login(server)
            pop3 = poplib.POP3(server.address, server.port("pop3"), timeout=20)
            pop3.user(ALICE)
            pop3.pass_(PASSWORD)
            smtp = smtplib.SMTP(server.address, server.port("submission"), timeout=20)
            smtp.login(ALICE, PASSWORD)
            listed = []

            def all_are_listed():
                listed[:] = json.loads(server.run("session", "list", "--json"))
                return len(listed) == 4

            wait_for(all_are_listed, what="the server writes its sessions down")
            self.assertEqual(["imap", "imap", "pop3", "submission"], sorted(one["door"] for one in listed))
            self.assertEqual({ALICE}, {one["account"] for one in listed})
            spared = next(one["session"] for one in listed if one["door"] == "imap")
            connections = {"pop3": pop3.sock, "submission": smtp.sock}
            for one in listed:
                if one["session"] == spared:
                    continue
                server.run("session", "end", one["session"])
                if one["door"] in connections:
                    self.assertIsNotNone(is_ended(connections[one["door"]]), one)
            wait_for(lambda: [one["session"] for one in json.loads(server.run("session", "list", "--json"))] == [spared],
                     what="ended sessions are no longer listed")
            self.assertEqual(1, sum(self.is_alive(connection) for connection in (imap, other)))

    @staticmethod
    def is_alive(imap):
        try:
            return imap.noop()[0] == "OK"
        except imaplib.IMAP4.abort:
            return False

    def test_a_reload_names_what_it_does_not_take_over(self):
        with house() as server:
            server.config.write_text(server.config.read_text() +
                                     '[limits]\nlogin_failures = 7\nweb_form = "1MiB"\n[dns]\nservers = ["127.0.0.1"]\n')
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: "event=reloaded" in server.log.read_text(), what="the reload is done")
            line = next(line for line in server.log.read_text().splitlines() if "event=restart-needed" in line)
            self.assertIn("dns.servers", line)
            self.assertIn("limits.web_form", line)
            self.assertNotIn("login_failures", line)
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: server.log.read_text().count("event=reloaded") == 2, what="the second reload is done")
            self.assertEqual(2, server.log.read_text().count("event=restart-needed"), "it is not in force yet")

    def test_an_administrator_lifts_a_shut_out(self):
        limits = '[limits]\nlogin_failures = 3\nlogin_delay = "0s"\n'
        with house(CHEAP + limits) as server:
            for wrong in ("a", "b", "c"):
                with self.assertRaises(imaplib.IMAP4.error):
                    login(server, wrong)
            with self.assertRaises(imaplib.IMAP4.error):
                login(server)
            self.assertEqual(["127.0.0.1"], [ban["address"] for ban in json.loads(server.run("ban", "list", "--json"))])
            server.run("ban", "lift", "127.0.0.1")
            login(server).logout()
            with self.assertRaises(imaplib.IMAP4.error):
                login(server, "d")
            login(server).logout()

    def test_a_select_that_fails_in_the_midst_leaves_no_mailbox_selected(self):  # RFC 9051 §6.3.2
        with house() as server:
            deliver(server, "one")
            with sqlite3.connect(server.directory / "mailstead.db") as store:
                store.execute("CREATE TRIGGER failing BEFORE UPDATE OF recent_from ON mailbox "
                              "BEGIN SELECT RAISE(ABORT, 'failed'); END")
            client = login(server)
            self.assertEqual("NO", client.select()[0])
            client.send(b"a FETCH 1 (FLAGS)\r\n")
            self.assertRegex(client.readline(), b"^a BAD ")
            with sqlite3.connect(server.directory / "mailstead.db") as store:
                store.execute("DROP TRIGGER failing")
            self.assertEqual(("OK", [b"1"]), client.select())

    def test_a_health_check_leaves_no_line_and_a_session_leaves_its_first_and_last(self):
        with house() as server:
            for door in ("smtp", "submission", "imap", "pop3"):
                with smtplib.socket.create_connection((server.address, server.port(door)), timeout=20) as peer:
                    self.assertTrue(peer.recv(512))
            login(server).logout()
            wait_for(lambda: "event=close" in server.log.read_text(), what="the session's last line")
            doors = (" smtp ", " submission ", " imap ", " pop3 ")
            lines = [line for line in server.log.read_text().splitlines() if any(door in line for door in doors)]
            events = [word for line in lines for word in line.split() if word.startswith("event=")]
            self.assertEqual(["event=open", "event=login", "event=close"], events, lines)
            self.assertIn(" ms=", lines[-1])


class Start(unittest.TestCase):
    def refused(self, *, config="", **environment):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "m.toml"
            listen = "".join(f'{door} = ["127.0.0.1:0"]\n' for door in DOORS)
            file.write_text(f"[listen]\n{listen}{config}")
            done = subprocess.run([BINARY, "serve", "--config", str(file), "--data", directory + "/data"],
                                  env={**os.environ, **environment}, capture_output=True, text=True, timeout=15)
            self.assertEqual(1, done.returncode)
            self.assertEqual(1, done.stderr.count("mailstead: "), done.stderr)
            return done.stderr

    def test_dns_servers_that_are_none(self):
        self.assertRegex(self.refused(config='[dns]\nservers = ["nonsense"]\n'), r"m\.toml:12: dns\.servers: \"nonsense\" is no ")

    def test_a_host_name_that_is_none(self):
        self.assertIn('MAILSTEAD_HOSTNAME: "bad host" is no host name', self.refused(MAILSTEAD_HOSTNAME="bad host"))

    def test_a_data_directory_that_cannot_be_written_names_the_uid(self):
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)
            data = pathlib.Path(directory) / "data"
            data.mkdir(mode=0o500)
            uid = 65534 if os.geteuid() == 0 else os.geteuid()
            done = subprocess.run([BINARY, "serve", "--data", str(data)], capture_output=True, text=True, timeout=15,
                                  **({"user": uid} if os.geteuid() == 0 else {}))
            self.assertEqual(1, done.returncode)
            self.assertIn(f"{data} cannot be written by uid {uid}", done.stderr)

    def test_a_port_that_only_root_may_take_says_what_is_needed(self):
        lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
        if lowest == 0:
            self.skipTest("this machine lets everybody take any port")
        with tempfile.TemporaryDirectory() as directory:
            uid = 65534 if os.geteuid() == 0 else os.geteuid()
            os.chown(directory, uid, -1)
            listen = {f"MAILSTEAD_LISTEN_{door.upper()}": "" for door in DOORS}
            done = subprocess.run([BINARY, "serve", "--data", directory], capture_output=True, text=True, timeout=15,
                                  env={**os.environ, **listen, "MAILSTEAD_LISTEN_SMTP": f"127.0.0.1:{lowest - 1}"},
                                  **({"user": uid} if os.geteuid() == 0 else {}))
            self.assertEqual(1, done.returncode)
            self.assertIn(f"listen on 127.0.0.1:{lowest - 1} (ports below 1024 need root, or the capability "
                          "CAP_NET_BIND_SERVICE): Permission denied", done.stderr)

    def test_a_store_that_was_not_there_is_told_of(self):
        with tempfile.TemporaryDirectory() as directory:
            listen = {f"MAILSTEAD_LISTEN_{door.upper()}": "127.0.0.1:0" for door in DOORS}
            for told in (True, False):
                server = subprocess.Popen([BINARY, "serve", "--data", directory + "/data"], stderr=subprocess.PIPE, text=True,
                                          env={**os.environ, **listen})
                lines = []
                for line in server.stderr:
                    lines.append(line)
                    if "event=ready" in line:
                        server.send_signal(signal.SIGTERM)
                self.assertEqual(0, server.wait(timeout=20), lines)
                server.stderr.close()
                self.assertEqual(told, any("event=made-a-new-store" in line for line in lines), lines)

    def test_a_certificate_that_is_none_names_the_file(self):
        error = self.refused(config='[tls]\ncertificate = "/etc/hostname"\nkey = "/etc/hostname"\n')
        self.assertIn("mailstead: tls.certificate: /etc/hostname: ", error)
        error = self.refused(config='[tls]\ncertificate = "/nofile.pem"\nkey = "/nofile.pem"\n')
        self.assertIn("mailstead: tls.certificate: /nofile.pem: cannot be read: No such file or directory", error)


if __name__ == "__main__":
    unittest.main()
