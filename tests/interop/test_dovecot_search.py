"""SEARCH finds what Dovecot finds: every word anywhere in a message, by TEXT and by BODY. RFC 9051 §6.4.4.

Both servers are given the same message, and each word is looked for on both. Where we differ on purpose stands, with the reason, in DIFFERENCES: what is not listed there fails,
and what is listed and no longer differs fails too.
"""
import unittest

from tests.support.dovecot import Dovecot
from tests.support.imap import Imap
from tests.support.mailstead import Mailstead

BOB, PASSWORD = "bob@hamburger.edu", "hungry"

MIXED = b"""From: Alice <alice@crepes.fr>
To: bob@hamburger.edu
Subject: outersubject
X-Note: outernote
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=bb

preambleword
--bb
Content-Type: text/plain; name="plainname.txt"
X-Part: partfield

plainbody
--bb
Content-Type: text/html; charset=utf-8

<p>htmlbody <b>spl</b>it</p>
--bb
Content-Type: application/pdf; name="=?utf-8?q?n=C3=A4me2047.pdf?="
Content-Disposition: attachment; filename*=utf-8''n%C3%A4me2231.pdf
Content-Description: described

pdfcontent
--bb
Content-Type: application/zip
Content-Disposition: attachment; filename="attached.zip"
Content-Transfer-Encoding: base64

emlwY29udGVudA==
--bb
Content-Type: message/delivery-status

Reporting-MTA: dns; statusword

Final-Recipient: rfc822; failedrecipient@x
--bb
Content-Type: message/disposition-notification

Original-Message-ID: <receiptword@x>
--bb
Content-Type: text/rfc822-headers

Subject: headersword
--bb
Content-Type: text/calendar
Content-Transfer-Encoding: base64

Y2FsZW5kYXJ3b3Jk
--bb
Content-Type: message/rfc822

From: nestedfrom@x
Subject: =?utf-8?q?nested=2Dsubject?=
Content-Type: multipart/mixed; boundary=cc

--cc
Content-Type: text/plain; name=innername
Content-Transfer-Encoding: quoted-printable

inner=
body
--cc
Content-Type: text/x-unheard-of

unheardword
--cc--
--bb--
epilogueword
""".replace(b"\n", b"\r\n")

WORDS = ("outersubject outernote alice@crepes.fr preambleword plainname.txt partfield plainbody htmlbody split näme2047.pdf näme2231.pdf "
         "described pdfcontent attached.zip zipcontent statusword failedrecipient receiptword headersword calendarword nestedfrom "
         "nested-subject innername innerbody unheardword epilogueword application/pdf nowhereatall").split()

# (word, key): what we say, and why.
DIFFERENCES = {
    ("split", "BODY"): (True, "HTML is its words: markup parts none"),
    ("split", "TEXT"): (True, "HTML is its words: markup parts none"),
    ("näme2231.pdf", "TEXT"): (True, "parameters are decoded (RFC 2231 §4)"),
    ("nestedfrom", "BODY"): (True, "a message within is body, its header section too (RFC 2046 §5.2.1)"),
    ("nested-subject", "BODY"): (True, "a message within is body, its header section too (RFC 2046 §5.2.1)"),
}


def found(imap):
    """(word, key) → whether it is found."""
    return {(word, key): imap.ok(f"SEARCH CHARSET UTF-8 {key} {{}}", word.encode()).untagged == [b"* SEARCH 1\r\n"]
            for word in WORDS for key in ("TEXT", "BODY")}


class Search(unittest.TestCase):
    maxDiff = None

    def filled(self, address, port):
        imap = Imap(address, port)
        imap.login(BOB, PASSWORD)
        imap.ok("APPEND INBOX {}", MIXED)
        imap.ok("SELECT INBOX")
        return imap

    def test_search(self):
        with Dovecot({BOB: PASSWORD}) as peer, self.filled("127.0.0.1", peer.port) as imap:
            theirs = found(imap)
        with Mailstead(["hamburger.edu"], {BOB: PASSWORD}) as server, self.filled("127.0.0.1", server.port("imap")) as imap:
            ours = found(imap)
        expected = theirs | {row: ours_is for row, (ours_is, _) in DIFFERENCES.items()}
        self.assertEqual(expected, ours)
        self.assertEqual([], [row for row, (ours_is, _) in DIFFERENCES.items() if theirs[row] == ours_is], "listed, and does not differ")
        self.assertFalse(ours[("nowhereatall", "TEXT")])


if __name__ == "__main__":
    unittest.main()
