"""Includes point down: who may include what, and which library's header is seen where."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = [ROOT / name for name in subprocess.run(["git", "-C", ROOT, "ls-files", "*.h", "*.cpp"], capture_output=True, text=True,
                                                  check=True).stdout.split() if not name.startswith("tests/")]

# Folder, or single file → the folders and files of ours that it may include besides itself.
BASE = {"protocols/base"}
BITS = {"protocols/bits"}  # the bits of flags and rights, which wire/ and storage/ share
LOCKING = {"protocols/locking"}  # mutexes, for whatever has threads
LIBRARIES = {"protocols/mime", "protocols/sasl", "protocols/dns", "protocols/https", "protocols/sts", "protocols/net", "protocols/mailauth", "protocols/sieve",
             "protocols/jose", "protocols/webpush"}
DOOR = BASE | LOCKING | LIBRARIES | {"protocols/services", "storage"}
IMAP_WIRE = {"protocols/imap/wire", "protocols/imap/wire/response"}
SERVER_ROOMS = {"server/current.h", "server/auth", "server/tls", "server/acme", "server/acme/wire", "server/config", "server/budget", "server/doors", "server/delivery", "server/queue",
                "server/zone", "server/zone/wire", "server/push"}


def imap(*rooms):
    return {f"protocols/imap/{room}" for room in rooms}


ALLOWED = {
    "protocols/base": set(), "protocols/bits": set(), "protocols/locking": set(),
    "protocols/mime": BASE, "protocols/sasl": BASE, "protocols/dns": BASE | LOCKING, "protocols/net": BASE | LOCKING,
    "protocols/https": BASE | LOCKING, "protocols/sts": BASE, "protocols/jose": BASE, "protocols/webpush": BASE | {"protocols/jose"},
    "protocols/mailauth": BASE | {"protocols/mime", "protocols/dns"}, "protocols/sieve": BASE | {"protocols/mime"},
    "protocols/smtp/wire": BASE | BITS, "protocols/pop3/wire": BASE, "protocols/http/wire": BASE,
    "protocols/imap/wire": BASE | BITS | {"protocols/mime"},
    "protocols/imap/wire/parse": BASE | BITS | {"protocols/imap/wire"},
    "protocols/imap/wire/response": BASE | BITS | {"protocols/mime", "protocols/imap/wire"},
    "storage": BITS | LOCKING | {"storage/engine"}, "storage/engine": LOCKING | {"storage"}, "storage/upkeep": {"storage", "storage/engine"},
    "protocols/services": BASE | {"protocols/net", "protocols/sasl", "storage"},
    "protocols/smtp": DOOR | {"protocols/smtp/wire"},
    # IMAP's rooms, each above those that it names: none of them knows the session, which has the loop.
    "protocols/imap/mailbox": DOOR | IMAP_WIRE,
    "protocols/imap/search": DOOR | IMAP_WIRE | imap("mailbox", "options.h"),
    "protocols/imap/notify": DOOR | IMAP_WIRE | imap("mailbox"),
    "protocols/imap/connection": DOOR | IMAP_WIRE | imap("wire/parse", "options.h"),
    "protocols/imap/selection": DOOR | IMAP_WIRE | imap("connection", "mailbox", "search", "options.h"),
    "protocols/imap/fetch": DOOR | IMAP_WIRE | imap("selection", "connection", "mailbox", "options.h"),
    "protocols/imap/changes": DOOR | IMAP_WIRE | imap("fetch", "selection", "notify", "search", "connection", "mailbox",
                                                      "options.h"),
    "protocols/imap/append": DOOR | IMAP_WIRE | imap("changes", "fetch", "selection", "connection", "mailbox", "wire/parse",
                                                     "options.h"),
    "protocols/imap/commands": DOOR | IMAP_WIRE | imap("append", "changes", "fetch", "selection", "search", "connection",
                                                       "mailbox", "options.h"),
    "protocols/imap/session": DOOR | IMAP_WIRE | imap("commands", "changes", "selection", "connection", "wire/parse",
                                                      "options.h"),
    "protocols/imap/options.h": DOOR | IMAP_WIRE,
    "protocols/imap": DOOR | {"protocols/imap/options.h", "protocols/imap/session"},
    "protocols/pop3": DOOR | {"protocols/pop3/wire"},
    "protocols/http/h2": BASE | {"protocols/http/wire"},
    "protocols/http": DOOR | {"protocols/http/wire", "protocols/http/h2"},
    "web/jmap/wire": BASE,
    "web/jmap/mail": BASE | {"protocols/mime", "storage", "web/jmap/wire"},
    "web/jmap": DOOR | {"web/jmap/wire", "web/jmap/mail"},
    "web": DOOR | {"web/jmap", "web/jmap/wire", "protocols/http", "protocols/http/wire"},
    # The server's rooms: each does one thing for the house, which alone knows all of them; the command line is on top.
    "server/current.h": LOCKING,
    "server/auth": DOOR | {"server/current.h"},
    "server/tls": DOOR | {"server/current.h"},
    "server/acme/wire": BASE,
    "server/acme": DOOR | {"server/current.h", "server/tls", "server/acme/wire"},
    "server/config": BASE | {"protocols/dns", "protocols/services", "server/auth"},
    "server/budget": LOCKING | {"protocols/net", "server/auth"},
    "server/doors": DOOR | {"server/current.h", "server/config", "server/auth", "server/budget"},
    "server/delivery": DOOR | {"server/current.h"},
    "server/queue": DOOR | {"protocols/smtp", "server/config", "server/delivery"},
    "server/push": DOOR | {"web/jmap", "web/jmap/wire"},
    "server/zone/wire": BASE,
    "server/zone": DOOR | {"server/current.h", "server/config", "server/zone/wire"},
    "server": DOOR | SERVER_ROOMS | {"protocols/smtp", "protocols/imap", "protocols/imap/options.h", "protocols/imap/search",
                                     "protocols/pop3", "protocols/http", "web", "storage/upkeep"},
    "server/cli": DOOR | SERVER_ROOMS | {"server", "storage/upkeep"},
    "server/main.cpp": {"server/cli"},
}
# Library header → where alone it may be included.
SEEN_ONLY_IN = {
    r"<sqlite3\.h>": ["storage/engine"],
    r"<openssl/": ["protocols/net", "protocols/sasl", "protocols/mailauth", "protocols/jose", "protocols/webpush/encryption", "server/tls", "server/acme/keys", "server/zone/wire/tsig", "server/auth", "storage/sha256"],
    r"<(toml|toml\+\+)": ["server/config"],
    r"<CLI/": ["server/cli"],
    r"<spdlog/": ["server/log"],
    r"<unbound": ["protocols/dns"],
    r"<curl/": ["protocols/https"],
    r"<nghttp2/": ["protocols/http/h2"],
    r"<argon2": ["server/auth"],
}
PURE = ["protocols/base", "protocols/bits", "protocols/mime", "protocols/smtp/wire", "protocols/imap/wire", "protocols/pop3/wire", "protocols/http/wire", "protocols/http/h2", "web/jmap/wire"]


def folder(path):
    """The layer that a path of ours belongs to: the longest named folder."""
    name = str(path)
    best = max((layer for layer in ALLOWED if name == layer or name.startswith(layer + "/")), key=len, default=None)
    return best or name.split("/")[0]


class Layers(unittest.TestCase):
    def test_includes_point_down(self):
        wrong = []
        for file in SOURCES:
            name = file.relative_to(ROOT)
            own = folder(name)
            for target in re.findall(r'^#include "([^"]+)"', file.read_text(), re.M):
                layer = folder(target)
                if layer != own and layer not in ALLOWED[own]:
                    wrong.append(f"{name} includes {target}")
        self.assertEqual([], wrong)

    def test_no_two_rooms_need_each_other(self):
        """The rules themselves have no cycles: each allows only what is below."""
        names = {layer for layer in ALLOWED if not layer.startswith("storage")}
        below = {layer: ALLOWED[layer] & names for layer in names}
        while free := {layer for layer in below if not below[layer]}:
            below = {layer: needs - free for layer, needs in below.items() if layer not in free}
        self.assertEqual({}, below)

    def test_library_headers_are_seen_where_they_belong(self):
        wrong = []
        for file in SOURCES:
            name = str(file.relative_to(ROOT))
            for line in re.findall(r"^#include .*", file.read_text(), re.M):
                for pattern, places in SEEN_ONLY_IN.items():
                    if re.search(pattern, line) and not any(name.startswith(place) for place in places):
                        wrong.append(f"{name}: {line}")
        self.assertEqual([], wrong)

    def test_wire_and_mime_do_no_io(self):
        wrong = []
        for file in SOURCES:
            name = str(file.relative_to(ROOT))
            if any(name.startswith(place + "/") for place in PURE):
                wrong += [f"{name}: {line}" for line in re.findall(r"^#include <(?:asio|openssl|sqlite3|spdlog|sys/socket|fstream).*",
                                                                   file.read_text(), re.M)]
        self.assertEqual([], wrong)

    def test_the_engine_is_named_in_storage_alone(self):
        """Doors see a storage::Snapshot, and headers that they include name no connection."""
        wrong, headers = [], set()
        for file in SOURCES:
            name = str(file.relative_to(ROOT))
            if name.startswith("storage/"):
                continue
            text = file.read_text()
            headers |= set(re.findall(r'^#include "(storage/[^"]+)"', text, re.M))
            wrong += [f"{name}: {found}" for found in re.findall(r".*\bengine::.*", text)]
        reached = set()
        while headers:
            header = headers.pop()
            reached.add(header)
            text = (ROOT / header).read_text()
            headers |= set(re.findall(r'^#include "(storage/[^"]+)"', text, re.M)) - reached
            if not header.startswith("storage/upkeep/"):
                wrong += [f"{header}: {found}" for found in re.findall(r".*\bengine::Connection.*", text)]
        self.assertEqual([], wrong)
        self.assertIn("storage/snapshot.h", reached)

    def test_operations_use_sql_that_both_databases_know(self):
        """storage/README.md, "Growing". The search index is a file of SQLite's own."""
        only_sqlite = re.compile(r"INSERT OR |REPLACE INTO|last_insert|\b(?:_?rowid|oid)\b", re.IGNORECASE)
        files = [file for file in (ROOT / "storage").rglob("*.cpp")
                 if "engine" not in file.parts and not file.name.startswith("search_")]
        self.assertGreater(len(files), 20)
        found = [f"{file.relative_to(ROOT)}: {line.strip()}" for file in files for line in file.read_text().splitlines()
                 if only_sqlite.search(line) and "pragma_foreign_key_check" not in line]
        self.assertEqual([], found)

    def test_doors_say_who_acts(self):
        """The store checks the rights of the actor that it is told: a door never acts as the server, and never reads content by
        its number alone."""
        doors = ("protocols/imap/", "protocols/pop3/", "protocols/smtp/", "web/")
        wrong = [f"{name}: {found}" for file in SOURCES if (name := str(file.relative_to(ROOT))).startswith(doors)
                 for found in re.findall(r"\bthe_server\b|\bActor::server\b|\bread_blob\(", file.read_text())]
        self.assertEqual([], wrong)

    def test_nouns_are_light(self):
        """Including a noun's header of the store, or store.h, compiles no Asio, threads or files."""
        heavy = r"^#include <(asio/.*|thread|mutex|condition_variable|filesystem)>"
        wrong = []
        for noun in ["accounts", "bans", "blobs", "certificates", "domains", "mailboxes", "messages", "metadata", "pop3_marks",
                     "queue", "queue_leases", "rights", "store", "upkeep/free_space", "upkeep/sweep"]:
            reached, ahead = set(), {f"storage/{noun}.h"}
            while ahead:
                header = ahead.pop()
                reached.add(header)
                text = (ROOT / header).read_text()
                ahead |= set(re.findall(r'^#include "([^"]+)"', text, re.M)) - reached
                wrong += [f"{noun}.h reaches {found} by {header}" for found in re.findall(heavy, text, re.M)]
        self.assertEqual([], wrong)

    def test_who_awaits_the_store_includes_how(self):
        """Without store_await.h such a call may compile, and then fail to link."""
        awaits = re.compile(r"\bco_await [\w.()>-]*store_?(?:\(\))?(?:\.|->)(?:read|write)\(")
        files = [file for file in SOURCES if awaits.search(file.read_text())]
        wrong = [str(file.relative_to(ROOT)) for file in files if '#include "storage/store_await.h"\n' not in file.read_text()]
        self.assertEqual([], wrong)
        self.assertGreater(len(files), 20)

    def test_mutexes_say_what_they_guard(self):
        """The compiler checks only the mutexes of protocols/locking, and only members that name their mutex."""
        bare = re.compile(r".*std::(?:\w*mutex|\w*_lock|lock_guard|condition_variable).*")
        wrong, mutexes = [], 0
        for file in SOURCES:
            name = str(file.relative_to(ROOT))
            if name.startswith("protocols/locking/"):
                continue
            text = file.read_text()
            wrong += [f"{name}: {line}" for line in bare.findall(text) if "spdlog::sinks::base_sink<std::mutex>" not in line]
            for mutex in re.findall(r"\bMutex (\w+);", text):
                mutexes += 1
                if f"GUARDED_BY({mutex})" not in text:
                    wrong.append(f"{name}: nothing is GUARDED_BY({mutex})")
        self.assertEqual([], wrong)
        self.assertGreater(mutexes, 15)

    def test_the_compiler_rejects_what_is_not_locked(self):
        unit = (ROOT / "server/doors/hidden_clients.cpp").read_text()
        lock = "    const locking::Lock lock(mutex_);\n"
        self.assertIn(lock, unit)
        self.assertIn("-Wthread-safety)", (ROOT / "CMakeLists.txt").read_text())
        told = [subprocess.run(["clang++-19", "-std=c++23", f"-I{ROOT}", "-Wthread-safety", "-fsyntax-only", "-x", "c++", "-"],
                               input=text, capture_output=True, text=True, check=True).stderr for text in (unit, unit.replace(lock, ""))]
        self.assertEqual("", told[0])
        self.assertIn("reading variable 'settled_' requires holding mutex 'mutex_'", told[1])

    def test_files_fit_their_length(self):
        long = [f"{file.relative_to(ROOT)}: {lines} lines" for file in SOURCES if (lines := file.read_text().count("\n")) > 500]
        self.assertEqual([], long)


if __name__ == "__main__":
    unittest.main()
