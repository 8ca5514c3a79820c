"""Another account's mailbox that may not be seen is answered, in each command that can name it, word by word like one
that does not exist, and like one of an account that does not exist: so nobody can ask for names. RFC 4314 §4, §6.
"""
import unittest

from tests.support.imap import Imap
from tests.support.mailstead import Mailstead

BOB, EVE = "bob@hamburger.edu", "eve@hamburger.edu"
MESSAGE = b"Subject: x\r\n\r\nx\r\n"
HIDDEN = f"Other Users/{BOB}/Divorce/Lawyer"
NAMES = {
    "another that does not exist": f"Other Users/{BOB}/Divorce/Nothing",
    "a top level that does not exist": f"Other Users/{BOB}/Nothing",
    "an INBOX": f"Other Users/{BOB}/INBOX",
    "no such account": "Other Users/nobody@hamburger.edu/Divorce/Lawyer",
    "no such domain": "Other Users/bob@nowhere.test/Divorce/Lawyer",
}
# <name> is the mailbox, <url> the same in a URL, {} a literal. INBOX is selected, with a message in it.
COMMANDS = [
    'SELECT "<name>"', 'EXAMINE "<name>"', 'SELECT "<name>" (QRESYNC (1 1))', 'SELECT "<name>" (CONDSTORE)',
    'STATUS "<name>" (MESSAGES UIDNEXT HIGHESTMODSEQ SIZE)',
    'CREATE "<name>"', 'CREATE "<name>/"', 'CREATE "<name>/x"', 'CREATE "<name>/x/y"', 'CREATE "<name>/a//b"',
    'CREATE "<name>/x" (USE (\\Archive))',
    'DELETE "<name>"', 'DELETE "<name>/x"',
    'RENAME "<name>" Mine2', 'RENAME "<name>" "<name>2"', 'RENAME "<name>/x" Mine2', 'RENAME Mine "<name>"',
    'RENAME Mine "<name>/x"',
    'RENAME Mine "<name>/a//b"', 'RENAME INBOX "<name>"', 'RENAME INBOX "<name>/x"',
    'APPEND "<name>" {}', 'APPEND "<name>/x" {}', 'REPLACE 1 "<name>" {}', 'UID REPLACE 1 "<name>" {}',
    'APPEND "<name>" CATENATE (TEXT {})', 'APPEND INBOX CATENATE (URL "/<url>/;UID=1")',
    'APPEND INBOX CATENATE (URL "/<url>;UIDVALIDITY=1/;UID=1/;SECTION=HEADER")',
    'COPY 1 "<name>"', 'UID COPY 1 "<name>"', 'COPY 1 "<name>/x"', 'MOVE 1 "<name>"', 'UID MOVE 1 "<name>"',
    'UID COPY 999 "<name>"', 'UID MOVE 999 "<name>"',
    'GETACL "<name>"', 'SETACL "<name>" EVE lr', 'SETACL "<name>" nobody +lr', 'DELETEACL "<name>" EVE',
    'LISTRIGHTS "<name>" EVE', 'MYRIGHTS "<name>"',
    'GETQUOTAROOT "<name>"', 'GETMETADATA "<name>" /shared/comment', 'GETMETADATA (DEPTH infinity) "<name>" /private',
    'SETMETADATA "<name>" (/private/comment "x")', 'SETMETADATA "<name>" (/shared/comment NIL)',
    'ESEARCH IN (mailboxes "<name>") ALL', 'ESEARCH IN (subtree "<name>") RETURN (COUNT) ALL',
    'ESEARCH IN (subtree-one "<name>") ALL',
    'LIST "" "<name>"', 'LIST "" "<name>*"', 'LIST "<name>" "*"',
    'LIST "" "<name>" RETURN (STATUS (MESSAGES) MYRIGHTS CHILDREN SPECIAL-USE)', 'LSUB "" "<name>"',
    'SUBSCRIBE "<name>"', 'LIST (SUBSCRIBED RECURSIVEMATCH) "" "<name>"',
    'LIST (SUBSCRIBED) "" "<name>" RETURN (STATUS (MESSAGES) MYRIGHTS)', 'LSUB "" "<name>"',
    'ESEARCH IN (subscribed) ALL', 'NOTIFY SET (subscribed (MessageNew MessageExpunge))', 'UNSUBSCRIBE "<name>"',
    'NOTIFY SET STATUS (mailboxes "<name>" (MessageNew MessageExpunge FlagChange))',
    'NOTIFY SET STATUS (subtree "<name>" (MessageNew MessageExpunge MailboxName SubscriptionChange))', 'NOTIFY NONE',
]


def different(answers, others):
    return [f"{command}: {one} but {other}"
            for (command, one), (_, other) in zip(answers, others, strict=True) if one != other]


class HiddenNames(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Mailstead(["hamburger.edu"], {BOB: "hungry", EVE: "hungry"}).start()
        cls.addClassCleanup(lambda: cls.server.__exit__(None, None, None))
        with cls.connect(BOB) as bob:
            bob.ok("CREATE Divorce/Lawyer")
            bob.ok("CREATE Divorce/Lawyer/x")
            bob.ok("APPEND Divorce/Lawyer {}", MESSAGE)
        with cls.connect(EVE) as eve:
            eve.ok("CREATE Mine")
            eve.ok("APPEND INBOX {}", MESSAGE)

    @classmethod
    def connect(cls, user):
        return Imap("127.0.0.1", cls.server.port("imap"), timeout=30).login(user, "hungry")

    def answers(self, name):
        """What each command is answered, with <name> instead of the name."""
        found, in_url = [], name.replace(" ", "%20").replace("@", "%40")
        with self.connect(EVE) as eve:
            eve.ok("ENABLE QRESYNC")
            for command in COMMANDS:
                eve.ok("SELECT INBOX")
                text = command.replace("<url>", in_url).replace("<name>", name).replace("EVE", EVE)
                answer = eve.command(text, *[MESSAGE] * text.count("{}"))
                lines = [line.decode() for line in answer.untagged] + [f"{answer.status} {answer.text}"]
                found.append((command, [line.replace(in_url, "<url>").replace(name, "<name>") for line in lines]))
        return found

    def test_all_are_answered_alike(self):
        expected = self.answers(HIDDEN)
        for what, name in NAMES.items():
            with self.subTest(what):
                self.assertEqual(different(expected, self.answers(name)), [])
        self.assertEqual([command for command, lines in expected if lines[-1].startswith("BAD ")], [])
        with self.connect(BOB) as bob:  # and what may be seen is answered in other words
            bob.ok(f"SETACL Divorce/Lawyer {EVE} lr")
        self.assertGreater(len(different(expected, self.answers(HIDDEN))), 30)


if __name__ == "__main__":
    unittest.main()
