"""Mail from outside, signed by Debian's python3-dkim, judged by SPF, DKIM, ARC and DMARC over a DNS of the test's own: what
stands in the header, what is refused, what goes to Junk, and what `mailstead trace` tells. RFC 8601, RFC 9989, RFC 8617.

In a network of its own: knot serves the zones at 127.0.0.1, Mailstead is mx.here.test at 127.0.0.2.
"""
import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
import base64  # noqa: E402
import imaplib  # noqa: E402
import json  # noqa: E402
import pathlib  # noqa: E402
import smtplib  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import unittest  # noqa: E402

import dkim  # noqa: E402

from tests.support.mailstead import Mailstead  # noqa: E402
from tests.support.zones import Zones  # noqa: E402

BOB = "bob@here.test"
FIELDS = [b"From", b"To", b"Subject", b"Date", b"Message-ID"]


def openssl(*words, given=None):
    return subprocess.run(["openssl", *words], input=given, capture_output=True, check=True).stdout


def txt(text):
    return " ".join(f'"{text[at:at + 200]}"' for at in range(0, len(text), 200))


class Judging(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-judging-"))
        cls.directory.chmod(0o755)
        private = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        cls.key = openssl("rsa", "-traditional", given=private)
        public = base64.b64encode(openssl("pkey", "-pubout", "-outform", "DER", given=private)).decode()
        key = "s1._domainkey TXT " + txt(f"v=DKIM1; k=rsa; p={public}")
        cls.zones = Zones(cls.directory / "zones")
        cls.addClassCleanup(cls.zones.stop)
        cls.zones.put("here.test", ["@ MX 10 mx", "mx A 127.0.0.2"])
        cls.zones.put("signing.test", [key, '_dmarc TXT "v=DMARC1; p=reject"', '@ TXT "v=spf1 ip4:192.0.2.1 -all"'])
        cls.zones.put("listed.test", ['@ TXT "v=spf1 ip4:127.0.0.0/8 -all"', '_dmarc TXT "v=DMARC1; p=reject"'], signed=False)
        cls.zones.put("junk.test", ['_dmarc TXT "v=DMARC1; p=quarantine"'])
        cls.zones.put("lists.test", [key, '@ TXT "v=spf1 ip4:127.0.0.0/8 -all"'])
        cls.zones.put("bare.test", ['@ TXT "v=spf1 ip4:127.0.0.0/8 -all"'], signed=False)
        cls.zones.publish()
        cls.server = Mailstead(["here.test"], {BOB: "hungry"}, address="127.0.0.2", hostname="mx.here.test",
                               config=f'[dns]\nservers = ["127.0.0.1"]\ntrust_anchor = "{cls.zones.anchor}"\n'
                                      '[mail]\ntrusted_sealers = ["lists.test"]\n').start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)

    def message(self, domain, number, more=""):
        return (f"{more}From: Alice <alice@{domain}>\r\nTo: {BOB}\r\nSubject: secret {number}\r\n"
                f"Date: Mon, 30 Nov 2026 12:00:00 +0000\r\nMessage-ID: <{number}@{domain}>\r\n\r\nketchup\r\n").encode()

    def signed(self, message, domain):
        return dkim.sign(message, b"s1", domain.encode(), self.key, include_headers=FIELDS) + message

    def send(self, message, sender, to=BOB):
        with smtplib.SMTP("127.0.0.2", self.server.port("smtp"), timeout=60) as smtp:
            smtp.sendmail(sender, [to], message)

    def refusal(self, message, sender, to=BOB):
        with self.assertRaises(smtplib.SMTPDataError) as caught:
            self.send(message, sender, to)
        return caught.exception.smtp_code, caught.exception.smtp_error.decode()

    def stored(self, message_id, mailbox="INBOX"):
        with imaplib.IMAP4("127.0.0.2", self.server.port("imap")) as imap:
            imap.starttls()
            imap.login(BOB, "hungry")
            imap.select(mailbox, readonly=True)
            numbers = imap.search(None, "HEADER", "Message-ID", message_id)[1][0].split()
            self.assertEqual(1, len(numbers), f"{message_id} in {mailbox}")
            return imap.fetch(numbers[0], "(BODY.PEEK[])")[1][0][1].decode()

    def results(self, content):
        """Our field, unfolded."""
        unfolded = content.replace("\r\n\t", " ").replace("\r\n ", " ")
        fields = [line for line in unfolded.split("\r\n\r\n")[0].split("\r\n") if line.startswith("Authentication-Results:")]
        ours = [field for field in fields if field.split(":")[1].strip().startswith("mx.here.test;")]
        self.assertEqual(1, len(ours), fields)
        return ours[0], fields

    def test_signed_mail_passes_and_says_so(self):
        forged = "Authentication-Results: mx.here.test; dmarc=pass header.from=bank.test\r\n"
        others = "Authentication-Results: elsewhere.test; spf=pass\r\n"
        self.send(self.signed(self.message("signing.test", 1, forged + others), "signing.test"), "alice@signing.test")
        field, all_fields = self.results(self.stored("<1@signing.test>"))
        for words in ("spf=fail", "smtp.mailfrom=signing.test", "dkim=pass", "header.d=signing.test", "header.s=s1", "dmarc=pass",
                      "header.from=signing.test", "arc=none", "iprev="):
            self.assertIn(words, field)
        self.assertEqual(2, len(all_fields))
        self.assertNotIn("bank.test", "".join(all_fields))

    def test_a_changed_message_is_refused_with_words(self):
        changed = self.signed(self.message("signing.test", 2), "signing.test").replace(b"ketchup", b"poison!")
        code, text = self.refusal(changed, "alice@signing.test")
        self.assertEqual(550, code)
        self.assertTrue(text.startswith("5.7.1 "), text)
        self.assertIn("signing.test", text)
        self.assertIn("DKIM fail", text)
        told = self.server.run("trace", "2@signing.test")
        self.assertIn("refused", told)
        self.assertIn("dmarc=fail", told)
        self.assertNotIn("secret", told)

    def test_a_client_that_may_send_passes(self):
        self.send(self.message("listed.test", 3), "alice@listed.test")
        field, _ = self.results(self.stored("<3@listed.test>"))
        for words in ("spf=pass", "dkim=none", "dmarc=pass"):
            self.assertIn(words, field)

    def test_a_null_reverse_path_is_judged_by_helo(self):
        with smtplib.SMTP("127.0.0.2", self.server.port("smtp"), timeout=60, local_hostname="listed.test") as smtp:
            smtp.sendmail("", [BOB], self.message("listed.test", 4))
        field, _ = self.results(self.stored("<4@listed.test>"))
        self.assertIn("smtp.helo=listed.test", field)

    def test_quarantine_goes_to_junk(self):
        self.send(self.message("junk.test", 5), "alice@junk.test")
        field, _ = self.results(self.stored("<5@junk.test>", "Junk"))
        self.assertIn("dmarc=fail", field)
        entry = json.loads(self.server.run("trace", "5@junk.test", "--json"))[0]
        self.assertEqual("accepted", entry["outcome"])
        self.assertEqual([("Junk", BOB)], [(one["mailbox"], one["account"]) for one in entry["filed"]])

    def test_a_domain_may_only_observe(self):
        self.server.run("domain", "policy", "here.test", "--dmarc", "observe")
        try:
            self.send(self.message("signing.test", 7), "alice@signing.test")
        finally:
            self.server.run("domain", "policy", "here.test", "--dmarc", "default")
        self.assertIn("dmarc=fail", self.results(self.stored("<7@signing.test>"))[0])
        self.assertEqual(550, self.refusal(self.message("signing.test", 8), "alice@signing.test")[0])

    def test_a_list_that_was_filed_counts(self):
        listed = "List-Id: Cooks <cooks.lists.test>\r\n"
        self.assertEqual(550, self.refusal(self.message("signing.test", 9, listed), "bounces@lists.test")[0])
        self.send(self.message("plain.test", 10, listed), "bounces@lists.test")
        with imaplib.IMAP4("127.0.0.2", self.server.port("imap")) as imap:
            imap.starttls()
            imap.login(BOB, "hungry")
            imap.create("Cooks")
            imap.select("INBOX")
            number = imap.search(None, "HEADER", "Message-ID", "<10@plain.test>")[1][0].decode()
            self.assertEqual("OK", imap.xatom("MOVE", number, "Cooks")[0])
        self.send(self.message("signing.test", 11, listed), "bounces@lists.test")
        self.assertIn("dmarc=fail", self.results(self.stored("<11@signing.test>"))[0])
        self.assertEqual(550, self.refusal(self.message("signing.test", 12, listed), "a@listed.test")[0])

    def test_a_member_of_our_list_proves_its_domain(self):
        self.server.run("list", "add", "dev@here.test", "alice@bare.test", BOB, "--owner", BOB)
        self.send(self.message("bare.test", 13), "alice@bare.test", "dev@here.test")
        self.stored("<13@bare.test>")
        code, text = self.refusal(self.message("bare.test", 14), "mallory@listed.test", "dev@here.test")
        self.assertEqual(550, code)
        self.assertIn("neither SPF nor DKIM shows that this message is from bare.test", text)

    def test_a_trusted_list_is_believed(self):
        passed_on = self.signed(self.message("signing.test", 6), "signing.test").replace(b"ketchup", b"ketchup, says the list")
        passed_on = b"Authentication-Results: lists.test; dmarc=pass header.from=signing.test\r\n" + passed_on
        chain = dkim.arc_sign(passed_on, b"s1", b"lists.test", self.key, b"lists.test",
                              include_headers=[b"from", b"to", b"subject", b"date", b"message-id"])
        self.send(b"".join(chain) + passed_on, "bounces@lists.test")
        field, _ = self.results(self.stored("<6@signing.test>"))
        for words in ("dkim=fail", "dmarc=fail", "arc=pass"):
            self.assertIn(words, field)
        broken = b"".join(chain) + passed_on.replace(b"says the list", b"says nobody..")
        self.assertEqual(550, self.refusal(broken.replace(b"<6@", b"<7@"), "bounces@lists.test")[0])


if __name__ == "__main__":
    unittest.main()
