"""No unbounded work on a network thread: while one client does the worst it can over 100,000 messages, 10,000 mailboxes or
a line that never ends, a witness on each network thread never waits more than 100 ms of that thread's CPU time. CPU time, not
the clock's: what else the machine does changes nothing. A witness that is itself put off by the machine counts too much, so
what seems too long is done again, and only what is too long each time fails."""
import base64
import multiprocessing
import os
import pathlib
import socket
import struct
import time
import unittest
import zlib

from tests.support.imap import Imap
from tests.support.mailstead import Mailstead, wait_for

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
        time.sleep(0.002)  # so much of LIMIT_MS may go unseen, and the machine's cores are for the server
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
        # Each gives itself its name once it runs.
        wait_for(lambda: len(network_threads(pid)) == THREADS, 60, "the network threads")
        threads = network_threads(pid)
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
        self.witness(command, lambda: (who or self.busy).skim(command), prepare)

    def pipelined(self, command, count, who=None):
        """So many of it at once, whatever they are answered."""
        client = who or self.busy

        def act():
            for tag in [client.start(command) for _ in range(count)]:
                client.finish(tag)
        self.witness(f"{count} times {command!r}", act)

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
            client.skim(f"COPY 1:{more} {name}")
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
        self.crowd(["SEARCH ALL", "SORT (SUBJECT) UTF-8 ALL", "THREAD ORDEREDSUBJECT UTF-8 ALL"])
        self.sets(n)
        self.changes(n)
        self.expunges(n)
        self.contexts(n)
        self.pop3(n)

    def crowd(self, commands):
        """Thirty sessions that say the same: each result is worked on in its turn."""
        crowd = [Imap("127.0.0.1", self.server.port("imap"), timeout=600).login(USER, "password") for _ in range(30)]
        for one in crowd:
            one.ok("SELECT Big")

        def all_say(command):
            for one, tag in [(one, one.start(command)) for one in crowd for _ in range(2)]:
                one.finish(tag)  # what does not fit into the account's memory is refused
        for command in commands:
            self.witness(f"{command}, by thirty at once", lambda command=command: all_say(command))
        for one in crowd:
            one.close()

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
        # The last of so many is far into each message's set.
        self.other.ok("STORE 1 +FLAGS.SILENT (" + " ".join(f"word{i}" for i in range(200)) + ")")
        for flags in ("(\\Seen)", "(\\Flagged $Forwarded word199)"):
            for mode in "+-":
                self.says(f"STORE 1:* {mode}FLAGS.SILENT {flags}", self.other)
                self.witness("  NOOP of another session behind it", lambda: self.busy.skim("NOOP"))
        self.says("STORE 1:* +FLAGS (\\Answered)")
        self.witness("  NOOP of another session behind it", lambda: self.other.skim("NOOP"))
        self.says("STORE 1:* (UNCHANGEDSINCE 1) +FLAGS.SILENT (\\Deleted)", self.other)

        def told_while_idling():
            tag = self.busy.start("IDLE")
            self.busy.response()
            self.other.skim("STORE 1:* -FLAGS.SILENT (\\Answered)")
            self.busy.send(b"DONE\r\n")
            self.busy.finish(tag)
        self.witness("IDLE while another changes every message", told_while_idling)
        one = Imap("127.0.0.1", self.server.port("imap"), timeout=600).login(USER, "password")
        one.ok("SELECT Big")
        one.ok("NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange))")
        self.witness("NOTIFY while another changes every message", lambda: (
            self.other.skim("STORE 1:* +FLAGS.SILENT (\\Answered)"), one.skim("NOOP")))
        one.close()
        for low in range(1, n, 32000):
            every_second = ",".join(str(u) for u in range(low, min(low + 16000, n), 2))
            self.says(f"UID STORE {every_second} +FLAGS.SILENT (\\Draft)", self.other)
        self.witness("  NOOP of another session behind it", lambda: self.busy.skim("NOOP"))
        self.says("UID EXPUNGE " + ",".join(str(uid) for uid in range(1, min(n, 16000), 2)))
        self.each_by_itself(n)

    def each_by_itself(self, n):
        """Messages that have changed one by one, so that each has a MODSEQ of its own."""
        changed = min(n, 8000)
        # It asks for no MODSEQs, and so a STORE by UID is not told of what has changed first.
        one = Imap("127.0.0.1", self.server.port("imap"), timeout=600).login(USER, "password")
        one.ok("SELECT Big")
        makers = [Imap("127.0.0.1", self.server.port("imap"), timeout=600).login(USER, "password") for _ in range(8)]
        for maker in makers:
            maker.ok("SELECT Big")
        started = [(maker := makers[uid % len(makers)], maker.start(f"UID STORE {uid} +FLAGS.SILENT (one)"))
                   for uid in range(1, changed + 1)]
        for maker, tag in started:
            self.assertEqual(maker.finish(tag).status, "OK")
        for maker in makers:
            maker.close()
        self.says(f"UID STORE 1:{changed} +FLAGS.SILENT (one)", one)
        self.witness("  NOOP of the session that has said the same", lambda: one.skim("NOOP"))
        one.close()

    def expunges(self, n):
        def messages(name):
            answer = self.busy.command(f"STATUS {name} (MESSAGES)")
            return int(answer.untagged[0].split()[-1].rstrip(b")")) if answer.status == "OK" else None

        def refill():
            self.other.command("UNSELECT")
            self.busy.ok("SELECT Big")
            self.busy.command("DELETE Bin")
            self.busy.ok("CREATE Bin")
            self.busy.skim("COPY 1:* Bin")
            self.busy.ok("SELECT Bin")
            self.other.ok("SELECT Bin")

        def fill_to(count):  # also where an act is done again
            if messages("Bin") != count:
                refill()

        def mark_every_second():
            fill_to(n)
            for low in range(1, n, 16000):
                every_second = ",".join(str(u) for u in range(low, min(low + 16000, n + 1), 2))
                self.other.skim(f"UID STORE {every_second} +FLAGS.SILENT (\\Deleted)")
            self.busy.skim("NOOP")

        self.witness("COPY 1:* Bin", refill)
        self.witness("EXPUNGE of every second one", lambda: self.other.skim("EXPUNGE"), mark_every_second)
        self.assertEqual(messages("Bin"), n - (n + 1) // 2)
        self.witness("  NOOP of another session behind it", lambda: self.busy.skim("NOOP"))
        self.qresync(n)
        self.says("SEARCH ALL")  # numbers of a mailbox with as many gaps as messages
        self.says("SEARCH " + " ".join(f"NOT UID {i}" for i in range(1, 1001)))
        self.says("SORT (SUBJECT) UTF-8 ALL")
        self.says("THREAD REFERENCES UTF-8 ALL")
        self.says("STORE 1:* +FLAGS.SILENT (\\Seen)")
        self.witness("  NOOP of another session behind it", lambda: self.other.skim("NOOP"))
        self.says("SELECT Bin")
        self.busy.command("CREATE Away")
        self.says("MOVE 1:* Away")  # of a mailbox with gaps
        self.assertEqual(messages("Away"), n - (n + 1) // 2)
        self.witness("  NOOP of another session behind it", lambda: self.other.skim("NOOP"))
        self.busy.ok("SELECT Away")
        self.other.ok("SELECT Away")
        self.witness("DELETE of the mailbox that another has selected",
                     lambda: (self.busy.ok("SELECT Big"), self.busy.command("DELETE Away")))
        self.witness("  NOOP of another session behind it", lambda: self.other.skim("NOOP"))
        self.witness("CLOSE of a mailbox that is all \\Deleted", lambda: self.other.ok("CLOSE"),
                     lambda: (fill_to(n), self.busy.ok("SELECT Bin"), self.other.ok("SELECT Bin"),
                              self.other.skim("STORE 1:* +FLAGS.SILENT (\\Deleted)")))
        self.assertEqual(messages("Bin"), 0)
        self.witness("  NOOP of another session behind it", lambda: self.busy.skim("NOOP"))

    def qresync(self, n):
        """Of a mailbox with gaps, by a client that has been away since it was filled. RFC 7162 §3.2.5."""
        one = Imap("127.0.0.1", self.server.port("imap"), timeout=600).login(USER, "password")
        one.ok("ENABLE QRESYNC")
        codes = b"".join(one.ok("EXAMINE Bin").untagged)
        validity = int(codes.partition(b"[UIDVALIDITY ")[2].partition(b"]")[0])
        some = ",".join(str(i) for i in range(1, 8000, 2))
        wrong = f" 1:{2 * n} (1:{n} {2 * n}:{3 * n - 1})"
        for known in ("", f" 1:{2 * n}", f" {some}", f" 1:{2 * n} ({some} {some})", wrong):
            self.says(f"SELECT Bin (QRESYNC ({validity} 1{known}))", one)
        self.says("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)", one)
        self.says("UID FETCH " + ",".join(f"{i}:*" for i in range(1, 8000)) + " (FLAGS) (CHANGEDSINCE 1 VANISHED)", one)
        self.says("EXAMINE Big", one)
        self.says(f"UID FETCH 1:{n} (UID) (PARTIAL -1:-50)", one)
        self.says("UID SEARCH RETURN (PARTIAL -1:-50) NOT UID " + some, one)
        one.close()

    def contexts(self, n):
        self.busy.ok("SELECT Big")
        self.other.ok("SELECT Big")
        for tag in range(4):
            self.busy.skim("SEARCH RETURN (UPDATE ALL) UNSEEN" if tag % 2 else "SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 SEEN")
        for mode in "+-":
            self.other.skim(f"STORE 1:* {mode}FLAGS.SILENT (\\Seen)")
            self.witness(f"NOOP with four contexts behind STORE 1:* {mode}\\Seen", lambda: self.busy.skim("NOOP"))
        for low in range(1, n, 16000):
            every_second = ",".join(str(u) for u in range(low, min(low + 16000, n + 1), 2))
            self.other.skim(f"UID STORE {every_second} +FLAGS.SILENT (\\Seen)")
        self.witness("NOOP with four contexts behind a change of every second one", lambda: self.busy.skim("NOOP"))
        self.busy.ok("UNSELECT")

    def pop3(self, n):
        self.busy.skim("SELECT Big")
        self.busy.skim("COPY 1:* INBOX")
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
        # By several at once: what is done at the same time is committed together.
        makers = [Imap("127.0.0.1", self.server.port("imap"), timeout=600).login(USER, "password") for _ in range(16)]
        for command, step in (("CREATE", 1), ("SUBSCRIBE", 2)):
            started = []
            for number, i in enumerate(range(0, MAILBOXES, step)):
                maker = makers[number % len(makers)]
                started.append((maker, maker.start(f"{command} {self.mailbox(i)}")))
            for maker, tag in started:
                self.assertEqual(maker.finish(tag).status, "OK")
        for maker in makers:
            maker.close()
        self.says('LIST "" "*"')
        self.says('LIST "" "%"')
        self.says('LSUB "" "*"')
        self.says('LSUB "" "%"')
        for hostile in ("%" * 60000, "*" * 60000, "%*" * 30000, "%o" * 30000, "*o" * 500 + "x", "%o%e%r" * 20 + "*",
                        "%" + "o*" * 30 + "z", "*a%" * 500):
            self.says(f'LIST "" "{hostile}"')
            self.says(f'LSUB "" "{hostile}"')
        self.says('LIST "" (' + " ".join(['"' + "%" * 60 + '"'] * 990) + ")")
        self.says('LIST "" (' + " ".join('"' + "%o*" * 16 + f'{i:03d}"' for i in range(330)) + ")")
        self.says('LIST "" (' + " ".join(f'"*{i:03d}%w%i%t%h%a%n%a%m%e%"' for i in range(990)) + ")")
        self.says('LIST (SUBSCRIBED RECURSIVEMATCH) "" ("%" "a/%" "*7*")')
        self.says('LIST "" "*" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE MYRIGHTS)')
        self.says('LIST "" "*1" RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))')
        self.says('LIST "" "*1" RETURN (METADATA (/private/comment))')
        self.says("NAMESPACE")
        self.says("STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY SIZE DELETED HIGHESTMODSEQ MAILBOXID)")
        self.says('GETMETADATA (DEPTH infinity) "" (/private /shared)')
        self.says('XLIST "" "*"')
        deepest = "/".join(["d"] * 500)
        for command in (f"CREATE {deepest}", f"SUBSCRIBE {deepest}", f"RENAME {deepest} {deepest}/e", f"DELETE {deepest}",
                        "CREATE " + "/" * 60000, "SETACL deep anyone lr", "GETACL deep", "LISTRIGHTS deep " + "x" * 60000,
                        "MYRIGHTS deep", "DELETEACL deep anyone"):
            self.witness(command, lambda command=command: client.command(command))
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

        self.pipelined("NOOP", 5000)
        self.pipelined("SEARCH " + "(" * 90 + "ALL " * 900, 500)  # wrong at its end
        self.pipelined('LIST "" (' + " ".join(f'"n{i}"' for i in range(990)) + ")", 100)
        for command in ("CAPABILITY", "NAMESPACE", "CHECK", "GETQUOTAROOT INBOX", 'GETQUOTA ""', "MYRIGHTS INBOX", "GETACL INBOX",
                        "LISTRIGHTS INBOX anyone", "STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY SIZE)", "EXAMINE INBOX",
                        "ENABLE CONDSTORE", 'ID ("name" "x")', "UNSELECT", 'CANCELUPDATE "none"', "IDLE\r\nDONE",
                        'SETQUOTA "" (STORAGE 1)', "LOGIN a b", "STARTTLS", "AUTHENTICATE PLAIN", "nonsense"):
            self.pipelined(command, 300)
        self.witness("ID of all that it takes", lambda: client.command(
            "ID (" + " ".join(f'"{"n" * 25}{i:03d}" "{"v" * 1000}"' for i in range(30)) + ")"))
        self.witness("ENABLE of 900 words", lambda: client.command("ENABLE" + " X-NOTHING" * 900))
        self.says("GETMETADATA INBOX (" + " ".join(f"/private/comment{i}" for i in range(990)) + ")")
        self.says("GETMETADATA (DEPTH infinity) INBOX (" + " ".join(["/private"] * 900) + ")")
        client.command('SETMETADATA INBOX (' + " ".join(f'/private/c{i} "{"x" * 100}"' for i in range(90)) + ")")
        self.says("GETMETADATA (DEPTH infinity) INBOX (/private /shared)")
        self.says("GETMETADATA (DEPTH infinity) INBOX (" + " ".join(["/private"] * 900) + ")")
        self.witness("APPEND with a thousand parts", lambda: client.command(
            "APPEND INBOX CATENATE (" + " ".join(["TEXT {}"] * 999) + ")", *[b"x" * 20 + b"\r\n"] * 999))
        client.ok("SELECT INBOX")
        self.witness("STORE of 900 keywords", lambda: client.command(
            "STORE 1:* +FLAGS (" + " ".join(f"k{i}" for i in range(900)) + ")"))
        self.witness("REPLACE with a thousand parts", lambda: client.command(
            "REPLACE * INBOX CATENATE (" + " ".join(["TEXT {}"] * 999) + ")", *[b"x" * 20 + b"\r\n"] * 999))
        self.compressed()
        self.smtp_recipients()

    def compressed(self):
        """What is little on the wire may be much behind it (RFC 4978)."""
        def act(octets, answer):
            one = log_in(self.server.port("imap"), USER)
            one.sendall(b"c COMPRESS DEFLATE\r\n")
            self.assertIn(b"c OK", one.recv(4096))
            packer, unpacker = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.decompressobj(-15)
            one.sendall(packer.compress(octets) + packer.flush(zlib.Z_SYNC_FLUSH))
            heard = b""
            while answer not in heard:
                got = one.recv(65536)
                if not got:
                    break
                heard = heard[-100:] + unpacker.decompress(got)
            self.assertIn(answer, heard)
            one.close()
        self.witness("COMPRESS, a line without an end", lambda: act(b"x" * 50_000_000 + b"\r\nz NOOP\r\n", b" BAD"))
        self.witness("COMPRESS, 50,000 NOOPs at once", lambda: act(b"x NOOP\r\n" * 50000 + b"z NOOP\r\n", b"z OK"))

    def test_odd_messages(self):
        """Each is little to send, and much to take apart."""
        nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(3000))
        within = b"Content-Type: message/rfc822\r\n\r\n" * 20000
        word = b"=?utf-8?q?" + b"=C3=A4" * 8 + b"?= "
        attached = (b"--b\r\nContent-Type: text/plain; " + b"; ".join(b"name*%d*=utf-8''%%41" % i for i in range(3)) +
                    b"\r\n\r\nx\r\n")
        odd = {
            "many parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + attached * 15000 + b"--b--\r\n",
            "parts in parts": nested + b"x\r\n",
            "messages in messages": within + b"x\r\n",
            "many addresses": b"To: " + b"a <a@b.test>,\r\n " * 60000 + b"z@b.test\r\n\r\nx\r\n",
            "a comment in a comment": b"To: " + b"(" * 900000 + b"\r\n\r\nx\r\n",
            "many references": b"References: " + b"".join(b"<%d@x.test>\r\n " % i for i in range(50000)) + b"\r\n\r\nx\r\n",
            "many fields": b"X: y\r\n" * 150000 + b"\r\nx\r\n",
            "a long subject": b"Subject: " + (word + b"\r\n ") * 15000 + b"\r\n\r\nx\r\n",
            "prefixes of a subject": b"Subject: " + b"Re: [x] Fwd: " * 70000 + b"x\r\n\r\nx\r\n",
            "many parameters": b"Content-Type: text/plain" + b"; a=b" * 150000 + b"\r\n\r\nx\r\n",
            "markup": b"Content-Type: text/html\r\n\r\n" + b"<a <!-- &amp; " * 100000 + b"\r\n",
            "soft line breaks": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
                                b"=\r\n" * 300000 + b"\r\n",
            "base64": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"\r\n" * 20 + base64.encodebytes(b"x" * 1000000) + b"\r\n",
            "bare line ends": b"Subject: x\r\n\r\n" + b"\r\n.\r\n" * 200000,
        }
        client = self.busy
        client.command("CREATE Odd")
        client.ok("SELECT Odd")
        for number, (name, octets) in enumerate(odd.items()):
            self.witness(f"APPEND: {name}", lambda octets=octets: client.ok("APPEND Odd {}", octets))
            self.witness(f"SMTP: {name}", lambda octets=octets: self.deliver(octets))
            for items in ("(ENVELOPE BODYSTRUCTURE PREVIEW)", "(BODY.PEEK[HEADER.FIELDS (TO REFERENCES X)] BODY.PEEK[TEXT]<0.10>)",
                          "(BODY.PEEK[" + ".".join(["1"] * 20) + "] BINARY.SIZE[1] BODY.PEEK[14999])"):
                self.witness(f"  FETCH {items}", lambda items=items: client.command(f"FETCH * {items}"))
        fields = " ".join(f"BODY.PEEK[HEADER.FIELDS (F{i} G{i})]" for i in range(20))
        self.says(f"FETCH 1:* ({fields})")
        self.says("SEARCH TEXT nowhere")
        self.says("SEARCH BODY nowhere")
        self.says("SEARCH HEADER TO nowhere SUBJECT nowhere")
        self.says("SORT (SUBJECT TO FROM DISPLAYFROM) UTF-8 ALL")
        self.says("THREAD REFERENCES UTF-8 ALL")
        self.says("THREAD ORDEREDSUBJECT UTF-8 ALL")

    def deliver(self, octets):
        one = socket.create_connection(("127.0.0.1", self.server.port("smtp")), timeout=300)
        lines = one.makefile("rb")
        lines.readline()
        one.sendall(b"EHLO client.test\r\n")
        while lines.readline()[3:4] == b"-":
            continue
        one.sendall(b"MAIL FROM:<a@client.test>\r\nRCPT TO:<%s>\r\nDATA\r\n" % USER.encode())
        answers = [lines.readline() for _ in range(3)]
        self.assertTrue(answers[-1].startswith(b"354"), answers)
        one.sendall(octets.replace(b"\r\n.", b"\r\n..") + b".\r\nQUIT\r\n")
        answer = lines.readline()
        self.assertIn(answer[:1], b"25", answer)  # taken or refused, and at once
        lines.close()
        one.close()

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
