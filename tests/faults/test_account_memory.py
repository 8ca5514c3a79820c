"""What all connections of one account may hold in memory together: limits.account_memory. While one of them holds almost all of
it, the others hear NO [LIMIT] (RFC 5530 §3), or -ERR [SYS/TEMP] (RFC 3206 §4), to what does not fit; a session whose mailbox changes more than it can take in ends
with BYE; and all goes on as soon as the memory is there again."""
import poplib
import socket
import unittest

from tests.support.imap import Imap
from tests.support.mailstead import Mailstead

BOB, JANICE = "bob@hamburger.edu", "janice@hamburger.edu"
LOG2_MESSAGES = 14
PIECE = 60_000  # octets; less than the selected mailbox needs
NAMES, LONG = 150, "y" * 1000
ENTRIES, VALUE = 20, 16_000  # of metadata; more than PIECE


class Filler:
    """A MULTIAPPEND that is never complete: its messages stay in memory."""
    def __init__(self, imap):
        self.imap = imap
        imap.send(b"f APPEND INBOX")

    def more(self):
        """Another message. Once this returns, the one before is counted."""
        self.imap.send(b" {%d}\r\n" % PIECE)
        answer = self.imap.response()
        if not answer.startswith(b"+"):
            raise AssertionError(f"the memory was full too early: {answer}")
        self.imap.send(b"x" * PIECE)


