"""No unbounded work on a network thread: while one client does the worst it can over 100,000 messages, 10,000 mailboxes or
a line that never ends, a witness on each network thread never waits more than 100 ms of that thread's CPU time. CPU time, not
the clock's: what else the machine does changes nothing. A witness that is itself put off by the machine counts too much, so
what seems too long is done again, and only what is too long each time fails."""
import multiprocessing
import os
import pathlib
import socket
import struct
import time
import unittest

from tests.support.imap import Imap
from tests.support.mailstead import Mailstead

MESSAGES = int(os.environ.get("MAILSTEAD_WITNESS_MESSAGES", "100000"))
MAILBOXES = int(os.environ.get("MAILSTEAD_WITNESS_MAILBOXES", "9500"))
LIMIT_MS = 100
TRIES = 3
THREADS = 2
USER, WITNESS = "busy@witness.test", "calm@witness.test"


def network_threads(pid):
    tasks = pathlib.Path(f"/proc/{pid}/task")
    return sorted(int(task.name) for task in tasks.iterdir() if (task / "comm").read_text().strip() == "network")


class ThreadClock:
    """The CPU time that a thread has used, in ms."""

    def __init__(self, pid, thread):
        self.file = os.open(f"/proc/{pid}/task/{thread}/schedstat", os.O_RDONLY)

    def ms(self):
        return int(os.pread(self.file, 64, 0).split()[0]) / 1e6


def log_in(port, user):
    one = socket.create_connection(("127.0.0.1", port), timeout=120)
    one.recv(4096)
    one.sendall(b'a LOGIN "%s" "password"\r\n' % user.encode())
    answer = b""
    while b"\r\na OK" not in answer and not answer.startswith(b"a OK"):
        octets = one.recv(65536)
        if not octets:
            raise AssertionError(f"no log-in: {answer!r}")
        answer += octets
    return one


def nod(one):
    """One NOOP, answered."""
    one.sendall(b"n NOOP\r\n")
    answer = b""
    while b"n OK" not in answer:
        octets = one.recv(4096)
        if not octets:
            raise AssertionError("the witness was cut off")
        answer += octets


def watch(port, pid, threads, ready, worst, over):
    """Runs in a separate process, so that the test itself cannot delay it."""
    clocks = [ThreadClock(pid, thread) for thread in threads]
    sessions = {}
    for _ in range(4 * THREADS):  # connections go round the threads: one is on each of them soon
        one = log_in(port, WITNESS)
        before = [clock.ms() for clock in clocks]
        for _ in range(300):
            nod(one)
        used = [clock.ms() - was for clock, was in zip(clocks, before)]
        if sessions.setdefault(used.index(max(used)), one) is not one:
            one.close()
    if len(sessions) != len(threads):
        raise AssertionError(f"witnesses are on {len(sessions)} threads of {len(threads)}")
    ready.set()
    while not over.is_set():
        for index, one in sessions.items():
            before = clocks[index].ms()
            nod(one)
            waited = clocks[index].ms() - before
            with worst.get_lock():
                worst.value = max(worst.value, waited)
        time.sleep(0.0005)
    for one in sessions.values():
        one.close()


