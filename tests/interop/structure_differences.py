"""Where ENVELOPE and BODYSTRUCTURE differ from Dovecot 2.3's on purpose: the table of test_dovecot_structure.py.

A row: message, field, ours, Dovecot's, reason. Where the reason has a relation the values are what the relation says, and None
here. Names with a slash are of the directory that MAILSTEAD_TEST_MESSAGES names (mail-parser's and mime4j's test messages).
A part's shape: "mixed(text/plain 17, message/rfc822 99(text/plain 5))", leaves and messages with their octets.
"""
import base64
import quopri
import re
from typing import Any, NamedTuple

ENCODED_WORD = re.compile(rb"=\?([^?*]+)[^?]*\?([qQ])\?([^?]*)\?=|=\?([^?*]+)[^?]*\?([bB])\?([^?]*)\?=")


def text(octets):
    """What a header's octets mean: encoded words decoded, 8-bit octets as UTF-8 or else Windows-1252."""
    def readable(raw):
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("windows-1252")

    out, at = "", 0
    for word in ENCODED_WORD.finditer(octets):
        between = octets[at:word.start()]
        out += "" if at and not between.strip() else readable(between)
        charset, q, b = word[1] or word[4], word[3], word[6]
        out += (quopri.decodestring(q, header=True) if q is not None else base64.b64decode(b)).decode(charset.decode())
        at = word.end()
    return out + readable(octets[at:])


def mapped(function, value):
    if isinstance(value, (list, tuple)):
        return [mapped(function, one) for one in value]
    return function(value) if isinstance(value, bytes) else value


def same_text(ours, dovecots):
    return repr(ours).isascii() and "\\x" not in repr(ours) and mapped(text, ours) == mapped(text, dovecots)


def without_domain(ours, dovecots):
    return ours == mapped(lambda octets: b"" if octets in (b"MISSING_MAILBOX", b"MISSING_DOMAIN") else octets, dovecots)


def same_words(ours, dovecots):
    return ours.split() == dovecots.split()


# Key → why, and how the two are related (None: the row says both).
REASONS = {
    "8-bit": ("RFC 3501 §4.3, §9 (CHAR): no octets above 127 without UTF8=ACCEPT (RFC 6855 §3): they are sent as RFC 2047's encoded "
              "words, taken for UTF-8 or else Windows-1252; Dovecot sends them raw", same_text),
    "no domain": ("RFC 3501 §7.4.2: a NIL host would mean a group, so what is missing is empty; Dovecot makes it up", without_domain),
    "folds": ("RFC 5322 §2.2.3: unfolding removes the line end and nothing else, and white space around a value is no part of it; "
              "Dovecot makes one space of a fold", same_words),
    "null address": ("RFC 5322 §4.4 (obs-addr-list): empty elements of a list are none", None),
    "bracket": ("RFC 5322 §3.4: the address is there, whatever is wrong with its brackets; Dovecot makes a host of the error", None),
    "name": ("RFC 5322 §3.4: what stands in front of the brackets is the display name", None),
    "twice": ("RFC 5322 §3.6: may stand once; the first counts, as with Content-* fields; Dovecot takes the last", None),
    "no blank line": ("RFC 5322 §2.1, §2.2: what is no field ends the header section and is the body's first line; Dovecot looks for a "
                      "blank line and calls all in front of it header", None),
    "no type": ("RFC 2045 §6.1, §8, RFC 2183 §2, RFC 3282 §2: these fields need no Content-Type beside them", None),
    "malformed type": ("RFC 2045 §5.2: a Content-Type with a malformed value is text/plain; Dovecot says \"\" \"\" or \"text\" \"\"", None),
    "semicolon": ("RFC 2045 §5.1: a semicolon too few or too many leaves no doubt where a parameter begins; Dovecot stops there", None),
    "unquoted": ("RFC 2045 §5.1: such a value must be quoted, and where it is not all up to the semicolon is meant", None),
    "bare name": ("RFC 2045 §5.1: a parameter has a value; one without is passed over, and not what follows it", None),
    "repeated": ("RFC 2045 §5.1: a parameter's name stands for one value: the first", None),
    "coded": ("RFC 2231 §7 (attribute-char): ' must be percent-encoded in a coded value", None),
    "disposition": ("RFC 2183 §2: a type must be there; §2.8: one that is not understood is attachment", None),
    "last CR": ("RFC 3501 §2.3.4: a message's octets are kept as they are; Dovecot drops a CR at its end", None),
    "no parts": ("RFC 2046 §5.1.1: a multipart has a boundary and at least one part; where it has not its text is shown, as text/plain "
                 "(RFC 2045 §5.2); Dovecot shows an empty part instead", None),
    "boundary": ("RFC 2046 §5.1.1: at most 70 octets, without blanks at the end; longer ones are compared whole up to 1,000, and blanks "
                 "at the end are a gateway's; Dovecot compares 80 octets, blanks too, and takes ':' and '=' without quotes for the end", None),
    "doubled": ("RFC 2046 §5.1.1: the line end in front of a delimiter belongs to it, so that nothing, not even an empty part, stands "
                "between two adjacent ones", None),
    "last line end": ("RFC 2046 §5.1.1: the line end in front of a delimiter belongs to it; Dovecot counts it to the message", None),
}


