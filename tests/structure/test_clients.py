"""Each demand of protocols/CLIENTS.md is met by an assertion: a test that cites it (`CLIENTS.md 7`, `CLIENTS.md Thunderbird
IDLE`) and demands, in what the citation heads, what the demand is about. A comment alone meets nothing."""
import ast
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Number → what an assertion must say, as a regular expression over the lines that assert.
DEMANDS = {
    1: r'LIST \([^)]*\\Drafts\) "/" "Drafts"',
    2: r'c OK|LIST special_use',                                   # LIST (SPECIAL-USE)
    3: r'"INBOX"\n\S*S: \* STATUS "INBOX" \(UNSEEN \d',            # each STATUS right behind its LIST
    4: r'XLIST \([^)]*\\Spam\) "/" "Junk"',
    5: r'S: b OK .*\n\S*S: c OK ',                                 # DONE and NOOP in one packet
    6: r'S: b OK .*\n\S*S: c OK ',                                 # nothing between the answers to two NOOPs
    7: r'BODY\[1\]<393216> ""',
    8: r'"K&AOQ-se &- Brot"',
    9: r'"/" "Käse & Brot"',
    10: r'"/" "INBOX"',
    11: r'APPENDUID <validity> 1\]',
    12: r'S: h OK .*\n\S*S: i OK |UID 3',
    13: r'UIDVALIDITY <validity>',
    14: r'\("attachment" \("filename".*"mixed" \("boundary"',
    15: r'S: \* ENABLED\n',
    16: r'VANISHED \d[\s\S]*OK \[CLOSED\]|OK \[CLOSED\][\s\S]*VANISHED',
    17: r'assertEqual\(MESSAGE, client\.buffer',
    18: r'OK \[READ-WRITE\] .*\n\S*S: \+ ',                        # IDLE again, on another mailbox
    19: r'334 VXNlcm5hbWU6\n\S*S: 334 UGFzc3dvcmQ6',
    20: r'assertFalse\(self\.has_ticket\("smtp"',
    21: r'CAPA',
    22: r'S: j OK .*\n\S*S: \* 1 EXPUNGE',
    26: r'hello 192\.0\.2\.7',
    27: r'"rollback"',
    28: r'S: \* QUOTAROOT "?INBOX"?\n',
    29: r'"<\.a@c>", "\.a@c"',
    30: r'content == "ab\\r\\n\\r\\nc\\r\\n"|reverse_path == "bob@hamburger',
    32: r'"koi8-r", "Привет"',
    33: r'S: 250-AUTH SCRAM-SHA-256 PLAIN LOGIN\n',
}
# What no test of today can show, and why.
LATER = {
    23: "nothing is signed yet",
    24: "a measured run (MAILSTEAD_SCALE=240000x100 tests/faults/test_scale.py), never a pass or fail by the clock",
    25: "as 24: the same run with a small mailbox is in every test run",
    31: "the composer of replies, and how a message is shown, are the webmail's",
    34: "a moment is no more than likely to part two pieces: Thunderbird's own test meets it, and no other could fail for it",
}
# What Thunderbird does: the list's own words → the word that a test cites → likewise.
THUNDERBIRD = {
    "Log-in": {"log-in": r'c NO \[AUTHENTICATIONFAILED\]', "connections": r'5S: \* 1 EXISTS'},
    "Mailboxes": {"mailboxes": r'\\Subscribed \\Drafts\) "/" "Drafts"'},
    "Opening one": {"opening": r'BODY\[TEXT\]<0> \{42\}'},
    "IDLE": {"idle": r'S: d OK .*\n[\s\S]*\* 2 EXISTS'},
    "Flags": {"flags": r'FLAGS \([^)]*\$label1 qa=20x\)'},
    "Changes": {"changes": r'COPYUID <archive> 1 1\][\s\S]*S: 26 OK '},
    "APPEND and SEARCH": {"drafts": r'APPENDUID <drafts> 1\]', "search": r'SEARCH 2\n'},
    "CONDSTORE": {"condstore": r'HIGHESTMODSEQ <first>\]'},
    "SMTP": {"smtp": r'250-8BITMIME', "pop3": r'\+OK 2 <octets>'},
    "Autoconfig": {"autoconfig": r'assertIn\("<domain>hamburger\.edu</domain>"'},
}
CITED = re.compile(r"CLIENTS\.md (?:(\d+(?:, \d+)*)|Thunderbird ([\w ,-]+))")
ASSERTS = re.compile(r"\b(?:CHECK|REQUIRE)|\bcheck_\w+\(|\bassert|\bself\.fail|\bwait_for\(|AssertionError")


