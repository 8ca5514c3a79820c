"""Each demand of the clients' list that concerns us is cited by a test: `CLIENTS.md 7`, `CLIENTS.md Thunderbird IDLE`."""
import re
import subprocess
import unittest

from tests.structure.test_layers import ROOT

# What other servers paid for, by its number in the list.
DEMANDS = {
    1: "special uses on every LIST", 2: "LIST (SPECIAL-USE)", 3: "LIST RETURN (SPECIAL-USE STATUS (UNSEEN))",
    4: "XLIST is looked for", 5: "pipelined right behind DONE", 6: "no STATUS in an answer to NOOP", 7: "past the end of a part",
    8: "& under UTF8=ACCEPT, ASCII without", 9: "mailbox names are quoted strings", 10: "INBOX in any case",
    11: "UIDPLUS, APPENDUID in order", 12: "COPY and MOVE of what is gone", 13: "UIDs and UIDVALIDITY survive upgrades",
    14: "BODYSTRUCTURE with its extension data", 15: "no UIDONLY", 16: "QRESYNC, CHANGEDSINCE 0",
    17: "COMPRESS=DEFLATE: each flush yields its data", 18: "IDLE without errors",
    19: "AUTH LOGIN's prompts, spaces", 20: "no tickets on port 25, 8BITMIME absent", 21: "POP3 CAPA before log-in, NUL",
    22: "STORE and EXPUNGE in order, n:* sees what was moved in", 26: "no range is trusted, PROXY from named addresses",
    27: "snapshot, one transaction, one way back", 28: "no limit, no quota root",
}
LATER = {23: "DKIM keys", 24: "240,000 messages, five connections", 25: "200,000 messages by APPEND"}
THUNDERBIRD = ["log-in", "connections", "mailboxes", "opening", "IDLE", "flags", "changes", "drafts", "search", "CONDSTORE", "SMTP", "POP3",
               "autoconfig"]


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "tests"], capture_output=True, text=True, check=True).stdout.split()
        files = [ROOT / name for name in listed if not name.startswith("tests/structure/")]
        text = "\n".join(file.read_text(errors="replace") for file in files if file.is_file())
        cls.numbers = {int(number) for number in re.findall(r"CLIENTS\.md (\d+)", text)}
        cls.words = set(re.findall(r"[\w-]+", " ".join(re.findall(r"CLIENTS\.md Thunderbird ([\w, -]+)", text))))

    def test_every_demand_is_cited(self):
        self.assertEqual({}, {number: what for number, what in DEMANDS.items() if number not in self.numbers})

    def test_no_number_but_theirs(self):
        self.assertEqual(set(), self.numbers - set(DEMANDS) - set(LATER))
        self.assertEqual(list(range(1, 29)), sorted(DEMANDS | LATER))

    def test_what_thunderbird_sends(self):
        self.assertEqual([], [what for what in THUNDERBIRD if what not in self.words])


if __name__ == "__main__":
    unittest.main()
