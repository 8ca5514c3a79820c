"""Which sections the RFCs have: reads rfc_sections.txt, and makes it again from a folder of RFC texts.

    rfc_sections.py FOLDER          rfcNNNN.txt as the RFC Editor publishes them, rfcNNNN.xml as their sources

A line is an RFC: its number, then runs of sections; `6.3.1-12` is 6.3.1 to 6.3.12. What stands below the second comment is
kept as it is: RFCs whose text was not at hand, with the sections that their tables of contents name.
"""
import pathlib
import re
import sys

TABLE = pathlib.Path(__file__).with_name("rfc_sections.txt")
HEAD = """\
# Which sections the RFCs have. Made by rfc_sections.py from the headings of their texts as the RFC Editor publishes them (of
# RFC 8620 and 8621: from their sources). RFC 3502 numbers none. That a section exists does not say that it is the one meant. What
# is cited was compared with the section's heading for: 1034 1035 1918 1951 2277 2557 3206 3282 3454 3463 4193 4291 4422 4648 5034
# 5051 5092 5198 5280 5929 6066 6152 6265 6598 6761 7239 7301 7435 8259 8446 9266 9525 9585 9586 9590 9738 9755 10022.
"""
BY_HAND = """\
# From their tables of contents, since the texts themselves were not at hand:
"""
NUMBER = r"(?:\d{1,2}|[A-Z])(?:\.\d{1,2})*"


def sections():
    """RFC number → set of its sections, as strings."""
    table = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            rfc, *runs = line.split()
            table[int(rfc)] = {one for run in runs for one in unfold(run)}
    return table


def unfold(run):
    first, _, last = run.partition("-")
    parent, _, start = first.rpartition(".")
    if not last:
        return [first]
    return [f"{parent}.{i}" if parent else str(i) for i in range(int(start), int(last) + 1)]


def fold(numbers):
    """Sections in order, consecutive siblings as one run."""
    runs = []
    for number in sorted(numbers, key=lambda number: (number.count("."), [int(part) if part.isdigit() else 1000 + ord(part)
                                                                          for part in number.split(".")])):
        parent, _, last = number.rpartition(".")
        if runs and last.isdigit() and runs[-1][0] == parent and runs[-1][2] == int(last) - 1:
            runs[-1][2] += 1
        else:
            runs.append([parent, last, int(last) if last.isdigit() else None])
    return " ".join((f"{parent}." if parent else "") + first + (f"-{last}" if last is not None and str(last) != first else "")
                    for parent, first, last in runs)


def of_text(text):
    """Headings stand at the margin (in some old ones indented), entries of the table of contents end in a page's number."""
    headings = re.findall(rf"^({NUMBER})\.? +\S", text, re.M) + re.findall(rf"^ *({NUMBER})\.? +\S.*?(?:\. ?\.|  +)\D*\d+$", text, re.M)
    headings += re.findall(r"^ *(?:Appendix|APPENDIX) ([A-Z])\b", text, re.M)
    return {number for number in headings if is_plausible(number, headings)}


def is_plausible(number, all_of_them):
    """A section follows its elder: 4.3 stands only where 4 and 4.2 do (a list's item or a version is none)."""
    parent, _, last = number.rpartition(".")
    if parent and parent not in all_of_them and not parent[0].isalpha():
        return False
    if not last.isdigit() or int(last) <= 1:
        return last != "0"
    return f"{parent}.{int(last) - 1}".lstrip(".") in all_of_them


def of_xml(text):
    found, path = set(), []
    for opening in re.findall(r"<(/?)section\b", text):
        if opening:
            path.pop()
            continue
        parent = ".".join(path)
        siblings = [int(one.rpartition(".")[2]) for one in found if one.rpartition(".")[0] == parent]
        path.append(str(max(siblings, default=0) + 1))
        found.add(".".join(path))
    return found


def make(folder):
    lines = []
    for file in sorted(pathlib.Path(folder).rglob("rfc*.*"), key=lambda file: int(re.sub(r"\D", "", file.stem) or 0)):
        if re.fullmatch(r"rfc\d+", file.stem) and file.suffix in (".txt", ".xml"):
            text = file.read_text(errors="replace")
            lines.append(f"{int(file.stem[3:])} {fold(of_xml(text) if file.suffix == '.xml' else of_text(text))}")
    _, mark, by_hand = TABLE.read_text().partition(BY_HAND) if TABLE.exists() else ("", "", "")
    TABLE.write_text(HEAD + "\n".join(lines) + f"\n{mark or BY_HAND}{by_hand}")


if __name__ == "__main__":
    make(sys.argv[1])
