"""Postfix as the other mail server, both directions, over MX records that dnsmasq serves. In a network of its own.

Mailstead is mx.mailstead.test at 127.0.0.2, Postfix mx.postfix.test at 127.0.0.3, dnsmasq listens at 127.0.0.1.
"""
import imaplib
import pathlib
import smtplib
import subprocess
import tempfile
import unittest

import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
from tests.support import postfix  # noqa: E402
from tests.support.mailstead import Mailstead, greets, wait_for  # noqa: E402
from tests.support.postfix import sh  # noqa: E402

BOB = "bob@mailstead.test"
PORTS = dict(smtp=25, submission=587, submissions=465, imap=143, imaps=993, pop3=110, pop3s=995, http=80, https=443)


class Postfix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-postfix-"))
        cls.directory.chmod(0o755)
        sh("ip", "address", "add", "127.0.0.3/8", "dev", "lo")  # Postfix listens only where an interface has the address
        resolv = cls.directory / "resolv.conf"
        resolv.write_text("nameserver 127.0.0.1\n")
        sh("mount", "--bind", resolv, "/etc/resolv.conf")
        cls.start_dns()
        cls.server = Mailstead(["mailstead.test"], {BOB: "hungry"}, address="127.0.0.2", hostname="mx.mailstead.test", ports=PORTS,
                               config='[dns]\nservers = ["127.0.0.1@53"]\n'
                                      '[queue]\ndestination_networks = ["127.0.0.0/8"]\nschedule = ["1s", "1s", "1s"]\n').start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.start_postfix()

    @classmethod
    def start_dns(cls):
        config = cls.directory / "dnsmasq.conf"
        config.write_text("""no-resolv
no-hosts
listen-address=127.0.0.1
bind-interfaces
mx-host=mailstead.test,mx.mailstead.test,10
mx-host=postfix.test,mx-down.postfix.test,5
mx-host=postfix.test,mx.postfix.test,10
address=/mx.mailstead.test/127.0.0.2
address=/mx-down.postfix.test/127.0.0.9
address=/mx.postfix.test/127.0.0.3
address=/test/
""")
        dns = subprocess.Popen(["dnsmasq", "--keep-in-foreground", "--user=root", "--pid-file=", f"--conf-file={config}"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(lambda: (dns.terminate(), dns.wait()))
        wait_for(lambda: greets("127.0.0.1", 53), what="dnsmasq answers")

    @classmethod
    def start_postfix(cls):
        cls.postfix = postfix.Postfix(cls.directory / "postfix", "127.0.0.3", "mx.postfix.test", "postfix.test", "carol",
                                      "smtp_tls_security_level = may\n")
        cls.addClassCleanup(cls.postfix.stop)

    def mailbox(self):
        return self.postfix.mailbox()

    def test_from_mailstead_to_postfix_and_back(self):
        with smtplib.SMTP("127.0.0.2", 587) as smtp:
            smtp.starttls()
            smtp.login(BOB, "hungry")
            smtp.sendmail(BOB, ["carol@postfix.test"], f"From: {BOB}\r\nTo: carol@postfix.test\r\nSubject: there\r\n\r\nOver the MX.\r\n")
        text = wait_for(lambda: "Over the MX." in self.mailbox() and self.mailbox(), 30, "Postfix has the message")
        self.assertIn("Return-Path: <bob@mailstead.test>", text)
        self.assertRegex(text, r"from mx\.mailstead\.test .*\n.*using TLSv1\.3")
        wait_for(lambda: self.server.run("queue", "list", "--json").strip() in ("[]", ""), what="the queue is empty")

        with smtplib.SMTP("127.0.0.3", 25, source_address=("127.0.0.3", 0)) as smtp:
            smtp.sendmail("carol@postfix.test", [BOB], "From: carol@postfix.test\r\nTo: bob\r\nSubject: back\r\n\r\nAnd back again.\r\n")
        self.assertIn("And back again.", self.arrived("back"))

    def test_unknown_user_there_comes_back_as_a_bounce(self):
        with smtplib.SMTP("127.0.0.2", 587) as smtp:
            smtp.starttls()
            smtp.login(BOB, "hungry")
            smtp.sendmail(BOB, ["nobody.here@postfix.test"], f"From: {BOB}\r\nSubject: to nobody\r\n\r\nHello?\r\n")
        bounce = self.arrived("Undelivered")
        self.assertIn("multipart/report", bounce)
        self.assertIn("Final-Recipient: rfc822; nobody.here@postfix.test", bounce.replace("rfc822;n", "rfc822; n"))
        self.assertIn("Action: failed", bounce)
        self.assertRegex(bounce, r"Status: 5\.1\.1")

    def test_unknown_user_here_is_refused_to_postfix(self):
        with smtplib.SMTP("127.0.0.3", 25, source_address=("127.0.0.3", 0)) as smtp:
            smtp.sendmail("carol@postfix.test", ["nobody@mailstead.test"], "Subject: to nobody\r\n\r\nHello?\r\n")
        wait_for(lambda: "550 5.1.1" in self.mailbox(), 30, "carol hears of it")

    def arrived(self, word):
        imap = imaplib.IMAP4("127.0.0.2", 143)
        imap.starttls()
        imap.login(BOB, "hungry")

        def look():
            imap.select("INBOX")
            return imap.search(None, "SUBJECT", word)[1][0]

        found = wait_for(look, 30, "a message with " + word)
        _, data = imap.fetch(found.split()[-1], "(BODY.PEEK[])")
        imap.logout()
        return data[0][1].decode()


if __name__ == "__main__":
    unittest.main()
