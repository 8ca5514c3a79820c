"""offlineimap synchronises a Maildir and the server, both ways, also while mbsync works on the same mailbox."""
import email.utils
import pathlib
import subprocess
import tempfile
import unittest

from tests.support.imap import Imap
from tests.support.mailstead import Mailstead
from tests.support.mbsync import write_mbsync_config

BOB = "bob@hamburger.edu"
NESTED = "Lists/Entw&APw-rfe"  # modified UTF-7, as offlineimap has it on disk


def message(number):
    return (f"From: <alice@crepes.fr>\r\nTo: <{BOB}>\r\nSubject: message {number}\r\n"
            f"Message-ID: <{number}@crepes.fr>\r\nDate: {email.utils.formatdate(1772000000 + number)}\r\n\r\n"
            f"Number {number}.\r\n" + "filler\r\n" * (number % 50))


class OfflineImap(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-offlineimap-"))
        self.server = Mailstead(["hamburger.edu"], {BOB: "hungry"}).start()
        self.addCleanup(lambda: self.server.__exit__(None, None, None))
        self.imap = Imap("127.0.0.1", self.server.port("imap")).login(BOB, "hungry")
        self.addCleanup(self.imap.close)
        self.imap.ok(f'CREATE "{NESTED}"')
        for number in range(200):
            flags = r"\Seen \Flagged" if number % 7 == 0 else r"\Seen" if number % 3 == 0 else ""
            self.imap.ok(f'APPEND {NESTED if number % 4 == 0 else "INBOX"} ({flags}) {{}}', message(number).encode())

    def test_two_ways(self):
        one, two = self.home / "one", self.home / "two"
        self.offlineimap(one)
        self.offlineimap(two)
        for mailbox, count in (("INBOX", 150), (NESTED, 50)):
            self.assertEqual(count, len(self.view(one, mailbox)))
            self.assert_alike(mailbox, one, two)
        before = self.names(one)
        self.offlineimap(one)
        self.assertEqual(before, self.names(one), "a second run changed something")

        # A flag and a removal here, a new message and a new mailbox there: all arrive everywhere.
        answered, removed = self.file(one, "INBOX", 50), self.file(one, NESTED, 40)
        answered.rename(answered.with_name(answered.name.split(":2,")[0] + ":2,RS"))
        removed.unlink()
        self.put(two, "INBOX", 1001)
        for part in ("cur", "new", "tmp"):
            (two / "Projects" / part).mkdir(parents=True)
        self.put(two, "Projects", 1002)
        for store in (one, two, one):
            self.offlineimap(store)
        for mailbox in ("INBOX", NESTED, "Projects"):
            self.assert_alike(mailbox, one, two)
        self.assertEqual("RS", self.view(one, "INBOX")[50])
        self.assertNotIn(40, self.view(two, NESTED))
        self.assertEqual({1002}, set(self.view(one, "Projects")))
        self.assertEqual(151, len(self.view(one, "INBOX")))

    def test_beside_mbsync(self):
        ours, theirs = self.home / "ours", self.home / "theirs"
        for part in ("cur", "new", "tmp"):
            (theirs / "INBOX" / part).mkdir(parents=True)
        self.offlineimap(ours)
        self.wait(self.start_mbsync(theirs))
        for number in range(0, 150):
            store = ours if number % 2 else theirs
            if number % 4 == 0:
                continue  # not in INBOX
            file = self.file(store, "INBOX", number)
            if number % 5 == 0:
                file.unlink()
            elif number % 3 == 0:
                file.rename(file.with_name(file.name.split(":2,")[0] + ":2,FRS"))
        for number in range(2000, 2040):
            self.put(ours if number % 2 else theirs, "INBOX", number)
        for _ in range(2):
            both = self.start_mbsync(theirs), self.start_offlineimap(ours)  # at the same time
            for running in both:
                self.wait(running)
        self.wait(self.start_mbsync(theirs))
        self.offlineimap(ours)
        self.assert_alike("INBOX", ours, theirs)
        view = self.view(ours, "INBOX")
        self.assertEqual(set(range(2000, 2040)), {number for number in view if number >= 2000})
        gone = {number for number in range(150) if number % 4 and number % 5 == 0}
        self.assertEqual(set(), gone & set(view))
        self.assertEqual("FRS", view[51])
        self.assertEqual("FRS", view[54])

    def assert_alike(self, mailbox, *stores):
        """The stores, and the server."""
        self.imap.ok(f'EXAMINE "{mailbox}"')
        letters = {rb"\Seen": "S", rb"\Flagged": "F", rb"\Answered": "R", rb"\Draft": "D", rb"\Deleted": "T"}
        truth = {}
        for items in self.imap.ok("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").fetched().values():
            header = next(value for name, value in items.items() if name.startswith(b"BODY["))
            number = int(header.split()[-1])
            truth[number] = "".join(sorted(letters[flag] for flag in items[b"FLAGS"] if flag in letters))
        for store in stores:
            self.assertEqual(truth, self.view(store, mailbox), f"{store.name}: {mailbox}")

    def files(self, store, mailbox):
        return [file for part in ("cur", "new") for file in (store / mailbox / part).iterdir()]

    def names(self, store):
        return sorted(str(file) for file in store.rglob("*") if file.is_file() and file.parent.name in ("cur", "new"))

    @staticmethod
    def number(file):
        return int(next(line for line in file.read_text().split("\n") if line.startswith("Subject:")).split()[-1])

    def file(self, store, mailbox, number):
        return next(file for file in self.files(store, mailbox) if self.number(file) == number)

    def put(self, store, mailbox, number):
        (store / mailbox / "cur" / f"1700000000.{number}.test:2,S").write_text(message(number).replace("\r\n", "\n"))

    def view(self, store, mailbox):
        """Number → flags. The body must be what was put in."""
        found = {}
        for file in self.files(store, mailbox):
            number = self.number(file)
            text = file.read_text()
            self.assertEqual(message(number).replace("\r\n", "\n").partition("\n\n")[2], text.partition("\n\n")[2])
            found[number] = file.name.split(":2,")[1] if ":2," in file.name else ""
        return found

    def start_offlineimap(self, store):
        config = self.home / f"{store.name}.offlineimap"
        config.write_text(f"""[general]
metadata = {self.home}/{store.name}.metadata
accounts = bob
ui = quiet
socktimeout = 60

[Account bob]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {store}
sep = /

[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = {self.server.port("imap")}
remoteuser = {BOB}
remotepass = hungry
ssl = no
starttls = no
maxconnections = 2
createfolders = True
""")
        return self.run_aside("offlineimap", "-o", "-c", config)

    def start_mbsync(self, store):
        config = self.home / f"{store.name}.mbsync"
        write_mbsync_config(config, store, self.server.port("imap"), BOB, "hungry")
        return self.run_aside("mbsync", "-c", config, "-a")

    def run_aside(self, *command):
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env={"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})

    def wait(self, running):
        said, _ = running.communicate(timeout=120)
        self.assertEqual(0, running.returncode, f"{running.args}: {said}")

    def offlineimap(self, store):
        self.wait(self.start_offlineimap(store))


if __name__ == "__main__":
    unittest.main()
