"""What the code cites is there: sections of RFCs in the form `RFC 9051 §6.4.6`, documents and their headings in this
checkout, and the house's own rules in it and nowhere else."""
import pathlib
import re
import subprocess
import unittest

from tests.structure import rfc_sections

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=True).stdout.split()
TEXTS = {name: (ROOT / name).read_text(errors="replace") for name in NAMES
         if (ROOT / name).is_file() and not name.startswith("tests/structure/") and not name.endswith((".json", ".lock"))}

BREAK = r"(?:\s|//|#|--|\*)*"  # a line's end within a comment
NUMBER = r"(?:\d+|[A-Z])(?:\.\d+)*"
CITED = re.compile(rf"RFC{BREAK}(\d+),?{BREAK}((?:(?:,|/|–|-|\band\b|\bto\b|\bor\b)?{BREAK}§{BREAK}{NUMBER}(?:[–-]{NUMBER})?)+)")
OTHERWISE = re.compile(rf"RFC{BREAK}\d+,?{BREAK}(?:[Ss]ec(?:tion|t|\.)|chapter){BREAK}\d\S*")


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def citations():
    """(file, line, RFC, section); of a run only its ends, which is where it can be wrong."""
    for name, text in TEXTS.items():
        for found in CITED.finditer(text):
            for number in re.findall(NUMBER, re.sub(BREAK + "(and|to|or)" + BREAK, " ", found[2])):
                yield name, line_of(text, found.start()), int(found[1]), number


class Citations(unittest.TestCase):
    def test_cited_sections_exist(self):
        sections = rfc_sections.sections()
        self.assertEqual([], [f"{name}:{line}: RFC {rfc} §{number}" for name, line, rfc, number in citations()
                              if number not in sections.get(rfc, ())])

    def test_they_are_many(self):
        self.assertGreater(sum(1 for _ in citations()), 1000, "citations are no longer recognized")

    def test_one_form(self):
        self.assertEqual([], [f"{name}:{line_of(text, found.start())}: {found[0]}" for name, text in TEXTS.items()
                              for found in OTHERWISE.finditer(text)])

    def test_documents_are_in_the_checkout(self):
        """`storage/README.md`, `storage/README.md "Search"` (a heading there), CLIENTS.md (protocols/CLIENTS.md)."""
        wrong = []
        for name, text in TEXTS.items():
            for found in re.finditer(rf'(?<![\w./-])([\w./-]*\w\.md)\b(?:{BREAK}"([^"\n]+)")?', text):
                target, heading = found.groups()
                at = [pathlib.PurePosixPath(target), pathlib.PurePosixPath(name).parent / target, pathlib.PurePosixPath("protocols", target)]
                there = next((document for document in at if (ROOT / document).is_file()), None)
                if there is None or (heading and not re.search(rf"^#+ {re.escape(heading)}$", (ROOT / there).read_text(), re.M)):
                    wrong.append(f"{name}:{line_of(text, found.start())}: {found[0]}")
            wrong += [f"{name}:{line_of(text, found.start())}: {found[0]}" for found in re.finditer(r"\b(?:DESIGN|STYLE)\b(?:\.md)? *§", text)]
        self.assertEqual([], wrong)


if __name__ == "__main__":
    unittest.main()
