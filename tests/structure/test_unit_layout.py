"""Unit tests lie as what they test: tests/unit/net/stream.cpp tests protocols/net/stream.cpp."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STANDS_FOR = {"tests/support/test_house.h": "server/house.h"}  # it has the whole server behind it
ELSEWHERE = {"storage": "storage", "server": "server", "web": "web", "support": "tests/support"}  # the others: protocols/


def home(test):
    """The folder that a file of tests/unit mirrors."""
    first, *rooms = pathlib.PurePosixPath(test).relative_to("tests/unit").parts[:-1]
    return "/".join([ELSEWHERE.get(first, f"protocols/{first}"), *rooms])


def seen(file, texts, already):
    """The headers of ours that a file includes, itself or by what lies in tests/."""
    for header in re.findall(r'^#include "([^"]+)"', texts.get(file, ""), re.M):
        header = header if "/" in header else str(pathlib.PurePosixPath(file).parent / header)
        if header not in already:
            already.add(header)
            if header.startswith("tests/"):
                seen(header, texts, already)
    return already


def misplaced(texts):
    """texts: path → content of all sources. What is wrong with tests/unit, a line each."""
    wrong = []
    sources = {path for path in texts if not path.startswith("tests/unit/")}
    for test in sorted(path for path in texts if path.startswith("tests/unit/") and path.count("/") > 2):
        mirrored, name = home(test), pathlib.PurePosixPath(test)
        library = "/".join(mirrored.split("/")[:2 if mirrored.startswith(("protocols/", "tests/")) else 1])
        if not any(source.startswith(mirrored + "/") for source in sources):
            wrong.append(f"{test}: there is no {mirrored}")
            continue
        if name.stem.endswith("_test"):
            wrong.append(f"{test}: the folder says that it is a test")
        if "TEST_CASE(" not in texts[test]:
            continue
        named_like_it = {str(pathlib.PurePosixPath(source).parent) for source in sources
                         if source.startswith(library + "/") and pathlib.PurePosixPath(source).stem == name.stem}
        if named_like_it and mirrored not in named_like_it:
            wrong.append(f"{test}: {name.stem} lies in {' and '.join(sorted(named_like_it))}")
        if not any(str(pathlib.PurePosixPath(STANDS_FOR.get(header, header)).parent) == mirrored for header in seen(test, texts, set())):
            wrong.append(f"{test}: includes nothing of {mirrored}")
    return wrong


class UnitLayout(unittest.TestCase):
    def test_unit_tests_lie_as_their_sources(self):
        names = subprocess.run(["git", "-C", ROOT, "ls-files", "*.h", "*.cpp"], capture_output=True, text=True, check=True).stdout.split()
        texts = {name: (ROOT / name).read_text() for name in names if (ROOT / name).is_file()}
        self.assertGreater(sum(path.startswith("tests/unit/") for path in texts), 80, "unit tests are no longer found")
        self.assertEqual([], misplaced(texts))

    def test_what_is_misplaced_is_named(self):
        sources = {"protocols/net/stream.h": "", "storage/engine/writer.cpp": "", "storage/engine/writer.h": "", "storage/store.h": ""}
        for test, text, wrong in (
                ("tests/unit/net/stream.cpp", '#include "protocols/net/stream.h"\nTEST_CASE("x")', ""),
                ("tests/unit/net/hurry.cpp", '#include "tests/unit/net/support.h"\nTEST_CASE("a story, by a helper")', ""),
                ("tests/unit/net/haste.cpp", '#include "support.h"\nTEST_CASE("the same, beside it")', ""),
                ("tests/unit/net/support.h", '#include "protocols/net/stream.h"\n', ""),
                ("tests/unit/nets/stream.cpp", 'TEST_CASE("x")', "there is no protocols/nets"),
                ("tests/unit/net/stream_test.cpp", '#include "protocols/net/stream.h"\nTEST_CASE("x")', "the folder says that it is a test"),
                ("tests/unit/storage/writer.cpp", '#include "storage/store.h"\nTEST_CASE("x")', "writer lies in storage/engine"),
                ("tests/unit/storage/engine/pages.cpp", '#include "storage/store.h"\nTEST_CASE("x")', "includes nothing of storage/engine")):
            with self.subTest(test):
                tree = sources | {"tests/unit/net/support.h": '#include "protocols/net/stream.h"\n', test: text}
                self.assertEqual([f"{test}: {wrong}"] if wrong else [], misplaced(tree))


if __name__ == "__main__":
    unittest.main()
