"""s-nail and Python's imaplib at one mailbox: reading, searching, copying, deleting, appending. IMAP, plain and TLS."""
import imaplib
import os
import pathlib
import ssl
import subprocess
import tempfile
import unittest
import urllib.parse

from tests.support.mailstead import Mailstead

BOB = "bob@hamburger.edu"
SUBJECTS = ["first pickles", "second mustard", "third pickles", "fourth ketchup"]


def message(number):
    return (f"From: Alice <alice@crepes.fr>\r\nTo: <{BOB}>\r\nSubject: {SUBJECTS[number - 1]}\r\n"
            f"Date: Mon, {number} Mar 2026 10:00:00 +0100\r\nMessage-ID: <{number}@crepes.fr>\r\n\r\n"
            f"This is number {number}.\r\nFrom here on it is short.\r\n.\r\n").encode()


def tls():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the certificate signs itself
    return context


class ImapReaders(unittest.TestCase):
    def setUp(self):
        self.server = Mailstead(["hamburger.edu"], {BOB: "hungry"}).start()
        self.addCleanup(lambda: self.server.__exit__(None, None, None))
        self.imap = self.connected()
        self.ok(self.imap.create("Keep"))
        for number in range(1, len(SUBJECTS) + 1):
            self.ok(self.imap.append("INBOX", None, f'"{number:2}-Mar-2026 10:00:00 +0100"', message(number)))

    def connected(self):
        imap = imaplib.IMAP4("127.0.0.1", self.server.port("imap"), timeout=60)
        self.addCleanup(imap.sock.close)
        imap.login(BOB, "hungry")
        return imap

    def ok(self, answer):
        status, data = answer
        self.assertEqual("OK", status, data)
        return data

    def subjects(self, mailbox):
        """What stands in a mailbox, by a session that knows nothing of it: subject → flags but \\Recent."""
        imap = self.connected()
        found = {}
        if int(self.ok(imap.select(f'"{mailbox}"', readonly=True))[0]) > 0:
            data = self.ok(imap.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
            for said, header in (part for part in data if isinstance(part, tuple)):
                flags = set(imaplib.ParseFlags(said)) - {rb"\Recent"}
                found[header.decode().strip().removeprefix("Subject: ")] = {flag.decode() for flag in flags}
        imap.logout()
        return found

    # --- s-nail

    def s_nail(self, *lines, mailbox="INBOX"):
        home = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-s-nail-"))
        user = urllib.parse.quote(BOB, safe="")
        account = f"imap://{user}:hungry@127.0.0.1:{self.server.port('imap')}"
        done = subprocess.run(
            ["s-nail", "-n", "-Sv15-compat=yes", "-Simap-auth=login", f"-Sfolder={account}/", "-#",
             "-f", f"{account}/{mailbox}"],
            input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=60,
            env={**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8"})
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_s_nail_lists_reads_and_searches(self):
        shown = self.s_nail("headers *", "type 2", 'search (subject "pickles")', "exit")
        for subject in SUBJECTS:
            self.assertIn(subject, shown)
        self.assertIn("This is number 2.", shown)
        self.assertIn("From here on it is short.", shown)
        self.assertEqual(set(SUBJECTS), set(self.subjects("INBOX")))

    def test_s_nail_copies_and_deletes(self):
        self.s_nail("copy 1 3 +Keep", "delete 2", "quit")
        self.assertEqual({SUBJECTS[0], SUBJECTS[2]}, set(self.subjects("Keep")))
        self.assertNotIn(SUBJECTS[1], self.subjects("INBOX"))

    def test_s_nail_lists_mailboxes(self):
        shown = self.s_nail("folders @", "exit")
        for mailbox in ("INBOX", "Keep", "Drafts", "Sent", "Trash"):
            self.assertIn(mailbox, shown)

    # --- imaplib

    def test_imaplib_reads_what_was_appended(self):
        imap = self.imap
        self.assertEqual(b"4", self.ok(imap.select())[0])
        whole = self.ok(imap.fetch("1:4", "(RFC822.SIZE BODY.PEEK[])"))
        self.assertEqual([message(number) for number in (1, 2, 3, 4)],
                         [part[1] for part in whole if isinstance(part, tuple)])
        self.assertEqual([b"1 3"], self.ok(imap.search(None, "SUBJECT", '"pickles"')))
        self.assertEqual([b"3 4"], self.ok(imap.search("UTF-8", "SINCE", "3-Mar-2026")))
        self.assertEqual([b""], self.ok(imap.search(None, "FLAGGED")))
        date = imaplib.Internaldate2tuple(self.ok(imap.fetch("2", "(INTERNALDATE)"))[0])
        self.assertEqual((2026, 3, 2), date[:3])
        partial = self.ok(imap.fetch("1", "(BODY.PEEK[TEXT]<8.6>)"))[0][1]
        self.assertEqual(b"number", partial)
        self.assertEqual((), imaplib.ParseFlags(self.ok(imap.fetch("1", "(FLAGS)"))[0].replace(rb"\Recent", b"")))

    def test_imaplib_changes_flags_and_expunges(self):
        imap = self.imap
        self.ok(imap.select())
        self.ok(imap.store("1:2", "+FLAGS", r"(\Flagged $Forwarded)"))
        self.ok(imap.uid("STORE", "2", "-FLAGS.SILENT", r"(\Flagged)"))
        self.ok(imap.store("3", "FLAGS", r"(\Deleted)"))
        self.assertEqual([b"3"], self.ok(imap.expunge()))
        self.ok(imap.uid("COPY", "1", "Keep"))
        self.ok(imap.uid("MOVE", "4", "Keep"))
        forwarded = {r"\Flagged", "$Forwarded"}
        self.assertEqual({SUBJECTS[0]: forwarded, SUBJECTS[1]: {"$Forwarded"}}, self.subjects("INBOX"))
        self.assertEqual({SUBJECTS[0]: forwarded, SUBJECTS[3]: set()}, self.subjects("Keep"))
        self.ok(imap.store("1", "+FLAGS", r"\Deleted"))
        self.ok(imap.close())
        self.assertEqual({SUBJECTS[1]}, set(self.subjects("INBOX")))

    def test_imaplib_manages_mailboxes(self):
        imap = self.imap
        self.ok(imap.create("Work/2026"))
        self.ok(imap.subscribe("Work/2026"))
        self.ok(imap.rename("Work", "Jobs"))
        listed = b"\n".join(self.ok(imap.list('""', "*")))
        self.assertIn(b'"/" Jobs/2026', listed.replace(b'"Jobs/2026"', b"Jobs/2026"))
        self.assertNotIn(b"Work", listed)
        self.assertEqual("NO", imap.select("Work/2026")[0])
        self.ok(imap.select("INBOX"))
        self.assertIn(b"MESSAGES 4", self.ok(imap.status("INBOX", "(MESSAGES UIDNEXT UNSEEN)"))[0])
        self.assertEqual("OK", imap.namespace()[0])
        self.ok(imap.delete("Jobs/2026"))
        self.assertNotIn(b"2026", b"\n".join(self.ok(imap.list('""', "*"))))
        self.ok(imap.unsubscribe("Work/2026"))
        self.ok(imap.getquotaroot("INBOX"))
        self.assertIn(b"lrswipkxte", self.ok(imap.myrights("INBOX"))[0])

    def test_imaplib_by_tls_and_utf8(self):
        for connect in (self.by_imaps, self.by_starttls):
            imap = connect()
            self.addCleanup(imap.sock.close)
            imap.authenticate("PLAIN", lambda _: f"\0{BOB}\0hungry".encode())
            self.ok(imap.append("INBOX", r"(\Seen)", None, "Subject: Käse\r\n\r\nGrüße\r\n".encode()))
            imap.enable("UTF8=ACCEPT")
            self.ok(imap.select())
            self.assertEqual(1, len(self.ok(imap.uid("SEARCH", 'SUBJECT "Käse" SEEN'))[0].split()))
            self.ok(imap.uid("STORE", "5:*", "+FLAGS.SILENT", r"(\Deleted)"))
            self.ok(imap.expunge())
            imap.logout()

    def by_imaps(self):
        return imaplib.IMAP4_SSL("127.0.0.1", self.server.port("imaps"), ssl_context=tls(), timeout=60)

    def by_starttls(self):
        imap = imaplib.IMAP4("127.0.0.1", self.server.port("imap"), timeout=60)
        imap.starttls(tls())
        return imap


if __name__ == "__main__":
    unittest.main()
