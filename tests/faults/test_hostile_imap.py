"""What a hostile IMAP client can send: each is answered NO or BAD, in bounded memory, and no other session is affected.

RFC 3501 §4.3, RFC 7888 §4 (literals), RFC 3501 §5.1 (names), §6.4.4 (SEARCH), §9 (nesting); RFC 2046 §5.1 (parts in parts).
"""
import pathlib
import threading
import unittest

from tests.support.imap import Imap, parse
from tests.support.mailstead import Mailstead

BOB, EVE = "bob@hamburger.edu", "eve@hamburger.edu"
GROWTH_KIB = 48 << 10  # of the server, for all that a test does
DEEP = 10_000


def resident_kib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return {name: int(status.split(name + ":")[1].split()[0]) for name in ("VmRSS", "VmHWM")}


class Witness(threading.Thread):
    """Another client, which reads mail meanwhile."""
    def __init__(self, port):
        super().__init__()
        self.imap = Imap("127.0.0.1", port, timeout=30).login(BOB, "hungry")
        self.imap.ok("SELECT INBOX")
        self.over, self.served, self.trouble = threading.Event(), 0, None

    def run(self):
        try:
            while not self.over.wait(0.01):
                self.imap.ok("NOOP")
                self.imap.ok("FETCH 1 (FLAGS BODY.PEEK[])")
                self.served += 1
        except Exception as error:  # told by stop()
            self.trouble = error

    def stop(self):
        self.over.set()
        self.join()
        self.imap.close()
        if self.trouble:
            raise AssertionError(f"the other session, served {self.served} times: {self.trouble}")


