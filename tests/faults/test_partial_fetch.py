"""BODY[section]<partial> reads only what it needs (RFC 3501 §6.4.5): it is answered even if the rest of the message is missing.

One message for each section that is asked for, each with parts far larger than a chunk of the store. While the server is down,
all chunks are taken away that hold nothing of what will be asked: a server that looked at any of them would have to say NO.
"""
import random
import socket
import sqlite3
import unittest

from tests.support.imap import Imap
from tests.support.mailstead import Mailstead, wait_for

BOB = "bob@hamburger.edu"
CAROL = "carol@hamburger.edu"
CHUNK = 128 << 10       # StoreOptions::chunk_octets
CHUNKS_PER_BLOB = 1 << 20

# Section, and the octets of it that are asked for: offset and count, or all.
ASKED = [("HEADER", None), ("HEADER.FIELDS (SUBJECT)", None), ("", (0, 65536)), ("", (1_500_000, 65536)), ("TEXT", (0, 2048)),
         ("1", (700_000, 1000)), ("1", (1 << 20, 99)), ("2.MIME", None), ("2", (0, 300_000)), ("2", (900_000, 1 << 30)), ("3.HEADER", None),
         ("3.1", (5, 100)), ("3.TEXT", (500_000, 3)), ("4", None)]


def lines(seed, octets):
    """Text that never repeats, so that no two chunks are equal."""
    numbers = random.Random(seed)
    return b"".join(b"%064x\r\n" % numbers.getrandbits(256) for _ in range(octets // 66))


def message(number):
    """The message, and the position of each section."""
    header = b"Subject: number %d\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" % number
    inner = b"Subject: inner %d\r\n\r\n" % number
    places, whole = {"HEADER": (0, len(header)), "HEADER.FIELDS (SUBJECT)": (0, len(header))}, header
    for part, (mime, head, body) in enumerate([
            (b"Content-Type: text/plain\r\n\r\n", b"", lines(f"{number}.1", 1 << 20)),
            (b"Content-Type: application/octet-stream\r\n\r\n", b"", lines(f"{number}.2", 1 << 20)),
            (b"Content-Type: message/rfc822\r\n\r\n", inner, lines(f"{number}.3", 1 << 20)),
            (b"\r\n", b"", b"the last part")], 1):
        whole += b"--b\r\n"
        places[f"{part}.MIME"] = (len(whole), len(mime))
        whole += mime
        places[f"{part}"] = (len(whole), len(head + body))
        places[f"{part}.HEADER"] = (len(whole), len(head))
        places[f"{part}.1"] = places[f"{part}.TEXT"] = (len(whole) + len(head), len(body))
        whole += head + body + b"\r\n"
    whole += b"--b--\r\n"
    return whole, {**places, "": (0, len(whole)), "TEXT": (len(header), len(whole) - len(header))}


def wanted(places, section, partial):
    """Offset in the message and count of the octets asked for."""
    offset, size = places[section]
    first, count = partial or (0, size)
    first = min(first, size)
    return offset + first, min(count, size - first)


class PartialFetch(unittest.TestCase):
    def test_partial_fetch(self):
        messages = [message(number) for number in range(len(ASKED))]
        with Mailstead(["hamburger.edu"], {BOB: "hungry"}) as server:
            with Imap("127.0.0.1", server.port("imap")) as imap:
                imap.login(BOB, "hungry")
                for octets, _ in messages:
                    imap.ok("APPEND INBOX {}", octets)
            server.stop()
            kept = self.take_away(server.directory, messages)
            server.start()
            with Imap("127.0.0.1", server.port("imap"), timeout=30) as imap:
                imap.login(BOB, "hungry")
                imap.ok("EXAMINE INBOX")
                imap.ok("FETCH 1:* (ENVELOPE BODYSTRUCTURE RFC822.SIZE)")
                for number, ((section, partial), (octets, places)) in enumerate(zip(ASKED, messages), 1):
                    with self.subTest(section=section, partial=partial, chunks=kept[number - 1]):
                        self.ask(imap, number, section, partial, octets, places)
            self.assertEqual(b"", self.whole(server), "with chunks missing the whole cannot be had: the test takes them away")

    def test_a_thousand_sections_of_one_message(self):
        """They are read one after the other, as the client takes them: what is held does not grow with their number."""
        octets = b"Subject: x\r\nX-Last: y\r\n\r\n" + lines("long", 280 << 10)
        with Mailstead(["hamburger.edu"], {BOB: "hungry"}) as server:
            with Imap("127.0.0.1", server.port("imap"), timeout=60) as imap:
                imap.login(BOB, "hungry")
                imap.ok("APPEND INBOX {}", octets)
                imap.ok("EXAMINE INBOX")
                partials = " ".join(f"BODY.PEEK[]<{first}.262144>" for first in range(200))
                fields = " ".join(f"BODY.PEEK[HEADER.FIELDS.NOT (SUBJECT)]<{first}.9>" for first in range(14))
                items = imap.ok(f"FETCH 1 ({partials} {fields} BODY.PEEK[HEADER.FIELDS (X-LAST)])").fetched()[1]
                self.assertEqual(215, len(items))
                for first in range(200):
                    self.assertEqual(octets[first:first + 262144], items[b"BODY[]<%d>" % first])
                for first in range(14):
                    self.assertEqual(b"X-Last: y\r\n\r\n"[first:first + 9], items[b"BODY[HEADER.FIELDS.NOT (SUBJECT)]<%d>" % first])
                self.assertEqual(b"X-Last: y\r\n\r\n", items[b"BODY[HEADER.FIELDS (X-LAST)]"])

    def test_the_right_to_read_is_taken_back_while_a_message_is_sent(self):
        self.taken_back(lambda server, bob: bob.ok(f"DELETEACL INBOX {CAROL}"))

    def test_the_log_in_is_taken_back_while_a_message_is_sent(self):
        self.taken_back(lambda server, bob: server.run("account", "suspend", CAROL))

    def taken_back(self, take_back):
        """No more of it comes, the session ends, and the log does not say that a person must act."""
        octets = b"Subject: x\r\n\r\n" + lines("secret", 20 << 20)
        with Mailstead(["hamburger.edu"], {BOB: "hungry", CAROL: "thirsty"}) as server:
            with Imap("127.0.0.1", server.port("imap"), timeout=60) as bob:
                bob.login(BOB, "hungry")
                bob.ok("APPEND INBOX {}", octets)
                bob.ok(f"SETACL INBOX {CAROL} lr")
                carol = socket.create_connection(("127.0.0.1", server.port("imap")), timeout=60)
                self.addCleanup(carol.close)
                carol.sendall(f'a LOGIN {CAROL} thirsty\r\nb EXAMINE "Other Users/{BOB}/INBOX"\r\nc FETCH 1 BODY.PEEK[]\r\n'.encode())
                text = b""
                while b"BODY[]" not in text:
                    text += carol.recv(4096)
                take_back(server, bob)
                got = len(text)
                while more := carol.recv(1 << 16):
                    got += len(more)
                self.assertLess(got, len(octets))
                wait_for(lambda: "event=close reason=logged-out account=carol@" in server.log.read_text(), 20, "the end of Carol's session")
            self.assertNotRegex(server.log.read_text(), "Z error ")

    def ask(self, imap, number, section, partial, octets, places):
        suffix = "<%d.%d>" % partial if partial else ""
        answer = imap.ok(f"FETCH {number} BODY.PEEK[{section}]{suffix}")
        start, count = wanted(places, section, partial)
        expected = octets[start:start + count]
        if section.startswith("HEADER.FIELDS"):
            expected = expected.split(b"\r\n")[0] + b"\r\n\r\n"
        items = answer.fetched()[number]
        name = f"BODY[{section}]" + ("<%d>" % partial[0] if partial else "")
        self.assertEqual([name.encode()], list(items))
        self.assertEqual(expected, items[name.encode()])

    def take_away(self, directory, messages):
        """Deletes all chunks outside the requested octets; returns how many are left of how many."""
        kept = []
        with sqlite3.connect(directory / "mailstead.db") as store:
            blobs = [row[0] for row in store.execute("SELECT blob_id FROM message ORDER BY uid")]
            for blob, (section, partial), (octets, places) in zip(blobs, ASKED, messages, strict=True):
                start, count = wanted(places, section, partial)
                base = blob * CHUNKS_PER_BLOB
                chunks = (len(octets) + CHUNK - 1) // CHUNK
                first, last = start // CHUNK, (start + max(count, 1) - 1) // CHUNK
                gone = store.execute("DELETE FROM blob_chunk WHERE id BETWEEN ? AND ? AND id NOT BETWEEN ? AND ?",
                                     (base, base + CHUNKS_PER_BLOB - 1, base + first, base + last)).rowcount
                self.assertEqual(chunks - (last - first + 1), gone)
                kept.append(f"{last - first + 1} of {chunks}")
        store.close()
        return kept

    def whole(self, server):
        """The result of asking for the whole message: only the announcement can come."""
        with Imap("127.0.0.1", server.port("imap"), timeout=30) as imap:
            imap.login(BOB, "hungry")
            imap.ok("EXAMINE INBOX")
            try:
                return imap.ok("FETCH 1 BODY.PEEK[]").fetched()[1][b"BODY[]"]
            except (ConnectionError, AssertionError):
                return b""


if __name__ == "__main__":
    unittest.main()