class Test:
    """A file of tests, and what each place in it heads."""
    def __init__(self, name, text):
        self.name, self.lines = name, text.splitlines()
        self.kind = pathlib.PurePosixPath(name).suffix
        self.functions = []
        if self.kind == ".py":
            self.functions = [(node.lineno, node.end_lineno) for node in ast.walk(ast.parse(text))
                              if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        elif self.kind == ".cpp":
            starts = [i for i, line in enumerate(self.lines, 1) if line.startswith("TEST_CASE")]
            self.functions = [(start, next((i for i in range(start, len(self.lines) + 1) if self.lines[i - 1] == "}"), len(self.lines)))
                              for start in starts]

    def headed_by(self, line):
        """The lines that a comment in that line speaks of: its function, the next one, or all below."""
        if self.kind != ".txt":
            inside = [(first, last) for first, last in self.functions if first <= line <= last]
            if inside:
                first, last = max(inside)
                return self.lines[first - 1:last]
            after = [(first, last) for first, last in self.functions if line < first <= line + 3]
            if after and line > 5:
                return self.lines[after[0][0] - 1:after[0][1]]
        return self.lines[line:]

    def asserted(self, line):
        """What is asserted there."""
        headed = self.headed_by(line)
        if self.kind == ".txt":
            expected, listed = [], False
            for one in headed:
                if re.match(r"\d*S: |@closed|@silence|@eventually", one) and not one.endswith("S: ..."):
                    expected.append(one)
                    listed = one.endswith("S: {")
                elif listed:
                    expected.append(one)
                    listed = one != "}"
            return "\n".join(expected) + "\n"
        return "\n".join(headed) if any(ASSERTS.search(one) for one in headed) else ""


def cited():
    """Number or Thunderbird's word → [(place, what is asserted)]."""
    found = {}
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "tests"], capture_output=True, text=True, check=True).stdout.split()
    for name in listed:
        if pathlib.PurePosixPath(name).suffix in (".txt", ".cpp", ".py") and not name.startswith("tests/structure/") and (ROOT / name).is_file():
            text = (ROOT / name).read_text(errors="replace")
            if "CLIENTS.md" in text:
                test = Test(name, text)
                for i, line in enumerate(test.lines, 1):
                    for numbers, words in CITED.findall(line):
                        keys = [int(number) for number in numbers.split(", ")] if numbers else filter(None, re.split(r", ?", words.strip()))
                        for key in keys:
                            key = key if isinstance(key, int) else key.strip().lower()
                            found.setdefault(key, []).append((f"{name}:{i}", test.asserted(i)))
    return found


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        demands, _, thunderbird = (ROOT / "protocols/CLIENTS.md").read_text().partition("\n# Thunderbird")
        cls.numbers = [int(number) for number in re.findall(r"^(\d+)\. ", demands, re.M)]
        cls.words = [word for word in re.findall(r"^- \*\*([^*]+)\*\*", thunderbird, re.M) if word != "Driving it in a test"]
        cls.cited = cited()

    def test_the_list_is_the_one_that_is_tested(self):
        self.assertEqual(self.numbers, sorted(DEMANDS | LATER))
        self.assertEqual(self.words, list(THUNDERBIRD))
        self.assertEqual(set(), DEMANDS.keys() & LATER.keys())

    def test_no_citation_of_what_is_not_in_it(self):
        known = {*self.numbers, *(word for words in THUNDERBIRD.values() for word in words)}
        self.assertEqual([], [place for key, places in self.cited.items() for place, _ in places if key not in known])

    def test_every_citation_heads_an_assertion(self):
        self.assertEqual([], [place for places in self.cited.values() for place, asserted in places if not asserted.strip()])

    def test_every_demand_is_asserted(self):
        wanted = DEMANDS | {word: pattern for words in THUNDERBIRD.values() for word, pattern in words.items()}
        self.assertEqual([], [key for key, pattern in wanted.items()
                              if not any(re.search(pattern, asserted) for _, asserted in self.cited.get(key, []))])


if __name__ == "__main__":
    unittest.main()
