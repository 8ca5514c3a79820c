"""A first sync at scale: many messages imported by APPEND, then all read, over five connections at once. CLIENTS.md 24, 25.

MAILSTEAD_SCALE=240000x100 (messages x mailboxes) is the size that counts; without it 6000x20, to see that it works. Reports how
far the server's memory grows, which is limited at any size, and the longest time that a client waited for the next octet of an
answer. That is held against a second only where the size was asked for: a busy machine fails no test.
"""
import os
import pathlib
import random
import threading
import time
import unittest

from tests.support.imap import Imap
from tests.support.mailstead import Mailstead

BOB = "bob@hamburger.edu"
CONNECTIONS = 5
GROWTH_KIB = 64 << 10
WAIT = 1.0
SIZE = os.environ.get("MAILSTEAD_SCALE", "6000x20")
# What Thunderbird asks of each new message for its list.
FIELDS = ("From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To")


def memory_kib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return {name: int(status.split(name + ":")[1].split()[0]) for name in ("VmRSS", "VmHWM", "RssAnon")}


class Client:
    """One connection that measures what it waits for."""
    def __init__(self, port):
        self.imap = Imap("127.0.0.1", port, timeout=120).login(BOB, "hungry")
        self.socket, self.longest, self.slowest, self.octets = self.imap.socket, 0.0, "", 0

    def run(self, command, octets=b""):
        """Sends a command (octets: all after its tag) and reads up to its answer; returns how many FETCH responses came."""
        self.imap.tags += 1
        tag = b"t%d" % self.imap.tags
        self.socket.sendall(tag + b" " + (octets or command.encode()) + b"\r\n")
        found, tail, sent = 0, b"", time.monotonic()
        while True:
            chunk = self.socket.recv(1 << 18)
            now = time.monotonic()
            if now - sent > self.longest:
                self.longest, self.slowest = now - sent, command
            if not chunk:
                raise ConnectionError(f"closed during {command}")
            self.octets += len(chunk)
            found += (tail[-6:] + chunk).count(b" FETCH ")
            tail = (tail + chunk)[-500:]
            line = tail.rfind(b"\r\n", 0, -2) + 2 if b"\r\n" in tail[:-2] else 0
            if tail.endswith(b"\r\n") and tail[line:].startswith(tag + b" "):
                if not tail[line:].startswith(tag + b" OK"):
                    raise AssertionError(f"{command}: {tail[line:]}")
                return found
            sent = time.monotonic()


def message(number, words):
    rng = random.Random(number)
    text = "\r\n".join(" ".join(rng.choices(words, k=10)) for _ in range(rng.randrange(5, 40)))
    return (f"From: Alice {number % 97} <alice{number % 97}@crepes.example>\r\nTo: Bob <{BOB}>\r\nSubject: {rng.choice(words)} {number}\r\n"
            f"Date: Mon, 2 Mar 2026 10:{number // 60 % 60:02}:{number % 60:02} +0100\r\nMessage-ID: <{number}@crepes.example>\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n").encode()


class Scale(unittest.TestCase):
    def test_first_sync(self):
        self.messages, mailboxes = map(int, SIZE.split("x"))
        self.names = [f"folder-{number}" for number in range(mailboxes)]
        words = ["".join(random.Random(n).choices("abcdefghijklmnopqrstuvwxyz", k=3 + n % 8)) for n in range(2000)]
        self.pool = [message(number, words) for number in range(2000)]
        with Mailstead(["hamburger.edu"], {BOB: "hungry"}, config="[server]\nconfine = false\n") as server:
            self.clients = [Client(server.port("imap")) for _ in range(CONNECTIONS)]
            for client in self.clients:
                self.addCleanup(client.imap.close)
                client.run("SELECT INBOX")
            pathlib.Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
            self.before = memory_kib(server)
            self.phase(server, "imported by APPEND", self.store)
            self.phase(server, "read as at a first sync", self.read)
            self.assertEqual(self.messages, sum(self.seen))

    def phase(self, server, what, work):
        self.seen, started, troubles = [0] * CONNECTIONS, time.monotonic(), []
        over = threading.Event()
        for client in self.clients:
            client.longest, client.octets = 0.0, 0

        def run(number):
            try:
                work(number)
            except Exception as error:
                troubles.append(error)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(CONNECTIONS)]
        other = Client(server.port("imap"))
        watcher = threading.Thread(target=self.look_around, args=(other, over, troubles))
        for thread in [*threads, watcher]:
            thread.start()
        for thread in threads:
            thread.join()
        over.set()
        watcher.join()
        other.imap.close()
        self.assertEqual([], troubles)
        now = memory_kib(server)
        grown, slowest = now["VmHWM"] - self.before["VmRSS"], max([*self.clients, other], key=lambda client: client.longest)
        print(f"{self.messages} messages in {len(self.names)} mailboxes {what} over {CONNECTIONS} connections: "
              f"{time.monotonic() - started:.1f} s, {grown} KiB more resident memory at most "
              f"({now['RssAnon'] - self.before['RssAnon']} KiB anonymous at the end), longest wait {slowest.longest:.3f} s ({slowest.slowest[:60]}), "
              f"{sum(client.octets for client in self.clients) >> 20} MiB received", flush=True)
        self.assertLess(grown, GROWTH_KIB)
        if "MAILSTEAD_SCALE" in os.environ:
            self.assertLess(slowest.longest, WAIT)

    def look_around(self, client, over, troubles):
        """Another client of the same account, working meanwhile."""
        try:
            client.run("SELECT INBOX")
            while not over.wait(0.05):
                for command in ("NOOP", 'LIST "" "*"', f"STATUS {self.names[0]} (MESSAGES UNSEEN UIDNEXT)", "UID FETCH 1:* (FLAGS)"):
                    try:
                        client.run(command)
                    except AssertionError:
                        if not command.startswith("STATUS"):  # it may not be there yet
                            raise
        except Exception as error:
            troubles.append(error)

    def mailboxes_of(self, number):
        """Name and message count of each mailbox that a connection uses."""
        share, more = divmod(self.messages, len(self.names))
        return [(name, share + (at < more)) for at, name in enumerate(self.names) if at % CONNECTIONS == number]

    def store(self, number):
        client = self.clients[number]
        for at, (name, count) in enumerate(self.mailboxes_of(number)):
            client.run(f"CREATE {name}")
            together = 20 if at % 2 else 1  # MULTIAPPEND (RFC 3502), and one message a command as most clients do it
            for first in range(0, count, together):
                out = b"APPEND %s" % name.encode()
                for offset in range(first, min(first + together, count)):
                    # No two alike: each has its own content in the store.
                    octets = b"X-Number: %d.%s\r\n" % (offset, name.encode()) + self.pool[(number * 7919 + offset * 31) % len(self.pool)]
                    out += b' (\\Seen) "02-Mar-2026 10:00:00 +0100" {%d+}\r\n' % len(octets) + octets
                client.run(f"APPEND {name}", out)

    def read(self, number):
        client = self.clients[number]
        for name, count in self.mailboxes_of(number):
            client.run(f'SELECT "{name}"')
            self.assertEqual(count, client.run("UID FETCH 1:* (FLAGS)"))
            self.assertEqual(count, client.run(f"UID FETCH 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS ({FIELDS})])"))
            for first in range(1, count + 1, 200):  # then the messages themselves, for reading offline
                last = min(first + 199, count)
                self.assertEqual(last - first + 1, client.run(f"UID FETCH {first}:{last} (UID RFC822.SIZE BODY.PEEK[])"))
            self.seen[number] += count


if __name__ == "__main__":
    unittest.main()
