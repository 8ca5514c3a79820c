"""mbsync, offlineimap, mutt and fetchmail as they come, over verified TLS, each with an account as `account add` makes it:
nothing is set, no quota, no mailbox but its own. CLIENTS.md 28."""
import email.message
import os
import pathlib
import pty
import shutil
import smtplib
import subprocess
import tempfile
import threading
import unittest

from tests.support.certificates import make_certificates
from tests.support.imap import Imap
from tests.support.mailstead import Mailstead, wait_for

HOST = "localhost"  # what the certificate names and every client can look up
MAILBOXES = {"INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"}


class FreshAccount(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-fresh-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.authority, certificate, key = make_certificates(self.home, [HOST])
        self.server = self.enterContext(Mailstead(["hamburger.edu"], {"bob@hamburger.edu": "hungry"}, hostname=HOST,
                                                  config=f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'))

    def deliver(self, *subjects):
        with smtplib.SMTP("127.0.0.1", self.server.port("smtp"), timeout=60) as smtp:
            for subject in subjects:
                message = email.message.EmailMessage()
                message["From"], message["To"], message["Subject"] = "alice@crepes.fr", "bob@hamburger.edu", subject
                message.set_content(f"This is {subject}.\n")
                smtp.send_message(message)

    def stored(self, mailbox):
        """Subject → flags, as another client sees them."""
        with Imap("127.0.0.1", self.server.port("imap")) as imap:
            imap.login("bob@hamburger.edu", "hungry").ok(f'EXAMINE "{mailbox}"')
            found = imap.ok("UID FETCH 1:* (FLAGS ENVELOPE)").fetched().values()
            return {one[b"ENVELOPE"][1].decode(): set(one[b"FLAGS"]) - {rb"\Recent"} for one in found}

    def run_client(self, *command, stdin=None, statuses=(0,)):
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=180, env=self.environment())
        if done.returncode not in statuses:
            raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}\n"
                                 + self.server.log.read_text()[-3000:])
        return done.stdout + done.stderr

    def environment(self):
        return {"HOME": str(self.home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "vt100"}

    def synchronised(self, run, boxes):
        """What a client that keeps Maildirs must do: bring everything, change nothing the second time, carry flags up."""
        run()
        self.assertEqual(MAILBOXES, {path.parent.name for path in boxes.glob("*/cur")})
        self.deliver("one", "two")
        run()
        files = sorted(file for part in ("new", "cur") for file in (boxes / "INBOX" / part).iterdir())
        self.assertEqual(["one", "two"], sorted(file.read_text().split("Subject: ")[1].split("\n")[0] for file in files))
        run()
        self.assertEqual(files, sorted(file for part in ("new", "cur") for file in (boxes / "INBOX" / part).iterdir()))
        first = next(file for file in files if "Subject: one\n" in file.read_text())
        first.rename(boxes / "INBOX/cur" / (first.name.split(":2,")[0] + ":2,FS"))
        (boxes / "Sent/cur/1700000000.3.test:2,S").write_text("From: bob@hamburger.edu\nSubject: sent\n\nSent.\n")
        run()
        self.assertEqual({"one": {rb"\Flagged", rb"\Seen"}, "two": set()}, self.stored("INBOX"))
        self.assertEqual({"sent": {rb"\Seen"}}, self.stored("Sent"))

    def test_mbsync(self):
        rc = self.home / "mbsyncrc"
        rc.write_text(f"""IMAPAccount server
Host {HOST}
Port {self.server.port("imap")}
User bob@hamburger.edu
Pass hungry
SSLType STARTTLS
CertificateFile {self.authority}

IMAPStore far
Account server

MaildirStore near
Path {self.home}/boxes/
Inbox {self.home}/boxes/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
""")
        (self.home / "boxes").mkdir()
        self.synchronised(lambda: self.run_client("mbsync", "-c", rc, "-a"), self.home / "boxes")

    def test_offlineimap(self):
        rc = self.home / "offlineimaprc"
        rc.write_text(f"""[general]
accounts = bob
ui = quiet

[Account bob]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {self.home}/boxes

[Repository far]
type = IMAP
remotehost = {HOST}
remoteport = {self.server.port("imaps")}
remoteuser = bob@hamburger.edu
remotepass = hungry
sslcacertfile = {self.authority}
""")
        self.synchronised(lambda: self.run_client("offlineimap", "-c", rc, "-o"), self.home / "boxes")

    def test_mutt(self):
        self.deliver("one", "two")
        url = f"imaps://{HOST}:{self.server.port('imaps')}/"
        rc = self.home / "muttrc"
        rc.write_text(f"""set folder="{url}" spoolfile="+INBOX" record="+Sent" postponed="+Drafts" trash="+Trash"
set imap_user="bob@hamburger.edu" imap_pass="hungry" from="bob@hamburger.edu"
set smtp_url="smtps://bob@hamburger.edu@{HOST}:{self.server.port('submissions')}/" smtp_pass="hungry"
set ssl_ca_certificates_file="{self.authority}" certificate_file="{self.home}/accepted"
set header_cache="{self.home}/cache" imap_idle=yes wait_key=no delete=yes quit=yes move=no
""")
        # It writes, sends, and keeps a copy (CLIENTS.md 33).
        self.run_client("mutt", "-F", rc, "-s", "three", "bob@hamburger.edu", stdin="This is three.\n")
        wait_for(lambda: "three" in self.stored("INBOX"), 30, "what mutt has sent is delivered")
        self.assertEqual({"three"}, set(self.stored("Sent")))
        # It opens INBOX, flags one, deletes another into Trash, looks into Sent. What it has listed it marks by a keyword.
        keys = ("<search>~s one<enter><flag-message><search>~s two<enter><delete-message><sync-mailbox>"
                "<change-folder>=Sent<enter><quit>")
        shown = self.in_terminal("mutt", "-F", rc, "-e", f'push "{keys}"')
        self.assertEqual({"one": {rb"\Flagged", b"Old"}, "three": {b"Old"}}, self.stored("INBOX"), shown[-1500:])
        self.assertEqual({"two"}, set(self.stored("Trash")), shown[-1500:])

    def in_terminal(self, *command):
        """The output of the client on its own terminal until it ended."""
        ours, theirs = pty.openpty()
        client = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=self.environment())
        os.close(theirs)
        drawn = []

        def draw():
            try:
                while octets := os.read(ours, 65536):
                    drawn.append(octets)
            except OSError:
                pass  # it has closed its side

        reader = threading.Thread(target=draw)
        reader.start()
        try:
            status = client.wait(120)
        except subprocess.TimeoutExpired:
            client.kill()
            status = client.wait()
        reader.join()
        os.close(ours)
        text = b"".join(drawn).decode(errors="replace")
        self.assertEqual(0, status, text[-2000:])
        return text

    def fetchmail(self, protocol, door, *options):
        """One poll by STARTTLS or STLS; returns what it has delivered so far, in order."""
        box, rc = self.home / f"box-{protocol}", self.home / "fetchmailrc"
        rc.write_text(f'poll {HOST} service {self.server.port(door)} protocol {protocol} {"uidl" if protocol == "POP3" else ""}\n'
                      f'  username "bob@hamburger.edu" password "hungry" {" ".join(options)}\n'
                      f'  sslproto "TLS1.2+" sslcertck sslcertfile {self.authority}\n'
                      f'  mda "cat >> {box}"\n')
        rc.chmod(0o600)
        self.run_client("fetchmail", "--fetchmailrc", rc, "--idfile", self.home / f"ids-{protocol}", "--pidfile", self.home / "pid",
                        statuses=(0, 1))  # 1: there was no mail
        return [line.split()[-1] for line in box.read_text().splitlines() if line.startswith("This is")] if box.exists() else []

    def test_fetchmail(self):
        for protocol, door in (("IMAP", "imap"), ("POP3", "pop3")):
            with self.subTest(protocol):
                self.assertEqual([], self.fetchmail(protocol, door), "there is no mail yet")
                self.deliver("one", "two")
                self.assertEqual(["one.", "two."], self.fetchmail(protocol, door, "keep"))
                self.assertEqual({"one", "two"}, set(self.stored("INBOX")))
                self.assertEqual(["one.", "two."], self.fetchmail(protocol, door, "keep"), "nothing is fetched twice")
                self.assertEqual(["one.", "two."] * 2, self.fetchmail(protocol, door, "fetchall"))
                self.assertEqual({}, self.stored("INBOX"))


if __name__ == "__main__":
    unittest.main()
