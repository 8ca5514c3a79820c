"""ENVELOPE, BODY and BODYSTRUCTURE of real and broken messages, field by field beside Dovecot's. RFC 3501 §7.4.2.

Both servers are given the same messages by APPEND: our own, damaged as messages are in the wild (structure_messages.py), and
all files of the directory that MAILSTEAD_TEST_MESSAGES names. Where we differ on purpose stands, with the reason, in
structure_differences.py: what is not listed there fails, and what is listed and no longer differs fails too.
Line ends are made CRLF first, as RFC 3501 §4.3 and RFC 5322 §2.3 have them: Dovecot would do the same while it stores.
"""
import os
import pathlib
import re
import unittest

from tests.interop.structure_differences import DIFFERENCES, REASONS
from tests.interop.structure_messages import MESSAGES
from tests.support.dovecot import Dovecot
from tests.support.imap import Imap
from tests.support.mailstead import Mailstead

BOB, PASSWORD = "bob@hamburger.edu", "hungry"
ENVELOPE = ["date", "subject", "from", "sender", "reply-to", "to", "cc", "bcc", "in-reply-to", "message-id"]
BASIC = ["type", "subtype", "parameters", "id", "description", "encoding", "size"]
EXTENSIONS = ["disposition", "language", "location"]


def with_crlf(octets):
    return re.sub(rb"\r?\n", b"\r\n", octets)


def messages():
    """Name → octets."""
    found = dict(MESSAGES)
    directory = os.environ.get("MAILSTEAD_TEST_MESSAGES")
    if directory:
        files = [file for file in sorted(pathlib.Path(directory).rglob("*")) if file.suffix in (".eml", ".msg")]
        found.update({str(file.relative_to(directory)): file.read_bytes() for file in files})
    return {name: with_crlf(octets) for name, octets in found.items()}


def lower(value):
    return value.lower() if value is not None else None


def parameters(value):
    """A parameter list with its names in lower case: RFC 2045 §5.1 tells no cases apart, nor does the order matter."""
    return sorted((name.lower(), text) for name, text in zip(value[::2], value[1::2])) if value else value


def bare(body):
    """A body without what only BODYSTRUCTURE says of it."""
    if isinstance(body[0], list):
        count = next(i for i, part in enumerate(body) if not isinstance(part, list))
        return [*map(bare, body[:count]), body[count]]
    if len(body) > 7 and isinstance(body[7], list) and lower(body[0]) == b"message":
        return [*body[:8], bare(body[8]), body[9]]
    return body[:8 if lower(body[0]) == b"text" else 7]


class Part:
    """A BODYSTRUCTURE (RFC 3501 §9, body): its fields by name, the envelope's among them, and its children."""
    def __init__(self, body):
        self.children = []
        if isinstance(body[0], list):
            count = next(i for i, part in enumerate(body) if not isinstance(part, list))
            self.children = [Part(child) for child in body[:count]]
            self.kind, rest, names = "multipart", body[count:], ["subtype", "parameters", *EXTENSIONS]
        else:
            self.kind, rest, names = "single", body, list(BASIC)
            if isinstance(body[7] if len(body) > 7 else None, list) and lower(body[0]) == b"message":
                self.kind, rest = "message", [*body[:7], *body[9:]]
                self.children = [Part(body[8])]
            if self.kind == "message" or lower(body[0]) == b"text":
                names.append("lines")
            names += ["md5", *EXTENSIONS]
        self.fields = dict(zip(names, rest))
        if len(rest) != len(names):
            raise AssertionError(f"expected {names}: {rest}")
        for name in ("type", "subtype", "encoding"):
            self.fields[name] = lower(self.fields.get(name))
        self.fields["parameters"] = parameters(self.fields.get("parameters"))
        if disposition := self.fields.get("disposition"):
            self.fields["disposition"] = [lower(disposition[0]), parameters(disposition[1])]
        if self.kind == "message":
            self.fields.update(envelope("envelope.", body[7]))

    def shape(self):
        """The tree in a line: "mixed(text/plain 17, message/rfc822 99(text/plain 5))", leaves and messages with their octets."""
        inside = "(" + ", ".join(child.shape() for child in self.children) + ")" if self.children else ""
        kind = [self.fields["type"], self.fields["subtype"]] if self.kind != "multipart" else [self.fields["subtype"]]
        size = "" if self.kind == "multipart" else " " + self.fields["size"].decode()
        return b"/".join(kind).decode() + size + inside


