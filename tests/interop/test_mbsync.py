"""mbsync synchronises a Maildir and the server, both ways: 1,000 messages, no difference on the second run.

Then a large mailbox, up, down and once more without a change: MAILSTEAD_MBSYNC_MESSAGES (4,000) messages; the times and
the server's peak of memory are printed.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from tests.support.mailstead import Mailstead
from tests.support.mbsync import write_mbsync_config

BOB = "bob@hamburger.edu"
LARGE = int(os.environ.get("MAILSTEAD_MBSYNC_MESSAGES", "4000"))
MOST_MEMORY_KIB = 128 * 1024  # does not grow with the mailbox by more than what numbers and UIDs take


def message(number):
    return (f"From: <alice@crepes.fr>\nTo: <{BOB}>\nSubject: message {number}\nMessage-ID: <{number}@crepes.fr>\n"
            f"Date: Mon, 2 Mar 2026 10:{number // 60 % 60:02}:{number % 60:02} +0100\n\nNumber {number}.\n" + "filler\n" * (number % 50))


class Mbsync(unittest.TestCase):
    def test_two_ways(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-mbsync-"))
        with Mailstead(["hamburger.edu"], {BOB: "hungry"}) as server:
            stores = [home / "one", home / "two"]
            self.fill(stores[0], 1000)
            for store in stores:
                self.make(store)
                write_mbsync_config(home / f"{store.name}.rc", store, server.port("imap"), BOB, "hungry")
            self.mbsync(home, stores[0])   # up
            self.mbsync(home, stores[1])   # down, to the second
            self.assertEqual(self.view(stores[0]), self.view(stores[1]))
            self.assertEqual(1000, len(self.view(stores[1])))
            before = self.names(stores[0]), self.names(stores[1])
            for store in stores:
                self.mbsync(home, store)
            self.assertEqual(before, (self.names(stores[0]), self.names(stores[1])), "the second run changed something")

            # A flag here, a removal there: both arrive everywhere.
            files = sorted((stores[1] / "INBOX" / "cur").iterdir())
            removed, answered = files[10], files[20]
            removed_subject = self.subject(removed)
            answered_subject = self.subject(answered)
            removed.unlink()
            name, flags = answered.name.split(":2,")
            answered.rename(answered.with_name(f"{name}:2,{''.join(sorted(set(flags) | {'R'}))}"))
            self.mbsync(home, stores[1])
            self.mbsync(home, stores[0])
            view = self.view(stores[0])
            self.assertEqual(view, self.view(stores[1]))
            self.assertEqual(999, len(view))
            self.assertNotIn(removed_subject, view)
            self.assertIn("R", view[answered_subject])

    def test_large_mailbox(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-mbsync-"))
        stores = [home / "up", home / "down"]
        self.fill(stores[0], LARGE)
        with Mailstead(["hamburger.edu"], {BOB: "hungry"}) as server:
            for what, store in (("up", stores[0]), ("down", stores[1]), ("unchanged", stores[1])):
                self.make(store)
                write_mbsync_config(home / f"{store.name}.rc", store, server.port("imap"), BOB, "hungry")
                start = time.monotonic()
                self.mbsync(home, store, seconds=60 + LARGE // 20)
                print(f"{LARGE} messages {what}: {time.monotonic() - start:.1f} s")
            status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
            peak = int(status.split("VmHWM:")[1].split()[0])
            print(f"the server's peak: {peak} KiB")
            self.assertLess(peak, MOST_MEMORY_KIB)
            self.assertEqual(LARGE, len(self.files(stores[1])))
            self.assertEqual(self.view(stores[0]), self.view(stores[1]))
        shutil.rmtree(home)

    @staticmethod
    def make(store):
        for part in ("cur", "new", "tmp"):
            (store / "INBOX" / part).mkdir(parents=True, exist_ok=True)

    def fill(self, store, count):
        self.make(store)
        for number in range(count):
            flags = "F" * (number % 7 == 0) + "S" * (number % 3 != 0)
            (store / "INBOX" / "cur" / f"1700000000.{number}.test:2,{flags}").write_text(message(number))

    def mbsync(self, home, store, seconds=300):
        done = subprocess.run(["mbsync", "-c", home / f"{store.name}.rc", "-a"], capture_output=True, text=True, timeout=seconds)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    @staticmethod
    def subject(file):
        return next(line for line in file.read_text().split("\n") if line.startswith("Subject:"))

    def files(self, store):
        return [file for part in ("cur", "new") for file in (store / "INBOX" / part).iterdir()]

    def names(self, store):
        return sorted(file.name for file in self.files(store))

    def view(self, store):
        """Subject → flags. Its body must be what was put in."""
        view = {}
        for file in self.files(store):
            subject = self.subject(file)
            number = int(subject.split()[-1])
            text = "\n".join(line for line in file.read_text().split("\n") if not line.startswith("X-TUID:"))
            self.assertEqual(message(number), text)
            view[subject] = file.name.split(":2,")[1] if ":2," in file.name else ""
        return view


if __name__ == "__main__":
    unittest.main()