class HostileImap(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # As many mistakes in a row as the tests make: the limit itself has a transcript.
        cls.server = Mailstead(["hamburger.edu"], {BOB: "hungry", EVE: "hungry"}, config="[server]\nconfine = false\n[limits]\nerrors_per_session = 1000000\n").start()
        cls.addClassCleanup(lambda: cls.server.__exit__(None, None, None))
        with cls.connect(BOB) as imap:
            imap.ok("APPEND INBOX {}", b"Subject: a message\r\n\r\nof Bob's\r\n")

    @classmethod
    def connect(cls, user=EVE):
        return Imap("127.0.0.1", cls.server.port("imap"), timeout=120).login(user, "hungry")

    def setUp(self):
        self.witness = Witness(self.server.port("imap"))
        self.witness.start()
        with self.connect() as imap:  # what is made lazily is there
            imap.ok("SELECT INBOX")
        pathlib.Path(f"/proc/{self.server.process.pid}/clear_refs").write_text("5")
        self.before = resident_kib(self.server)["VmRSS"]

    def tearDown(self):
        grown = resident_kib(self.server)["VmHWM"] - self.before
        self.witness.stop()
        print(f"{self.id().split('.')[-1]}: {grown} KiB more resident memory")
        self.assertLess(grown, GROWTH_KIB)

    def refused(self, imap, command, *literals):
        """The command is answered NO or BAD, and the session goes on."""
        answer = imap.command(command, *literals)
        self.assertIn(answer.status, ("NO", "BAD"), f"{command[:100]}: {answer}")
        imap.ok("NOOP")
        return answer

    # ---- literals

    def last_words(self, line, user=EVE):
        """The answer to a line in a separate session: its tagged answer, and whether the session was ended."""
        with Imap("127.0.0.1", self.server.port("imap"), timeout=30) as imap:
            if user:
                imap.login(user, "hungry")
            imap.send(b"x " + line + b"\r\n")
            answer = imap.response()
            while answer.startswith(b"* ") and not answer.startswith(b"* BYE"):
                answer = imap.response()
            imap.send(b"y NOOP\r\n")
            try:
                return answer, not imap.finish(b"y").status
            except (ConnectionError, OSError):
                return answer, True

    def test_sizes_of_literals(self):
        huge = [b"2147483648", b"4294967296", b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"9" * 1000]
        none = [b"-1", b"-9223372036854775808", b"abc", b"", b" 5", b"5 ", b"0x10", b"1e9", b"+", b"5,5"]
        for user in (EVE, None):
            commands = [b"LOGIN ", b"LOGIN a "] if user is None else [b"APPEND INBOX ", b"SELECT ", b"SEARCH SUBJECT ", b"LIST \"\" "]
            for command in commands:
                for size in huge + none:
                    for end in (b"", b"+"):
                        with self.subTest(command=command, size=size[:30], end=end, user=user):
                            answer, ended = self.last_words(command + b"{" + size + end + b"}", user)
                            self.assertRegex(answer, rb"^x (NO|BAD) ")
                            # Octets that are on their way and cannot be passed over end the session that sent them, no other.
                            self.assertEqual(size in huge and end == b"+", ended)

    def test_lines_of_the_log(self):
        """What is logged of a stranger's names has its limit, though escapes make six octets of one."""
        escapes = "\x1b" * 1000
        before = self.server.log.stat().st_size
        with Imap("127.0.0.1", self.server.port("imap"), timeout=30) as imap:
            pairs = [b'"name" {%d+}\r\n%s' % (len(escapes), escapes.encode())] * 29
            imap.ok(b"ID (" + b" ".join(pairs) + b")")
            self.assertEqual(imap.command("LOGIN {} x", escapes.encode() * 8).status, "NO")
        self.assertLess(self.server.log.stat().st_size - before, 10_000)

    # ---- nesting and numbers

    def test_nesting(self):
        deep, closed = "(" * DEEP, "(" * DEEP + ")" * DEEP
        with self.connect() as imap:
            imap.ok("SELECT INBOX")
            for text in (deep, closed, closed.replace("()", "(x)")):
                for command in ("FETCH 1 {}", "FETCH 1 BODY[HEADER.FIELDS {}]", "SEARCH {}", "SEARCH NOT {}", "STORE 1 FLAGS {}",
                                "STORE 1 {} FLAGS ()", "LIST {} \"\" *", "LIST \"\" {}", "LIST \"\" * RETURN {}", "STATUS INBOX {}",
                                "SELECT INBOX {}", "APPEND INBOX {} \"\"", "ID {}", "SEARCH RETURN {} ALL", "{}", "UID FETCH 1 FLAGS {}"):
                    with self.subTest(command=command, text=text[:3] + "…"):
                        self.refused(imap, command.replace("{}", text))

    def test_search_keys(self):
        with self.connect() as imap:
            imap.ok("SELECT INBOX")
            for keys in (["SEEN"] * DEEP, ["NOT"] * DEEP + ["SEEN"], ["OR"] * 8000 + ["SEEN"] * 8001, ["OR SEEN"] * 8000 + ["SEEN"],
                         ["(SEEN)"] * 9000, ["(SEEN"] * 5000 + [")" * 5000]):
                self.refused(imap, "SEARCH " + " ".join(keys))
            self.refused(imap, "SEARCH " + ",".join(str(number) for number in range(1, 40_000, 4))[:65_000] + ",")
            self.refused(imap, "SEARCH" + " SUBJECT {}" * 3000, *[b"x"] * 3000)
            self.refused(imap, "SEARCH TEXT {}", b"x" * 60_000)
            imap.ok("SEARCH " + " ".join(["SEEN"] * 1000))  # many are no crime

    def test_numbers(self):
        with self.connect() as imap:
            imap.ok("SELECT INBOX")
            for text in ("0", "-1", "4294967296", "99999999999999999999", "1:", ":1", "1,,2", "1:2:3", "*:0", "a", "1" * 1000):
                for command in ("FETCH {} FLAGS", "UID FETCH {} FLAGS", "STORE {} FLAGS ()", "COPY {} INBOX", "SEARCH UID {}"):
                    with self.subTest(command=command, text=text[:30]):
                        self.refused(imap, command.replace("{}", text))
            for section in ("0", "-1", "4294967296", "1.", ".1", "1..1", ".".join(["1"] * DEEP), "MIME", "1.HEADER.FIELDS", "["):
                with self.subTest(section=section[:30]):
                    self.refused(imap, f"FETCH 1 BODY[{section}]")
            for partial in ("<0>", "<0.0>", "<-1.1>", "<1.-1>", "<9223372036854775808.1>", "<0.9223372036854775808>", "<a.b>", "<1.1"):
                with self.subTest(partial=partial):
                    self.refused(imap, f"FETCH 1 BODY[]{partial}")

    # ---- names

    def test_names(self):
        bad = ["/", "//", "/a", "a//b", "..", "../..", "a/..", "a/../b", "../etc/passwd", ".", "a/.", "a*", "%", "a\tb", "a\x7f",
               "a" * 9000, "/".join(["a"] * 4000)]
        broken_utf7 = ["&", "a&b", "&AAA", "&AAAA-", "&!-", "&Jjo!", "&2AA-", "&3AA-", "&AGE-", "&Jjo-&Jjo-", "&A-", "\u00e4&"]
        with self.connect() as imap:
            for name in bad + broken_utf7:
                for command in ("CREATE {}", "RENAME INBOX {}", "SUBSCRIBE {}", "COPY 1 {}"):
                    if command == "COPY 1 {}":
                        imap.ok("SELECT INBOX")
                    for form in (f'"{name}"', None):
                        with self.subTest(command=command, name=name[:40], form="quoted" if form else "literal"):
                            if form:
                                self.refused(imap, command.replace("{}", form))
                            else:
                                self.refused(imap, command, name.encode())
            for command in ("CREATE {}", "SELECT {}", "DELETE {}", "STATUS {} (MESSAGES)", 'LIST "" {}', "APPEND {} ~", "LSUB {} *"):
                for name in (b"a\0b", b"\0", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"a\r\nb"):
                    with self.subTest(command=command, name=name):
                        self.refused(imap, command, name)
            for raw in (b'CREATE "a\0b"', b"CREATE a\0b", b"CREATE \xff\xfe", b'CREATE "\xc3"', b"\0", b"CREATE \x01", b'SELECT "INBOX'):
                with self.subTest(raw=raw):
                    self.refused(imap, raw)
            names = [parse(response)[-1] for response in imap.ok('LIST "" *').untagged]
            self.assertIn(b"INBOX", names)
            self.assertFalse([name for name in names if not name.isalnum()], names)
            # Patterns that a naive matcher would take exponential time for.
            imap.ok('LIST "" "' + "*a" * 400 + '"')
            imap.ok('LIST "" "' + "%" * 800 + '"')
            self.refused(imap, 'LIST "" (' + " ".join(["*"] * 1001) + ")")

    # ---- messages

    def look_at(self, imap, number, deepest):
        """Every request about a message is answered; what is made from it is bounded."""
        answer = imap.ok(f"FETCH {number} (ENVELOPE BODY BODYSTRUCTURE RFC822.SIZE)")
        structure = answer.fetched()[number][b"BODYSTRUCTURE"]
        self.assertLess(sum(map(len, answer.untagged)), 1 << 20)
        for section in ("1", "1.1", "1.MIME", "1.HEADER", "TEXT", "HEADER.FIELDS (SUBJECT)", ".".join(["1"] * deepest), "1000.1",
                        "4294967295"):
            imap.ok(f"FETCH {number} (BODY.PEEK[{section}]<0.100>)")
        for key in ("TEXT needle", "BODY needle", "SUBJECT needle", "HEADER Content-Type multipart", "LARGER 1"):
            imap.ok(f"SEARCH {number} {key}")
        imap.ok(f"UID SEARCH UID 1:* BODY {'x' * 100}")
        return structure

    def depth(self, structure):
        level, deepest = [structure], 0
        while level:
            deepest += 1
            level = [part for body in level for part in body if isinstance(part, list)]
        return deepest

    def mailbox_with(self, imap, name, *messages):
        imap.ok(f"CREATE {name}")
        for octets in messages:
            imap.ok(f"APPEND {name} {{}}", octets)
        imap.ok(f"SELECT {name}")

    def test_deep_messages(self):
        deep = 1000
        multiparts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(deep))
        nested = b"Content-Type: message/rfc822\r\n\r\n" * deep + b"Subject: inside\r\n\r\nneedle\r\n"
        same = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * deep
        with self.connect() as imap:
            self.mailbox_with(imap, "deep", multiparts + b"\r\nneedle\r\n", nested, same + b"\r\nneedle\r\n" + b"--b--\r\n" * deep,
                              b"To: " + b"(" * 50_000 + b"\r\nContent-Type: text/plain; " + b"(" * 50_000 + b"\r\n\r\nneedle\r\n",
                              b"To: " + b"a:" * 20_000 + b"<" * 20_000 + b"\r\nReferences: " + b"<" * 50_000 + b"\r\n\r\nneedle\r\n")
            for number in range(1, 6):
                with self.subTest(number=number):
                    self.assertLess(self.depth(self.look_at(imap, number, 99)), 200)

    def test_many_parts(self):
        many = 100_000
        head = b"Subject: many\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        with self.connect() as imap:
            self.mailbox_with(imap, "many", head + b"--b\r\n\r\nneedle\r\n" * many + b"--b--\r\n",
                              head + b"--b\r\n" * many + b"--b--\r\n",
                              head + b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n" * many,
                              b"".join(b"To: user%d@hamburger.edu\r\n" % n for n in range(many)) + b"\r\nneedle\r\n",
                              b"Content-Type: text/plain" + b"".join(b"; p%d=x" % n for n in range(many)) + b"\r\n\r\nneedle\r\n",
                              b"".join(b"X-%d: y\r\n" % n for n in range(many)) + b"\r\nneedle\r\n")
            for number in range(1, 7):
                with self.subTest(number=number):
                    self.look_at(imap, number, 99)


if __name__ == "__main__":
    unittest.main()