def envelope(prefix, values):
    if len(values) != len(ENVELOPE):
        raise AssertionError(f"an envelope has ten fields: {values}")
    return {prefix + name: value for name, value in zip(ENVELOPE, values)}


def field_differences(path, ours, theirs):
    """Field → (ours, theirs). A sender and reply-to that are From's on both sides are not said again."""
    found = {f"{path} {name}": (ours.get(name, "absent"), theirs.get(name, "absent"))
             for name in ours.keys() | theirs.keys() if ours.get(name, "absent") != theirs.get(name, "absent")}
    for repeated in (f"{path} sender", f"{path} reply-to", f"{path} envelope.sender", f"{path} envelope.reply-to"):
        if repeated in found and found[repeated] == found.get(re.sub("sender|reply-to", "from", repeated)):
            del found[repeated]
    return found


def part_differences(path, ours, theirs):
    """Field → (ours, theirs). Where the trees branch otherwise that is all there is to say of them."""
    form = [(part.kind, len(part.children)) for part in (ours, theirs)]
    if form[0] != form[1]:
        return {f"{path} shape": (ours.shape(), theirs.shape())}
    found = field_differences(path, ours.fields, theirs.fields)
    for number, (mine, other) in enumerate(zip(ours.children, theirs.children), 1):
        found.update(part_differences(f"{path}.{number}", mine, other))
    return found


def differences(ours, theirs):
    """Of all that FETCH said of one message."""
    found = field_differences("envelope", envelope("", ours[b"ENVELOPE"]), envelope("", theirs[b"ENVELOPE"]))
    found.update(part_differences("part", Part(ours[b"BODYSTRUCTURE"]), Part(theirs[b"BODYSTRUCTURE"])))
    return found


def shown(value):
    return repr(value) if len(repr(value)) < 400 else repr(value)[:400] + "…"


class Structure(unittest.TestCase):
    maxDiff = None

    def test_structure(self):
        ours, theirs = self.both(messages())
        found = {(name, field): values for name in ours for field, values in differences(ours[name], theirs[name]).items()}
        known = {(row.message, row.field): row for row in DIFFERENCES if row.message in ours}
        wrong = []
        for (name, field), (mine, other) in found.items():
            row = known.get((name, field))
            values = f"\n    ours:      {shown(mine)}\n    Dovecot's: {shown(other)}"
            if row is None:
                wrong.append(f"{name}: {field}: not listed{values}")
            elif not row.explains(mine, other):
                wrong.append(f"{name}: {field}: listed otherwise{values}")
        wrong += [f"{name}: {field}: listed, and does not differ" for name, field in known.keys() - found.keys()]
        print(f"{len(ours)} messages, {len(found)} differences, all listed" if not wrong else "\n".join(wrong))
        self.assertEqual(0, len(wrong), "differences that are not as listed")

    def both(self, wanted):
        with Mailstead(["hamburger.edu"], {BOB: PASSWORD}) as server:
            ours = self.described("127.0.0.1", server.port("imap"), wanted)
        with Dovecot({BOB: PASSWORD}) as peer:
            return ours, self.described("127.0.0.1", peer.port, wanted)

    def described(self, address, port, wanted):
        with Imap(address, port) as imap:
            imap.login(BOB, PASSWORD)
            for octets in wanted.values():
                imap.ok("APPEND INBOX {}", octets)
            imap.ok("SELECT INBOX")
            fetched = imap.ok("FETCH 1:* (ENVELOPE BODY BODYSTRUCTURE)").fetched()
            self.assertEqual(len(wanted), len(fetched))
            for items in fetched.values():
                self.assertEqual(bare(items[b"BODYSTRUCTURE"]), bare(items[b"BODY"]), "BODY is not BODYSTRUCTURE without extensions")
            return {name: fetched[number] for number, name in enumerate(wanted, 1)}

    def test_reasons_are_given(self):
        self.assertEqual([], [row for row in DIFFERENCES if row.reason not in REASONS])


if __name__ == "__main__":
    unittest.main()