class Difference(NamedTuple):
    message: str
    field: str
    ours: Any
    dovecots: Any
    reason: str

    def explains(self, ours, dovecots):
        relation = REASONS[self.reason][1]
        return relation(ours, dovecots) if relation else (self.ours, self.dovecots) == (ours, dovecots)


DIFFERENCES = [Difference(*row) for row in (
    ("addresses without a domain", "envelope cc", None, None, "no domain"),
    ("addresses without a domain", "envelope from", None, None, "no domain"),
    ("addresses without a domain", "envelope to", None, None, "no domain"),
    ("stray commas", "envelope to", [[None, None, b"a", b"b.test"], [None, None, b"c", b"d.test"]],
     [[None, None, b"MISSING_MAILBOX", b"MISSING_DOMAIN"], [None, None, b"MISSING_MAILBOX", b"MISSING_DOMAIN"], [None, None, b"a", b"b.test"], [None, None, b"MISSING_MAILBOX", b"MISSING_DOMAIN"], [None, None, b"c", b"d.test"]],
     "null address"),
    ("brackets that do not match", "envelope cc", [[None, None, b"joe", b"a.test"]],
     [[None, None, b"MISSING_MAILBOX", b"SYNTAX_ERROR"]], "bracket"),
    ("brackets that do not match", "envelope from", [[b"Joe", None, b"joe", b"a.test"]],
     [[b"Joe", None, b"joe", b"SYNTAX_ERROR"]], "bracket"),
    ("brackets that do not match", "envelope to", [[b"Joe", None, b"joe", b"a.test"]],
     [[b"Joe joe", None, b"MISSING_MAILBOX", b"MISSING_DOMAIN"]], "bracket"),
    ("names with dots and at signs", "envelope to", [[b"joe@a.test", None, b"joe", b"a.test"]], [[None, None, b"joe", b"a.test"]],
     "name"),
    ("raw UTF-8", "envelope from", None, None, "8-bit"),
    ("raw UTF-8", "envelope subject", None, None, "8-bit"),
    ("raw UTF-8", "envelope to", None, None, "8-bit"),
    ("raw Latin-1", "envelope from", None, None, "8-bit"),
    ("raw Latin-1", "envelope subject", None, None, "8-bit"),
    ("raw octets in an encoded word", "envelope subject", None, None, "8-bit"),
    ("folded fields", "envelope message-id", None, None, "folds"),
    ("folded fields", "envelope subject", None, None, "folds"),
    ("folded in front of more white space", "envelope subject", None, None, "folds"),
    ("white space at the ends", "envelope date", None, None, "folds"),
    ("fields that stand twice", "envelope date", b"Mon, 7 Feb 1994 21:52:25 -0800", b"Tue, 8 Feb 1994 21:52:25 -0800", "twice"),
    ("fields that stand twice", "envelope message-id", b"<1@b.test>", b"<2@b.test>", "twice"),
    ("fields that stand twice", "envelope subject", b"one", b"two", "twice"),
    ("a body instead of a header", "part lines", b"4", b"1", "no blank line"),
    ("a body instead of a header", "part size", b"41", b"7", "no blank line"),
    ("a blank in the blank line", "part lines", b"3", b"1", "no blank line"),
    ("a blank in the blank line", "part size", b"36", b"4", "no blank line"),
    ("type without a subtype", "part subtype", b"plain", b"", "malformed type"),
    ("type without a subtype, with parameters", "part lines", b"1", "absent", "malformed type"),
    ("type without a subtype, with parameters", "part parameters", [(b"charset", b"utf-8")], None, "malformed type"),
    ("type without a subtype, with parameters", "part subtype", b"plain", b"", "malformed type"),
    ("type without a subtype, with parameters", "part type", b"text", b"", "malformed type"),
    ("empty type", "part lines", b"1", "absent", "malformed type"),
    ("empty type", "part parameters", [(b"charset", b"us-ascii")], None, "malformed type"),
    ("empty type", "part subtype", b"plain", b"", "malformed type"),
    ("empty type", "part type", b"text", b"", "malformed type"),
    ("type that is none", "part lines", b"1", "absent", "malformed type"),
    ("type that is none", "part parameters", [(b"charset", b"us-ascii")], None, "malformed type"),
    ("type that is none", "part subtype", b"plain", b"", "malformed type"),
    ("type that is none", "part type", b"text", b"", "malformed type"),
    ("type that is prose", "part lines", b"1", "absent", "malformed type"),
    ("type that is prose", "part parameters", [(b"charset", b"us-ascii")], None, "malformed type"),
    ("type that is prose", "part subtype", b"plain", b"", "malformed type"),
    ("type that is prose", "part type", b"text", b"", "malformed type"),
    ("comments in a type", "part parameters", [(b"charset", b"(is)us-ascii")], [(b"charset", b"us-ascii")], "unquoted"),
    ("semicolons too many", "part parameters", [(b"charset", b"utf-8"), (b"format", b"flowed")], [(b"charset", b"us-ascii")],
     "semicolon"),
    ("a semicolon missing", "part parameters", [(b"charset", b"utf-8"), (b"delsp", b"yes"), (b"format", b"flowed")],
     [(b"charset", b"utf-8"), (b"delsp", b"yes")], "semicolon"),
    ("no semicolon behind the type", "part lines", b"1", "absent", "semicolon"),
    ("no semicolon behind the type", "part parameters", [(b"charset", b"utf-8")], None, "semicolon"),
    ("no semicolon behind the type", "part subtype", b"html", b"", "semicolon"),
    ("no semicolon behind the type", "part type", b"text", b"", "semicolon"),
    ("a file name without quotes", "part disposition", [b"attachment", [(b"filename", b"my own file.pdf"), (b"size", b"3")]],
     [b"attachment", [(b"filename", b"my"), (b"size", b"3")]], "unquoted"),
    ("a file name without quotes", "part parameters", [(b"name", b"my own file.pdf")], [(b"name", b"my")], "unquoted"),
    ("a quote that is not closed", "part parameters", [(b"charset", b"utf-8")], [(b"charset", b"us-ascii")], "unquoted"),
    ("parameters that stand twice", "part parameters", [(b"charset", b"utf-8")],
     [(b"charset", b"us-ascii"), (b"charset", b"utf-8")], "repeated"),
    ("a parameter without a value", "part parameters", [(b"charset", b"us-ascii"), (b"format", b"flowed")],
     [(b"charset", b"us-ascii")], "bare name"),
    ("RFC 2231 continued and coded", "part parameters",
     [(b'title*', b"us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it!")],
     [(b'title*', b"us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn't it!")], "coded"),
    ("raw UTF-8 in parameters", "part parameters", None, None, "8-bit"),
    ("disposition without a value", "part disposition", [b"attachment", [(b"filename", b"a.png")]],
     [b"", [(b"filename", b"a.png")]], "disposition"),
    ("content fields without a type", "part description", b"x", None, "no type"),
    ("content fields without a type", "part disposition", [b"inline", None], None, "no type"),
    ("content fields without a type", "part encoding", b"base64", b"7bit", "no type"),
    ("content fields without a type", "part language", [b"de"], None, "no type"),
    ("a CR at the end", "part size", b"6", b"5", "last CR"),
    ("no boundary parameter", "part shape", "text/plain 19", "mixed(text/plain 0)", "no parts"),
    ("an empty boundary", "part shape", "text/plain 17", "mixed(text/plain 3)", "no parts"),
    ("no delimiter", "part shape", "text/plain 24", "mixed(text/plain 0)", "no parts"),
    ("no delimiter and no body", "part shape", "text/plain 0", "mixed(text/plain 0)", "no parts"),
    ("a close delimiter only", "part shape", "text/plain 17", "mixed(text/plain 0)", "no parts"),
    ("the boundary in another case", "part shape", "text/plain 23", "mixed(text/plain 0)", "no parts"),
    ("a boundary without its quotes", "part shape", "mixed(text/plain 3)", "mixed(text/plain 3, text/plain 0)", "boundary"),
    ("no semicolon before the boundary", "part shape", "mixed(text/plain 3)", "/ 19", "semicolon"),
    ("doubled delimiters", "part shape", "mixed(text/plain 3, text/plain 3)",
     "mixed(text/plain 0, text/plain 3, text/plain 0, text/plain 3)", "doubled"),
    ("no blank line in a part", "part.1 lines", b"1", b"0", "no blank line"),
    ("no blank line in a part", "part.1 size", b"33", b"0", "no blank line"),
    ("no blank line in a part", "part.2 size", b"14", b"0", "no blank line"),
    ("no blank line before the first delimiter", "part.1 size", b"3", b"0", "no blank line"),
    ("a multipart at a message's end", 'part.1 lines', b'7', b'8', 'last line end'),
    ("a multipart at a message's end", 'part.1 size', b'95', b'97', 'last line end'),
    ("a message without a header", "part.1 lines", b"0", b"1", "last line end"),
    ("a message without a header", "part.1 size", b"18", b"20", "last line end"),
    ("a message without a header", "part.1.1 size", b"18", b"0", "no blank line"),
    ("a message without a body", "part.1 lines", b"1", b"2", "last line end"),
    ("a message without a body", "part.1 size", b"31", b"33", "last line end"),
    ("a message in base64", "part.1 lines", b"0", b"1", "last line end"),
    ("a message in base64", "part.1 size", b"16", b"18", "last line end"),
    ("a message in base64", "part.1.1 size", b"16", b"0", "no blank line"),
    ("mail-parser/legacy-009.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-009.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-010.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-010.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-015.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-015.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-016.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-016.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-016.eml", "part.3 disposition", None, None, "8-bit"),
    ("mail-parser/legacy-016.eml", "part.3 parameters", None, None, "8-bit"),
    ("mail-parser/legacy-017.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-018.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-018.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-020.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-020.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-022.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-022.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-023.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-023.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-023.eml", "part.4 disposition", None, None, "8-bit"),
    ("mail-parser/legacy-024.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-024.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-025.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-025.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-026.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-026.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-026.eml", "part.2 disposition", None, None, "8-bit"),
    ("mail-parser/legacy-026.eml", "part.2 parameters", None, None, "8-bit"),
    ("mail-parser/legacy-027.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-027.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-049.eml", "part size", b"6584", b"6583", "last CR"),
    ("mail-parser/legacy-050.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-050.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-051.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-051.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/legacy-052.eml", "envelope subject", None, None, "8-bit"),
    ("mail-parser/legacy-052.eml", "envelope to", None, None, "8-bit"),
    ("mail-parser/malformed-000.eml", "part shape", "mixed(text/plain 0, text/plain 0, text/html 0)",
     "mixed(text/plain 0, text/plain 0, text/plain 0, text/html 0)", "doubled"),
    ("mail-parser/malformed-001.eml", "part.1 shape", "text/plain 0", "mixed(text/plain 0)", "no parts"),
    ("mail-parser/malformed-002.eml", "part shape", "text/plain 6", "mixed(text/plain 0)", "no parts"),
    ("mail-parser/malformed-007.eml", "part.1 shape", "text/plain 0", "mixed(text/plain 0)", "no blank line"),
    ("mail-parser/malformed-016.eml", "part shape", "mixed(mixed(mixed(text/plain 1)), text/plain 240)",
     "mixed(mixed(mixed(text/plain 1, text/plain 2, text/plain 3, text/plain 6)))", "boundary"),
    ("mail-parser/malformed-017.eml", "part shape", "mixed(image/png 16)", "/ 197", "semicolon"),
    ("mail-parser/malformed-019.eml", "envelope date", b"Tue, 7 Apr 2026 10:00:t <rimap-test@example.test>",
     b"Tue, 7 Apr 2026 10:00:01 +0000", "twice"),
    ("mail-parser/malformed-019.eml", "part.4 lines", b"1", b"0", "no blank line"),
    ("mail-parser/malformed-019.eml", "part.4 size", b"44", b"0", "no blank line"),
    ("mail-parser/malformed-019.eml", "part.5.2.1 lines", b"1", b"0", "no blank line"),
    ("mail-parser/malformed-019.eml", "part.5.2.1 size", b"24", b"0", "no blank line"),
    ("mail-parser/malformed-019.eml", "part.5.2.2 lines", b"1", b"0", "no blank line"),
    ("mail-parser/malformed-019.eml", "part.5.2.2 size", b"13", b"0", "no blank line"),
    ("mail-parser/malformed-022.eml", "part.2 lines", b"0", b"1", "last line end"),
    ("mail-parser/malformed-022.eml", "part.2 size", b"42", b"44", "last line end"),
    ("mail-parser/malformed-022.eml", "part.2.1 size", b"42", b"0", "no blank line"),
    ("mail-parser/rfc-001.eml", "envelope from", None, None, "no domain"),
    ("mail-parser/rfc-001.eml", "envelope to", None, None, "no domain"),
    ("mail-parser/rfc-001.eml", "part.3 parameters",
     [(b"access-type", b"mail-server"), (b"expiration", b"Fri, 14 Jun 1991 19:13:14 -0400 (EDT)"), (b"server", b"listserv@bogus.bitnet")],
     [(b"access-type", b"mail-server"), (b"expiration", b"Fri, 14 Jun 1991 19:13:14 -0400 (EDT)")], "semicolon"),
    ("mail-parser/rfc-004.eml", "envelope from", None, None, "no domain"),
    ("mail-parser/rfc-004.eml", "envelope to", None, None, "no domain"),
    ("mail-parser/rfc-004.eml", "part.2.1 envelope.from", None, None, "no domain"),
    ("mail-parser/rfc-004.eml", "part.2.2 envelope.from", None, None, "no domain"),
    ("mail-parser/rfc-008.eml", "part.2 lines", b"15", b"16", "last line end"),
    ("mail-parser/rfc-008.eml", "part.2 size", b"1194", b"1196", "last line end"),
    ("mail-parser/rfc-008.eml", "part.2.1 lines", b"15", b"0", "no blank line"),
    ("mail-parser/rfc-008.eml", "part.2.1 size", b"1194", b"0", "no blank line"),
    ("mail-parser/rfc-009.eml", "part.2 envelope.from", None, None, "no domain"),
    ("mail-parser/thirdparty-007.eml", "envelope from", None, None, "no domain"),
    ("mail-parser/thirdparty-007.eml", "part.3 lines", b"14", b"15", "last line end"),
    ("mail-parser/thirdparty-007.eml", "part.3 size", b"332", b"334", "last line end"),
    ("mail-parser/thirdparty-015.eml", "part.2 lines", b"44", b"45", "last line end"),
    ("mail-parser/thirdparty-015.eml", "part.2 size", b"2231", b"2233", "last line end"),
    ("mail-parser/thirdparty-015.eml", "part.2.1 shape", "text/plain 0", "alternative(text/plain 0)", "no parts"),
    ("mail-parser/thirdparty-015.eml", "part.3 lines", b"49", b"50", "last line end"),
    ("mail-parser/thirdparty-015.eml", "part.3 size", b"2429", b"2431", "last line end"),
    ("mail-parser/thirdparty-015.eml", "part.3.1 shape", "text/plain 0", "alternative(text/plain 0)", "no parts"),
    ("mail-parser/thirdparty-015.eml", "part.4.1 lines", b"56", b"13", "no blank line"),
    ("mail-parser/thirdparty-015.eml", "part.4.1 size", b"2415", b"692", "no blank line"),
    ("mime4j/2002_06_12_doublebound.msg", "part shape", "mixed(text/plain 110, text/html 10957)",
     "mixed(text/plain 110, text/plain 0, text/html 10957)", "doubled"),
    ("mime4j/bad-newlines-multiple-parts-base64.msg", "part.1 lines", b"7", b"0", "no blank line"),
    ("mime4j/bad-newlines-multiple-parts-base64.msg", "part.1 size", b"462", b"0", "no blank line"),
    ("mime4j/badbound.msg", "part shape", "text/plain 4481", "mixed(text/plain 0)", "no parts"),
    ("mime4j/base64encoded-rfc822message-nested.msg", "part.1 lines", b"6", b"0", "no blank line"),
    ("mime4j/base64encoded-rfc822message-nested.msg", "part.1 size", b"380", b"0", "no blank line"),
    ("mime4j/base64encoded-rfc822message.msg", "part.1 lines", b"3", b"0", "no blank line"),
    ("mime4j/base64encoded-rfc822message.msg", "part.1 size", b"130", b"0", "no blank line"),
    ("mime4j/basic-plain-very-long-lines.msg", "envelope cc", None, None, "no domain"),
    ("mime4j/basic-plain-with-bad-header-separator.msg", "envelope cc", None, None, "no domain"),
    ("mime4j/basic-plain-with-bad-header-separator.msg", "envelope date", None, None, "folds"),
    ("mime4j/basic-plain-with-bad-header-separator.msg", "part lines", b"5", b"1", "no blank line"),
    ("mime4j/basic-plain-with-bad-header-separator.msg", "part size", b"177", b"33", "no blank line"),
    ("mime4j/basic-plain.msg", "envelope cc", None, None, "no domain"),
    ("mime4j/bluedot-postcard.msg", "envelope to", None, None, "no domain"),
    ("mime4j/double-bound.msg", "envelope sender", None, None, "no domain"),
    ("mime4j/double-bound.msg", "part shape",
     "mixed(text/html 251, text/html 23, text/plain 0, text/html 23, text/html 0, text/html 0, text/html 0, image/gif 488)",
     "mixed(text/plain 0, text/html 251, text/plain 0, text/html 23, text/plain 0, text/html 23, text/html 0, text/html 0, text/html 0, image/gif 488)",
     "doubled"),
    ("mime4j/double-semicolon.msg", "part shape", "alternative(text/plain 17, text/plain 16)", "alternative(text/plain 0)",
     "semicolon"),
    ("mime4j/dup-names.msg", "envelope sender", None, None, "no domain"),
    ("mime4j/frag.msg", "envelope subject", None, None, "folds"),
    ("mime4j/frag.msg", "part.2 envelope.subject", None, None, "folds"),
    ("mime4j/frag.msg", "part.2.1.2 envelope.subject", None, None, "folds"),
    ("mime4j/frag.msg", "part.2.1.2.1.2 envelope.subject", None, None, "folds"),
    ("mime4j/hdr-fakeout.msg", "part lines", b"3", b"0", "no blank line"),
    ("mime4j/hdr-fakeout.msg", "part size", b"89", b"0", "no blank line"),
    ("mime4j/malformedHeader-noheader.msg", "part lines", b"2", b"0", "no blank line"),
    ("mime4j/malformedHeader-noheader.msg", "part size", b"92", b"0", "no blank line"),
    ("mime4j/malformedHeaderStartsBody-noheader.msg", "part lines", b"2", b"0", "no blank line"),
    ("mime4j/malformedHeaderStartsBody-noheader.msg", "part size", b"92", b"0", "no blank line"),
    ("mime4j/missing-boundary.msg", "part shape", "text/plain 7", "alternative(text/plain 0)", "no parts"),
    ("mime4j/missing-inner-boundary.msg", "part.2 shape", "text/plain 5", "alternative(text/plain 0)", "no parts"),
    ("mime4j/missing-inner-start-boundary.msg", "part.2 shape", "text/plain 25", "alternative(text/plain 0)", "no parts"),
    ("mime4j/multi-2evil.msg", "envelope sender", None, None, "no domain"),
    ("mime4j/multi-2gifs-base64.msg", "part.1 lines", b"44", b"0", "no blank line"),
    ("mime4j/multi-2gifs-base64.msg", "part.1 size", b"3256", b"0", "no blank line"),
    ("mime4j/multi-2gifs.msg", "envelope sender", None, None, "no domain"),
    ("mime4j/multi-digest.msg", "part.2.1 subtype", b"plain", b"", "malformed type"),
    ("mime4j/multi-weirdspace.msg", "envelope sender", None, None, "no domain"),
    ("mime4j/multipartnopart.msg", "part shape", "text/plain 115", "mixed(text/plain 0)", "no parts"),
    ("mime4j/obsolete.msg", "envelope subject", None, None, "folds"),
    ("mime4j/re-fwd.msg", "envelope from", None, None, "no domain"),
    ("mime4j/re-fwd.msg", "envelope to", None, None, "no domain"),
    ("mime4j/re-fwd.msg", "part envelope.from", None, None, "no domain"),
    ("mime4j/re-fwd.msg", "part envelope.to", None, None, "no domain"),
    ("mime4j/re-fwd.msg", "part.1 envelope.from", None, None, "no domain"),
    ("mime4j/re-fwd.msg", "part.1 envelope.to", None, None, "no domain"),
    ("mime4j/simple.msg", "envelope cc", None, None, "no domain"),
    ("mime4j/uu-zeegee.msg", "envelope from", None, None, "no domain"),
    ("mime4j/uu-zeegee.msg", "envelope to", None, None, "no domain"),
    ("mime4j/very-long-boundary.msg", "part shape", "mixed(text/plain 9, text/plain 102)",
     "mixed(text/plain 9, text/plain 0, text/plain 0)", "boundary"),
    ("mime4j/very-very-long-boundary.msg", "part shape", "text/plain 21228", "mixed(text/plain 9, text/plain 0, text/plain 0)",
     "boundary"),
    ("mime4j/weird-boundary.msg", "part shape", "mixed(text/plain 9, text/plain 102)", "mixed(text/plain 186)", "boundary"),
)]