class AccountMemory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Mailstead(["hamburger.edu"], {BOB: "hungry", JANICE: "tigermoth"}, config='[limits]\naccount_memory = "8MiB"\n').start()
        cls.addClassCleanup(lambda: cls.server.__exit__(None, None, None))
        # Every second message is gone: the worst for whoever remembers which there are.
        with cls.connect() as imap:
            imap.ok("APPEND INBOX {}", b"Subject: pickles\r\n\r\nx\r\n")
            imap.ok("SELECT INBOX")
            for _ in range(LOG2_MESSAGES):
                imap.ok("COPY 1:* INBOX")
            imap.ok("SETACL INBOX %s lrsw" % JANICE)
            odd = ",".join(str(number) for number in range(1, 1 << LOG2_MESSAGES, 2))
            imap.ok(f"STORE {odd} +FLAGS.SILENT (\\Deleted)")
            imap.ok("EXPUNGE")
            for number in range(ENTRIES):
                imap.ok("SETMETADATA INBOX (/private/%d {})" % number, b"v" * VALUE)
        with cls.connect(JANICE, "tigermoth") as imap:
            for number in range(NAMES):
                imap.ok(f"CREATE {number}{LONG}")
                imap.ok(f"SUBSCRIBE {number}{LONG}")

    @classmethod
    def connect(cls, user=BOB, password="hungry"):
        return Imap("127.0.0.1", cls.server.port("imap"), timeout=60).login(user, password)

    def client(self, *who):
        imap = self.connect(*who)
        self.addCleanup(imap.close)
        return imap

    def fill(self, command="SELECT INBOX", *who):
        """Fills the account's memory until a command does not fit any more; who has done so."""
        probe, filler = self.client(*who), self.client(*who)
        filling = Filler(filler)
        for _ in range(200):
            filling.more()
            answer = probe.command(command)
            if answer.status == "NO":
                self.assertTrue(answer.text.startswith("[LIMIT]"), answer)
                return filler, probe
            probe.command("UNSELECT")  # BAD if the command has selected none
        raise AssertionError("all of it fits")

    def test_a_mailbox_that_does_not_fit_is_not_selected(self):
        filler, probe = self.fill()
        self.assertEqual(probe.command("FETCH 1 FLAGS").status, "BAD")  # nothing is selected
        probe.ok('LIST "" *')
        janice = self.client(JANICE, "tigermoth")
        janice.ok(f'SELECT "Other Users/{BOB}/INBOX"')  # another account has memory of its own
        filler.close()
        self.until_ok(probe, "SELECT INBOX")

    def test_what_needs_memory_is_refused_and_the_mailbox_stays_selected(self):
        imap = self.client()
        imap.ok("SELECT INBOX")
        filler, _ = self.fill()
        for command in ["UID SEARCH ALL", "SEARCH LARGER 1", "SORT (SIZE) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL",
                        "ESEARCH IN (personal) RETURN (COUNT) ALL", "SEARCH RETURN (UPDATE) ALL", "FETCH 1:* FLAGS",
                        "STORE 1:* +FLAGS (\\Flagged)"]:
            with self.subTest(command):
                answer = imap.command(command)
                self.assertEqual(answer.status, "NO", answer)
                self.assertTrue(answer.text.startswith("[LIMIT]"), answer)
                self.assertEqual([line for line in answer.untagged if b"SEARCH" in line or b"FETCH" in line], [])
        imap.ok("NOOP")
        filler.close()
        self.until_ok(imap, "UID SEARCH ALL")
        imap.ok("FETCH 1:* FLAGS")

    def test_a_session_that_cannot_take_in_what_has_changed_ends(self):
        imap = self.client()
        imap.ok("SELECT INBOX")
        imap.send(b"i IDLE\r\n")
        self.assertTrue(imap.response().startswith(b"+"))
        self.fill()
        janice = self.client(JANICE, "tigermoth")
        janice.ok(f'SELECT "Other Users/{BOB}/INBOX"')
        janice.ok("STORE 1:* +FLAGS.SILENT ($Forwarded)")
        self.assertTrue(imap.response().startswith(b"* BYE [LIMIT]"))
        self.assertEqual(imap.response(), b"")

    def test_names_that_do_not_fit_are_not_listed(self):
        filler, probe = self.fill('LIST "" *', JANICE, "tigermoth")
        for command in ['LSUB "" *', 'LIST "" 1*', 'LIST (SUBSCRIBED) "" INBOX']:
            with self.subTest(command):
                answer = probe.command(command)
                self.assertEqual((answer.status, answer.untagged), ("NO", []), answer)
                self.assertTrue(answer.text.startswith("[LIMIT]"), answer)
        probe.ok("SELECT INBOX")
        filler.close()
        self.until_ok(probe, 'LIST "" *')

    def test_names_are_held_until_the_client_has_taken_them(self):
        """Sessions that ask for their list again and again, and read nothing."""
        deaf = []
        for _ in range(60):
            imap = self.client(JANICE, "tigermoth")
            answer = imap.command('LIST "" %')
            if answer.status == "NO":
                self.assertTrue(answer.text.startswith("[LIMIT]"), answer)
                break
            imap.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            imap.send(b"".join(b'd%d LIST "" *\r\n' % number for number in range(100)))
            deaf.append(imap)
        else:
            self.fail("all of them fit")
        for client in deaf:
            client.close()
        self.until_ok(imap, 'LIST "" %')

    def test_metadata_that_does_not_fit_is_not_told(self):
        get = "GETMETADATA (DEPTH infinity) INBOX (/private)"
        filler, probe = self.fill(get)
        listed = probe.command('LIST "" INBOX RETURN (METADATA (/private/0))')
        self.assertEqual((listed.status, len(listed.untagged)), ("NO", 1), listed)
        self.assertTrue(listed.text.startswith("[LIMIT]"), listed)
        probe.ok('LIST "" INBOX')
        filler.close()
        self.until_ok(probe, get)
        listed = probe.ok('LIST "" INBOX RETURN (METADATA (/private/0))')
        self.assertEqual(len(listed.untagged), 2, listed)

    def test_much_metadata_comes_in_several_responses(self):
        """Each is sent before the next is made; every entry is told once."""
        answers = self.client().ok("GETMETADATA (DEPTH infinity) INBOX (/private)").untagged
        self.assertGreaterEqual(len(answers), ENTRIES * VALUE // (80 << 10))
        told = b"".join(answers)
        for number in range(ENTRIES):
            self.assertEqual(told.count(b"/private/%d " % number), 1)

    def test_a_maildrop_that_does_not_fit_is_not_opened(self):
        filler, _ = self.fill()
        with self.assertRaisesRegex(poplib.error_proto, r"-ERR \[SYS/TEMP\]"):
            self.open_maildrop()
        filler.close()
        for _ in range(1000):
            try:
                return self.open_maildrop()
            except poplib.error_proto:
                continue
        self.fail("the memory does not come back")

    def open_maildrop(self):
        pop3 = poplib.POP3("127.0.0.1", self.server.port("pop3"), timeout=60)
        try:
            pop3.user(BOB)
            pop3.pass_("hungry")
        finally:
            pop3.close()

    def until_ok(self, imap, command):
        """The server gives back what a connection held once it has seen its end."""
        for _ in range(1000):
            if imap.command(command).status == "OK":
                return
        self.fail(f"{command}: the memory does not come back")


if __name__ == "__main__":
    unittest.main()