class Witness(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        config = (f"[server]\nthreads = {THREADS}\n[limits]\nerrors_per_session = 100000\nlogin_timeout = \"60s\"\n"
                  "recipients_per_message = 10000\nsmtp_refused_recipients = 100000\ncommands_before_login = 100000\n")
        cls.server = Mailstead(["witness.test"], {USER: "password", WITNESS: "password"}, config=config)
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.worst = multiprocessing.Value("d", 0.0)
        cls.over = multiprocessing.Event()
        ready = multiprocessing.Event()
        pid = cls.server.process.pid
        threads = network_threads(pid)
        if len(threads) != THREADS:
            raise AssertionError(f"network threads: {threads}")
        cls.watcher = multiprocessing.Process(
            target=watch, args=(cls.server.port("imap"), pid, threads, ready, cls.worst, cls.over), daemon=True)
        cls.watcher.start()
        cls.addClassCleanup(cls.dismiss)
        if not ready.wait(120):
            raise AssertionError("the witnesses did not come")
        cls.busy = Imap("127.0.0.1", cls.server.port("imap"), timeout=600).login(USER, "password")
        cls.other = Imap("127.0.0.1", cls.server.port("imap"), timeout=600).login(USER, "password")

    @classmethod
    def dismiss(cls):
        cls.over.set()
        cls.watcher.join(60)
        cls.busy.close()
        cls.other.close()

    def witness(self, what, act, prepare=None):
        """Runs it, and measures how long the witnesses waited meanwhile."""
        waits = []
        for _ in range(TRIES):
            if prepare:
                prepare()
            self.worst.value = 0.0
            began = time.monotonic()
            act()
            took = time.monotonic() - began
            time.sleep(0.05)  # the witness that waits now is told of, too
            self.assertTrue(self.watcher.is_alive(), "the witness ended")
            waits.append(self.worst.value)
            if waits[-1] <= LIMIT_MS:
                break
        print(f"{what[:70]:70} {took:7.2f} s, the witness waited {waits[-1]:6.1f} ms of CPU", flush=True)
        with self.subTest(what[:200]):
            self.assertLessEqual(min(waits), LIMIT_MS, f"{what[:200]}: CPU ms at each try: {waits}")

    def says(self, command, who=None, prepare=None):
        self.witness(command, lambda: (who or self.busy).ok(command), prepare)

    def fill(self, name, count):
        """A mailbox with this many messages: a thousand are appended, then copied."""
        client = self.busy
        client.command(f"CREATE {name}")
        texts = [b"Date: Mon, %d Nov 2026 10:00:00 +0000\r\nFrom: alice%d@crepes.fr\r\nSubject: pickles %d\r\n"
                 b"Message-ID: <%s.%d@crepes.fr>\r\nReferences: <%s.%d@crepes.fr>\r\n\r\nHow about ketchup?\r\n"
                 % (1 + i % 28, i % 100, i * 7919 % 1009, name.encode(), i, name.encode(), i // 3) for i in range(1000)]
        tag = b"fill" + name.encode()
        client.send(tag + b" APPEND " + name.encode() + b" " +
                    b" ".join(b"{%d+}\r\n" % len(text) + text for text in texts) + b"\r\n")
        self.assertEqual(client.finish(tag).status, "OK")
        client.ok(f"SELECT {name}")
        have = 1000
        while have < count:
            more = min(have, count - have)
            client.ok(f"COPY 1:{more} {name}")
            have += more

    def test_messages(self):
        n = MESSAGES
        self.fill("Big", n)
        self.other.ok("SELECT Big")
        self.says("SELECT Big")
        self.search(n)
        self.says("SORT (SUBJECT) UTF-8 ALL")
        self.says("SORT (REVERSE FROM DATE SUBJECT) UTF-8 ALL")
        self.says("SORT RETURN (COUNT PARTIAL 1:10) (SIZE ARRIVAL) UTF-8 ALL")
        self.says("THREAD REFERENCES UTF-8 ALL")
        self.says("THREAD ORDEREDSUBJECT UTF-8 ALL")
        self.says("FETCH 1:* (FLAGS)")
        self.says("UID FETCH 1:* (UID FLAGS MODSEQ) (CHANGEDSINCE 1)")
        self.says("FETCH 1:* (ENVELOPE INTERNALDATE RFC822.SIZE)")
        self.says("STATUS Big (MESSAGES UNSEEN SIZE DELETED)")
        self.says("UIDBATCHES 1000")
        self.sets(n)
        self.changes(n)
        self.expunges(n)
        self.contexts(n)
        self.pop3(n)

    def counts(self, keys, expected):
        answer = self.busy.ok(f"SEARCH RETURN (COUNT) {keys}")
        self.assertIn(b" COUNT %d" % expected, b"".join(answer.untagged), keys[:200])

    def search(self, n):
        self.counts(" ".join(f"NOT UID {i}" for i in range(1, 1001)), n - 1000)
        self.counts("NOT 1:*", 0)
        self.counts("OR " * 90 + " ".join(f"UID {i}" for i in range(1, 92)), 91)
        self.counts(f"UID 11:{n} NOT (UID 21:{n} UNSEEN)", 10)
        self.says("SEARCH " + " ".join(f"NOT UID {i}" for i in range(1, 1001)))
        self.says("SEARCH RETURN (COUNT) " + " ".join(f"NOT UID {i}:{i + 1},{i + 5},{i + 9},{i + 99},{i + 400}"
                                                      for i in range(1, 1000)))
        self.says("SEARCH RETURN (ALL) " + "OR " * 90 + " ".join(f"UID {i}:{n}" for i in range(1, 92)))
        self.says("SEARCH NOT 1:*")
        self.says("SEARCH " + " ".join(f"NOT {i}" for i in range(1, 1001)))
        self.says("SEARCH ALL")
        self.says("UID SEARCH RETURN (ALL) 1:*")
        self.says("SEARCH RETURN (SAVE COUNT) ALL")
        self.says("SEARCH " + " ".join(["$"] * 1000))
        self.says("SEARCH " + " ".join(["SEEN"] * 1900))
        self.says("SEARCH " + " ".join(f"NOT KEYWORD k{i}" for i in range(900)))
        self.says("SEARCH " + " ".join(f"NOT LARGER {i + 1000}" for i in range(900)))
        self.says("SEARCH " + " ".join(f"NOT SUBJECT never{i}" for i in range(60)))
        self.says("SEARCH UID " + ",".join(str(2 * i) for i in range(1, 9000)))
        self.says("SEARCH MODSEQ 1")
        self.says("SEARCH SUBJECT pickles")
        self.says("SEARCH TEXT nowhere")
        self.says('ESEARCH IN (mailboxes "Big" personal subscribed) RETURN (COUNT) ' +
                  " ".join(f"NOT UID {i}" for i in range(1, 900)))

    def sets(self, n):
        every_second = ",".join(str(u) for u in range(n - 1, max(0, n - 16000), -2))  # descending, too
        self.says(f"UID FETCH {every_second} (UID)")
        self.says(f"FETCH {every_second} (UID)")
        self.says(f"UID SEARCH RETURN (COUNT) NOT UID {every_second}")
        self.says("UID FETCH " + ",".join(f"{i}:*" for i in range(1, 8000)) + " (UID)")

    def changes(self, n):
        keywords = " ".join(f"word{i}" for i in range(200))
        for flags in ("(\\Seen)", "(\\Flagged $Forwarded)", f"({keywords})"):
            for mode in "+-":
                self.witness(f"STORE 1:* {mode}FLAGS.SILENT {flags}"[:60],
                             lambda flags=flags, mode=mode: self.other.ok(f"STORE 1:* {mode}FLAGS.SILENT {flags}"))
                self.witness("  NOOP of another session behind it", lambda: self.busy.ok("NOOP"))
        self.says("STORE 1:* +FLAGS (\\Answered)")
        self.witness("  NOOP of another session behind it", lambda: self.other.ok("NOOP"))
        for low in range(1, n, 32000):
            every_second = ",".join(str(u) for u in range(low, min(low + 16000, n), 2))
            self.says(f"UID STORE {every_second} +FLAGS.SILENT (\\Draft)", self.other)
        self.witness("  NOOP of another session behind it", lambda: self.busy.ok("NOOP"))

    def expunges(self, n):
        def refill():
            self.busy.command("DELETE Bin")
            self.busy.ok("CREATE Bin")
            self.busy.ok("SELECT Big")
            self.busy.ok("COPY 1:* Bin")
            self.busy.ok("SELECT Bin")
            self.other.ok("SELECT Bin")

        def mark_every_second():
            refill()
            for low in range(1, n, 16000):
                every_second = ",".join(str(u) for u in range(low, min(low + 16000, n + 1), 2))
                self.other.ok(f"UID STORE {every_second} +FLAGS.SILENT (\\Deleted)")
            self.busy.ok("NOOP")

        self.witness("COPY 1:* Bin", lambda: self.busy.ok("COPY 1:* Bin"), refill)
        self.witness("EXPUNGE of every second one", lambda: self.other.ok("EXPUNGE"), mark_every_second)
        self.witness("  NOOP of another session behind it", lambda: self.busy.ok("NOOP"))
        self.says("SEARCH ALL")  # numbers of a mailbox with as many gaps as messages
        self.says("SEARCH " + " ".join(f"NOT UID {i}" for i in range(1, 1001)))
        self.says("SORT (SUBJECT) UTF-8 ALL")
        self.says("SELECT Bin")
        self.witness("MOVE 1:* of a mailbox with gaps", lambda: self.busy.ok("MOVE 1:* Trash"), mark_every_second)
        self.witness("  NOOP of another session behind it", lambda: self.other.ok("NOOP"))
        self.witness("CLOSE of a mailbox that is all \\Deleted", lambda: self.other.ok("CLOSE"),
                     lambda: (refill(), self.other.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")))
        self.witness("  NOOP of another session behind it", lambda: self.busy.ok("NOOP"))
        refill()
        self.witness("DELETE of the mailbox that another has selected", lambda: (self.busy.ok("SELECT Big"), self.busy.ok("DELETE Bin")),
                     refill)
        self.other.ok("NOOP")
        for _ in range(3):
            self.busy.command("DELETE Trash")

    def contexts(self, n):
        self.busy.ok("SELECT Big")
        self.other.ok("SELECT Big")
        for tag in range(4):
            self.busy.ok("SEARCH RETURN (UPDATE ALL) UNSEEN" if tag % 2 else "SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 SEEN")
        for mode in "+-":
            self.other.ok(f"STORE 1:* {mode}FLAGS.SILENT (\\Seen)")
            self.witness(f"NOOP with four contexts behind STORE 1:* {mode}\\Seen", lambda: self.busy.ok("NOOP"))
        for low in range(1, n, 16000):
            every_second = ",".join(str(u) for u in range(low, min(low + 16000, n + 1), 2))
            self.other.ok(f"UID STORE {every_second} +FLAGS.SILENT (\\Seen)")
        self.witness("NOOP with four contexts behind a change of every second one", lambda: self.busy.ok("NOOP"))
        self.busy.ok("UNSELECT")

    def pop3(self, n):
        self.busy.ok("SELECT Big")
        self.busy.ok("COPY 1:* INBOX")
        one = socket.create_connection(("127.0.0.1", self.server.port("pop3")), timeout=300)
        lines = one.makefile("rb")

        def ask(line, many):
            one.sendall(line.encode() + b"\r\n")
            answer = lines.readline()
            self.assertTrue(answer.startswith(b"+OK"), (line, answer))
            while many and lines.readline() not in (b".\r\n", b""):
                continue
        lines.readline()
        ask(f"USER {USER}", False)
        self.witness("POP3 log-in", lambda: ask("PASS password", False))
        self.witness("POP3 LIST", lambda: ask("LIST", True))
        self.witness("POP3 UIDL", lambda: ask("UIDL", True))
        self.witness("POP3 STAT", lambda: ask("STAT", False))

        def pipelined(commands, answers):
            one.sendall(b"".join(commands))
            for _ in range(answers):
                self.assertTrue(lines.readline().startswith(b"+OK"))
        marked = min(n, 20000)
        self.witness(f"POP3 DELE, {marked} of them", lambda: pipelined([b"DELE %d\r\n" % (i + 1) for i in range(marked)], marked))
        self.witness("POP3 RSET", lambda: ask("RSET", False))

        def tops():
            one.sendall(b"".join(b"TOP %d 0\r\n" % (i + 1) for i in range(2000)))
            for _ in range(2000):
                self.assertTrue(lines.readline().startswith(b"+OK"))
                while lines.readline() not in (b".\r\n", b""):
                    continue
        self.witness("POP3 TOP, 2,000 of them", tops)
        self.witness("POP3 QUIT", lambda: ask("QUIT", False))
        lines.close()
        one.close()

    def test_mailboxes(self):
        client = self.busy
        for low in range(0, MAILBOXES, 500):
            tags = [client.start(f"CREATE {self.mailbox(i)}") for i in range(low, min(low + 500, MAILBOXES))]
            for tag in tags:
                self.assertEqual(client.finish(tag).status, "OK")
        tags = [client.start(f"SUBSCRIBE {self.mailbox(i)}") for i in range(0, MAILBOXES, 2)]
        for tag in tags:
            self.assertEqual(client.finish(tag).status, "OK")
        self.says('LIST "" "*"')
        self.says('LIST "" "%"')
        self.says('LSUB "" "*"')
        self.says('LSUB "" "%"')
        for hostile in ("%" * 60000, "*" * 60000, "%*" * 30000, "%o" * 30000, "*o" * 500 + "x", "%o%e%r" * 20 + "*",
                        "%" + "o*" * 30 + "z", "*a%" * 500):
            self.says(f'LIST "" "{hostile}"')
            self.says(f'LSUB "" "{hostile}"')
        self.says('LIST "" (' + " ".join(['"' + "%" * 60 + '"'] * 990) + ")")
        self.says('LIST "" (' + " ".join('"' + "%o*" * 16 + f'{i:03d}"' for i in range(990)) + ")")
        self.says('LIST "" (' + " ".join(f'"*{i:03d}%w%i%t%h%a%n%a%m%e%"' for i in range(990)) + ")")
        self.says('LIST (SUBSCRIBED RECURSIVEMATCH) "" ("%" "a/%" "*7*")')
        self.says('LIST "" "*" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE MYRIGHTS)')
        self.says('LIST "" "*1" RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))')
        self.says('LIST "" "*1" RETURN (METADATA (/private/comment))')
        self.says("NAMESPACE")
        self.notify(client)

    @staticmethod
    def mailbox(i):
        top = f"folder-number-{i:05d}-with-a-name-of-fifty-octets-or-so"
        return top if i % 10 else "/".join(["deep", str(i // 1000), *(f"level{d}" for d in range(i % 1000 // 25)), top])

    def notify(self, client):
        self.witness("NOTIFY SET STATUS of all that is deep", lambda: self.other.command(
            "NOTIFY SET STATUS (subtree deep (MessageNew MessageExpunge MailboxName SubscriptionChange))"))
        names = " ".join(f"deep/{i}" for i in range(200))
        self.witness("NOTIFY SET of many groups", lambda: self.other.command(
            "NOTIFY SET " + " ".join(f"(subtree ({names}) (MailboxName SubscriptionChange))" for _ in range(20))))
        self.other.command("NOTIFY NONE")
        self.other.ok("NOTIFY SET (subtree (deep/0 deep/1) (MailboxName SubscriptionChange))")

        def rename():
            for old, new in (("deep/0", "deep/x"), ("deep/x", "deep/0")):
                client.ok(f"RENAME {old} {new}")
        self.witness("RENAME of a hierarchy, told to another by NOTIFY", lambda: (rename(), self.other.ok("NOOP")))

        def subscriptions():
            for command in ("UNSUBSCRIBE", "SUBSCRIBE"):
                for tag in [client.start(f"{command} {self.mailbox(i)}") for i in range(0, 2000, 2)]:
                    self.assertEqual(client.finish(tag).status, "OK")
        self.witness("1,000 subscriptions, told to another by NOTIFY", lambda: (subscriptions(), self.other.ok("NOOP")))
        self.other.ok("NOTIFY NONE")

    def test_long_commands(self):
        client = self.busy
        client.command("UNSELECT")
        self.witness("a line without an end", lambda: self.flood("imap", b"a LOGIN " + b"x" * 20_000_000 + b"\r\n", b"a BAD"))
        self.witness("a literal that is refused", lambda: self.flood(
            "imap", b"a LOGIN {10000000+}\r\n" + b"x" * 10_000_000 + b" y\r\n", b"a "))
        self.witness("20,000 NOOPs at once", lambda: self.flood("imap", b"x NOOP\r\n" * 20000 + b"a NOOP\r\n", b"a OK"))
        self.witness("POP3, a line without an end", lambda: self.flood("pop3", b"x" * 20_000_000 + b"\r\n", b"-ERR"))
        self.witness("SMTP, a line without an end", lambda: self.flood("smtp", b"x" * 20_000_000 + b"\r\n", b"500"))

        def pipelined(command, count):
            def act():
                tags = [client.start(command) for _ in range(count)]
                for tag in tags:
                    client.finish(tag)
            return act
        self.witness("5,000 NOOPs at once", pipelined("NOOP", 5000))
        self.witness("500 commands that are wrong at their end", pipelined("SEARCH " + "(" * 90 + "ALL " * 900, 500))
        self.witness("LIST of a thousand names, 100 times", pipelined('LIST "" (' + " ".join(f'"n{i}"' for i in range(990)) + ")", 100))
        self.says("GETMETADATA INBOX (" + " ".join(f"/private/comment{i}" for i in range(990)) + ")")
        self.says("GETMETADATA (DEPTH infinity) INBOX (" + " ".join(["/private"] * 900) + ")")
        client.command('SETMETADATA INBOX (' + " ".join(f'/private/c{i} "{"x" * 100}"' for i in range(90)) + ")")
        self.says("GETMETADATA (DEPTH infinity) INBOX (/private /shared)")
        self.witness("APPEND with a thousand parts", lambda: client.command(
            "APPEND INBOX CATENATE (" + " ".join(["TEXT {}"] * 999) + ")", *[b"x" * 20 + b"\r\n"] * 999))
        self.smtp_recipients()

    def flood(self, door, octets, answer):
        one = socket.create_connection(("127.0.0.1", self.server.port(door)), timeout=120)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
        heard = one.recv(4096)
        one.sendall(octets)
        while answer not in heard:
            got = one.recv(65536)
            if not got:
                break
            heard += got
        self.assertIn(answer, heard)
        one.close()

    def smtp_recipients(self):
        def send():
            one = socket.create_connection(("127.0.0.1", self.server.port("smtp")), timeout=300)
            lines = one.makefile("rb")
            lines.readline()
            one.sendall(b"EHLO client.test\r\n")
            while lines.readline()[3:4] == b"-":
                continue
            one.sendall(b"MAIL FROM:<a@client.test>\r\n" +
                        b"".join(b"RCPT TO:<postmaster+%d@witness.test>\r\n" % i for i in range(10000)) +
                        b"RCPT TO:<%s>\r\nDATA\r\n" % USER.encode())
            for _ in range(10002):
                lines.readline()
            answer = lines.readline()
            self.assertTrue(answer.startswith(b"354"), answer)
            one.sendall(b"Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
            self.assertTrue(lines.readline().startswith(b"250"))
            lines.close()
            one.close()
        self.witness("SMTP, 10,000 RCPTs", send)


if __name__ == "__main__":
    unittest.main()
