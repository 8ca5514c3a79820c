"""curl, mutt and fetchmail read mail: IMAP and POP3, keep and delete, plain text and TLS."""
import os
import pathlib
import poplib
import pty
import select
import subprocess
import tempfile
import time
import unittest

from tests.support.mailstead import Mailstead

BOB = "bob@hamburger.edu"


def message(number):
    return (f"From: <alice@crepes.fr>\r\nTo: <{BOB}>\r\nSubject: message {number}\r\nMessage-ID: <{number}@crepes.fr>\r\n\r\n"
            f"This is number {number}.\r\n.a line with a dot\r\n")


class ReadClients(unittest.TestCase):
    def setUp(self):
        self.server = Mailstead(["hamburger.edu", "crepes.fr"], {BOB: "hungry"}).start()
        self.addCleanup(lambda: self.server.__exit__(None, None, None))
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-home-"))
        for number in (1, 2, 3):
            file = self.home / "message"
            file.write_bytes(message(number).encode())
            self.sh("curl", "-sS", "--user", BOB + ":hungry", "--upload-file", file,
                    f"imap://127.0.0.1:{self.server.port('imap')}/INBOX")

    def sh(self, *command, stdin=None, statuses=(0,)):
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120,
                              env={**os.environ, "HOME": str(self.home)})
        if done.returncode not in statuses:
            raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}\n"
                                 + self.server.log.read_text()[-3000:])
        return done.stdout

    def count(self):
        pop = poplib.POP3("127.0.0.1", self.server.port("pop3"))
        pop.user(BOB)
        pop.pass_("hungry")
        number, _ = pop.stat()
        pop.quit()
        return number

    def test_curl_imap(self):
        for scheme, door, options in (("imap", "imap", ["--ssl-reqd"]), ("imaps", "imaps", [])):
            base = f"{scheme}://127.0.0.1:{self.server.port(door)}"
            out = self.sh("curl", "-sS", "--insecure", *options, "--user", BOB + ":hungry", base + "/INBOX;MAILINDEX=2")
            self.assertEqual(message(2).replace("\r\n", "\n"), out.replace("\r\n", "\n"))
            self.assertIn("* SEARCH 3", self.sh("curl", "-sS", "--insecure", *options, "--user", BOB + ":hungry",
                                                base + "/INBOX?SUBJECT%20%22message%203%22"))

    def test_curl_pop3(self):
        for scheme, door, options in (("pop3", "pop3", ["--ssl-reqd"]), ("pop3s", "pop3s", [])):
            base = f"{scheme}://127.0.0.1:{self.server.port(door)}"
            self.assertEqual(3, len(self.sh("curl", "-sS", "--insecure", *options, "--user", BOB + ":hungry", base + "/").split("\n")) - 1)
            out = self.sh("curl", "-sS", "--insecure", *options, "--user", BOB + ":hungry", base + "/3")
            self.assertEqual(message(3).replace("\r\n", "\n"), out.replace("\r\n", "\n"))
        self.assertEqual(3, self.count())

    def fetchmail(self, *options):
        box = self.home / "fetched"
        rc = self.home / "fetchmailrc"
        rc.write_text(f'set no bouncemail\npoll 127.0.0.1 service {self.server.port("pop3")} protocol POP3 timeout 20 uidl\n'
                      f'  username "{BOB}" password "hungry" {" ".join(options)} sslproto "" no rewrite\n'
                      f'  mda "cat >> {box}"\n')
        rc.chmod(0o600)
        self.sh("fetchmail", "--fetchmailrc", rc, "--idfile", self.home / "ids", "--pidfile", self.home / "pid", "--silent",
                statuses=(0, 1))
        return box.read_text().count("This is number") if box.exists() else 0

    def test_fetchmail_keep(self):
        self.assertEqual(3, self.fetchmail("keep"))
        self.assertEqual(3, self.count())
        self.assertEqual(3, self.fetchmail("keep"), "a second run fetches nothing again")

    def test_fetchmail_delete(self):
        self.assertEqual(3, self.fetchmail("no keep", "fetchall"))
        self.assertEqual(0, self.count())

    def test_mutt_reads_in_batch(self):
        rc = self.home / "muttrc"
        url = f"imaps://127.0.0.1:{self.server.port('imaps')}/INBOX"
        rc.write_text(f'set imap_user="{BOB}"\nset imap_pass="hungry"\nset ssl_verify_host=no\nset ssl_verify_dates=no\n'
                      f'set certificate_file={self.home}/certs\nset folder="imaps://127.0.0.1:{self.server.port("imaps")}"\n'
                      f'set wait_key=no\nset copy=no\nset delete=yes\nset quit=yes\n')
        # mutt trusts what is in its certificate file.
        pem = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.server.port('imaps')}"], input="",
                             capture_output=True, text=True, timeout=20).stdout
        start, end = pem.index("-----BEGIN"), pem.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----\n")
        (self.home / "certs").write_text(pem[start:end])
        out = self.home / "piped"
        keys = (f"<tag-pattern>~s message<enter><tag-prefix><pipe-message>cat >> {out}<enter>"
                "<tag-prefix><delete-message><sync-mailbox><quit>")
        shown = self.in_terminal("mutt", "-F", rc, "-f", url, "-e", f'push "{keys}"')
        self.assertIn("This is number 2.", out.read_text())
        self.assertIn("Subject: message 3", out.read_text())
        self.assertEqual(0, self.count(), shown[-1500:])

    def in_terminal(self, *command):
        """mutt wants one."""
        ours, theirs = pty.openpty()
        client = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs,
                                  env={**os.environ, "HOME": str(self.home), "TERM": "vt100"})
        os.close(theirs)
        shown, end = b"", time.monotonic() + 60
        while client.poll() is None and time.monotonic() < end:
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    shown += os.read(ours, 65536)
                except OSError:
                    break
        if client.poll() is None:
            client.terminate()
        status = client.wait()
        os.close(ours)
        self.assertEqual(0, status, shown[-2000:].decode(errors="replace"))
        return shown.decode(errors="replace")


if __name__ == "__main__":
    unittest.main()
