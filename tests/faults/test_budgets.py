"""What strangers can hold in all: 10,000 connections from 100 addresses do the worst that each door allows before a log-in, and
come again when they are turned away. Memory stays bounded and goes back afterwards; meanwhile log-ins, mail and IDLE of others
go on. What strangers have staged on disk is bounded too, and given back."""
import asyncio
import contextlib
import multiprocessing
import os
import pathlib
import resource
import socket
import ssl
import statistics
import time
import unittest

from tests.support.mailstead import SANITIZED, Mailstead, wait_for

# As many as there may be files open, for the server and for the attackers, less some for all else.
CONNECTIONS = min(int(os.environ.get("MAILSTEAD_BUDGET_CONNECTIONS", "10000")), resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 500)
SECONDS = int(os.environ.get("MAILSTEAD_BUDGET_SECONDS", "20"))
ADDRESSES = 100
TRIES = 3
PROCESSES = 2
MIB = 1 << 20
USER = "honest@budget.test"


def rss(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def unverified():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


# Each says what it may before a log-in, leaves something open, and stays until it is told to go.
async def smtp_envelope(read, write):
    await read.readline()
    write.write(b"EHLO x.test\r\nMAIL FROM:<x@x.test>\r\n")
    write.write(b"".join(b"RCPT TO:<honest+%040d@budget.test>\r\n" % n for n in range(1000)))
    await write.drain()
    while not (await read.readline()).startswith((b"452", b"421")):
        pass


async def smtp_header(read, write):
    await read.readline()
    write.write(b"EHLO x.test\r\nMAIL FROM:<x@x.test>\r\nRCPT TO:<honest@budget.test>\r\nDATA\r\n")
    await write.drain()
    while not (await read.readline()).startswith((b"354", b"4")):
        pass
    write.write(b"".join(b"X-%d: %s\r\n" % (n, b"y" * 900) for n in range(280)))
    await write.drain()


async def imap_literals(read, write):
    await read.readline()
    write.write(b"a ID (" + b"".join(b'"n%d" {7000+}\r\n' % n + b"v" * 7000 + b" " for n in range(4)) + b'"n9" "' + b"z" * 11000)
    await write.drain()


async def pop3_line(read, write):
    await read.readline()
    write.write(b"USER " + b"x" * 900)
    await write.drain()


async def nothing(read, write):
    await read.readline()


KINDS = [("smtp", False, smtp_envelope), ("smtp", False, smtp_header), ("imap", False, imap_literals), ("imaps", True, imap_literals),
         ("pop3", False, pop3_line), ("pop3s", True, nothing), ("submissions", True, nothing)]


def attack(ports, share, end_at, counts):
    """Runs in a process of its own, with the least claim to the processors: they are for the server."""
    os.nice(19)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    context = unverified()
    handshakes = asyncio.Semaphore(50)  # at once, or none of thousands would come to its end

    async def one(number):
        door, tls, kind = KINDS[number % len(KINDS)]
        address = f"127.{1 + number % ADDRESSES}.0.1"
        while time.monotonic() < end_at:
            write = None
            try:
                async with handshakes if tls else contextlib.nullcontext():
                    read, write = await asyncio.open_connection("127.0.0.1", ports[door], local_addr=(address, 0),
                                                                ssl=context if tls else None, limit=4096)
                with counts.get_lock():
                    counts[number % len(KINDS)] += 1
                await asyncio.wait_for(kind(read, write), 30)
                await asyncio.wait_for(read.read(-1), max(0.1, end_at - time.monotonic()))
            except (OSError, ssl.SSLError, asyncio.TimeoutError, asyncio.LimitOverrunError, asyncio.IncompleteReadError, ValueError):
                pass
            if write is not None:
                write.transport.abort()
            await asyncio.sleep(1)

    async def all_of_them():
        await asyncio.gather(*(one(number) for number in share))

    asyncio.run(all_of_them())


class Honest:
    """From an address of its own, like any other client."""

    def __init__(self, server):
        self.server = server
        self.context = unverified()
        self.times = {"log-in": [], "mail": [], "idle": []}
        self.refused = []

    def dial(self, door, tls):
        one = socket.create_connection(("127.0.0.1", self.server.port(door)), timeout=20, source_address=("127.200.0.1", 0))
        return self.context.wrap_socket(one, server_hostname="mail.budget.test") if tls else one

    @staticmethod
    def until(one, word):
        octets = b""
        while word not in octets:
            more = one.recv(4096)
            if not more:
                raise AssertionError(f"cut off behind {octets[-200:]!r}")
            octets += more
        return octets

    def log_in(self):
        one = self.dial("imaps", True)
        self.until(one, b"\r\n")
        one.sendall(b'a LOGIN "%s" "password"\r\n' % USER.encode())
        self.until(one, b"a OK")
        return one

    def send(self):
        with self.dial("smtp", False) as one:
            for line, answer in [(b"", b"220"), (b"EHLO h.test\r\n", b"250 "), (b"MAIL FROM:<h@h.test>\r\n", b"250"),
                                 (b"RCPT TO:<%s>\r\n" % USER.encode(), b"250"), (b"DATA\r\n", b"354"),
                                 (b"Subject: honest\r\n\r\nx\r\n.\r\n", b"250"), (b"QUIT\r\n", b"221")]:
                one.sendall(line)
                self.until(one, answer)

    def timed(self, what, act):
        began = time.monotonic()
        try:
            result = act()
        except (AssertionError, OSError) as error:
            self.refused.append(f"{what}: {error!r}")
            return None
        self.times[what].append(time.monotonic() - began)
        return result

    def round(self, idler):
        one = self.timed("log-in", self.log_in)
        if one is not None:
            one.close()
        began = time.monotonic()
        if self.timed("mail", self.send) is None and self.refused and self.refused[-1].startswith("mail"):
            return
        self.until(idler, b"EXISTS")
        self.times["idle"].append(time.monotonic() - began)


class Budgets(unittest.TestCase):
    def setUp(self):
        self.server = Mailstead(["budget.test"], {USER: "password"})
        self.server.start()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.pid = self.server.process.pid

    def attack(self):
        """What others met meanwhile, and the most memory that the server had."""
        honest = Honest(self.server)
        idler = honest.log_in()
        idler.sendall(b"b SELECT INBOX\r\n")
        honest.until(idler, b"b OK")
        idler.sendall(b"c IDLE\r\n")
        honest.until(idler, b"+ ")
        ports = {door: self.server.port(door) for door, _, _ in KINDS}
        counts = multiprocessing.Array("L", len(KINDS))
        end_at = time.monotonic() + SECONDS
        attackers = [multiprocessing.Process(target=attack, args=(ports, range(first, CONNECTIONS, PROCESSES), end_at, counts), daemon=True)
                     for first in range(PROCESSES)]
        for attacker in attackers:
            attacker.start()
        peak = 0
        while time.monotonic() < end_at:
            honest.round(idler)
            peak = max(peak, rss(self.pid))
            time.sleep(0.05)
        for attacker in attackers:
            attacker.kill()
            attacker.join()
        idler.close()
        print({what: (len(times), f"median {statistics.median(times):.3f}", f"worst {max(times):.3f}") for what, times in honest.times.items()},
              f"connections {sum(counts)}, of each kind {list(counts)}, refused {honest.refused}, peak {peak / MIB:.0f} MiB", flush=True)
        self.assertGreater(min(counts), CONNECTIONS // 200, "connections of each kind")
        return honest, peak

    def test_ten_thousand_strangers(self):
        for attempt in range(TRIES):
            honest, peak = self.attack()
            if not SANITIZED:
                self.assertLess(peak, 256 * MIB)
            slow = [what for what, times in honest.times.items() if len(times) < 5 or sorted(times)[int(len(times) * 0.99)] >= 1]
            if not honest.refused and (not slow or SANITIZED):
                break
            # The machine has other work, and so have the attackers' processes: what is wrong is wrong each time.
            print(f"attempt {attempt}: refused {honest.refused}, slow {slow}", flush=True)
        else:
            self.fail(f"refused {honest.refused}, slow {slow}, each time")
        log = self.server.log.read_text()
        self.assertIn("reason=crowded-out", log)  # or they have not come as far as that
        self.assertGreater(log.count("event=turned-away") + log.count("reason=crowded-out"), 100)
        if not SANITIZED:
            wait_for(lambda: rss(self.pid) < 64 * MIB, 60, f"the memory to go back, from {rss(self.pid) / MIB:.0f} MiB")
            print(f"afterwards {rss(self.pid) / MIB:.0f} MiB", flush=True)


if __name__ == "__main__":
    unittest.main()
