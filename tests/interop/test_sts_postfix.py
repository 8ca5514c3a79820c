"""MTA-STS between Mailstead and Postfix, both directions. RFC 8461. In a network of its own.

knot serves the zones at 127.0.0.1; Mailstead is mx.here.test at 127.0.0.2 and serves its own policy; Postfix is mx.there.test at
127.0.0.5, its policy comes from 127.0.0.3, and postfix-mta-sts-resolver tells it of others'.
"""
import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
import imaplib  # noqa: E402
import os  # noqa: E402
import shutil  # noqa: E402
import smtplib  # noqa: E402
import ssl  # noqa: E402
import subprocess  # noqa: E402
import unittest  # noqa: E402

from tests.support.mailstead import greets, wait_for  # noqa: E402
from tests.support.outgoing import BOB, NAMES, Outgoing  # noqa: E402
from tests.support.postfix import Postfix, sh  # noqa: E402

DORA = "dora@there.test"


class StsPostfix(Outgoing):
    ports = dict(smtp=25, submission=587, submissions=465, imap=143, imaps=993, pop3=110, pop3s=995, http=80, https=443)

    @classmethod
    def setUpClass(cls):
        sh("ip", "address", "add", "127.0.0.5/8", "dev", "lo")  # Postfix listens only where an interface has the address
        super().setUpClass()
        resolv = cls.directory / "resolv.conf"
        resolv.write_text("nameserver 127.0.0.1\n")
        sh("mount", "--bind", resolv, "/etc/resolv.conf")
        cls.start_resolver()
        cls.postfix = Postfix(cls.directory / "postfix", "127.0.0.5", "mx.there.test", "there.test", "dora",
                              f"mydestination = there.test, {', '.join(NAMES)}\n"
                              "smtp_host_lookup = dns\nsmtp_connection_cache_on_demand = no\nsmtp_tls_security_level = may\n"
                              f"smtp_tls_CAfile = {cls.certificates['good'][0]}\n"
                              "smtp_tls_policy_maps = socketmap:inet:127.0.0.1:8461:postfix\n")
        cls.addClassCleanup(cls.postfix.stop)

    @classmethod
    def tls_settings(cls):
        """Mailstead's own certificate, in files that a test may write anew."""
        cls.own = cls.directory / "own"
        cls.own.mkdir(mode=0o755)
        cls.install("good")
        return f'certificate = "{cls.own}/cert.pem"\nkey = "{cls.own}/key.pem"\n'

    @classmethod
    def install(cls, which):
        for file, name in zip(cls.certificates[which][1:], ("cert.pem", "key.pem")):
            shutil.copy(file, cls.own / name)

    @classmethod
    def start_resolver(cls):
        config = cls.directory / "mta-sts-daemon.yml"
        config.write_text("host: 127.0.0.1\nport: 8461\nshutdown_timeout: 1\ncache:\n  type: internal\n"
                          "cache_grace: 0\ndefault_zone:\n  strict_testing: false\n  timeout: 4\n")
        daemon = subprocess.Popen(["mta-sts-daemon", "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  env={**os.environ, "SSL_CERT_FILE": str(cls.certificates["good"][0])})
        cls.addClassCleanup(lambda: (daemon.terminate(), daemon.wait()))
        wait_for(lambda: greets("127.0.0.1", 8461), what="the resolver of policies listens")

    def here(self, identity="1"):
        self.zones.put("here.test", ["@ MX 10 mx", "mx A 127.0.0.2", "mta-sts CNAME mx",
                                     *([f'_mta-sts TXT "v=STSv1; id={identity};"'] if identity else [])], signed=False)
        self.zones.publish()

    def send_to_bob(self, subject):
        with smtplib.SMTP("127.0.0.5", 25, source_address=("127.0.0.5", 0)) as smtp:
            smtp.sendmail(DORA, [BOB], f"From: {DORA}\r\nTo: {BOB}\r\nSubject: {subject}\r\n\r\nHello.\r\n")

    def has_arrived(self, subject):
        imap = imaplib.IMAP4("127.0.0.2", 143)
        try:
            imap.starttls(ssl._create_unverified_context())  # pylint: disable=protected-access
            imap.login(BOB, "hungry")
            imap.select("INBOX", readonly=True)
            return imap.search(None, "SUBJECT", subject)[1][0]
        finally:
            imap.logout()

    def send_to_dora(self, subject):
        self.send(DORA, fields=f"X-Test: {subject}\r\n")

    def postfix_has(self, subject):
        return f"X-Test: {subject}\n" in self.postfix.mailbox()

    def use(self, certificate):
        """Postfix's certificate; sessions that begin later have it."""
        for file, to in zip(self.certificates[certificate][1:], (self.postfix.certificate, self.postfix.base / "key.pem")):
            shutil.copy(file, to)
        self.postfix.command("reload")
        wait_for(lambda: self.postfix.log().count(": connect from ") == self.postfix.log().count(": disconnect from "), 30,
                 "no session is open")

    def arrives_by_policy(self, subject):
        before = self.relayed()
        self.send_to_dora(subject)
        wait_for(lambda: self.postfix_has(subject), 30, "it arrives")
        line = wait_for(lambda: self.relayed()[len(before):], what="the log says so")[0]
        self.assertIn("protection=sts ", line)

    def relayed(self):
        return [line for line in self.server.log.read_text().splitlines() if "event=relayed " in line]

    def not_connected(self):
        return self.server.log.read_text().count("event=not-connected")

    def test_from_mailstead_enforced_and_stale(self):
        self.use("good")
        self.policy("there.test", "enforce")
        self.publish("there.test", "127.0.0.5")
        self.arrives_by_policy("enforced")

        # The policy's host is away: what is kept counts, also against a certificate that nobody vouches for.
        self.use("bad")
        self.publish("there.test", "127.0.0.5", identity="2", policy_host="127.0.0.9")
        before = self.not_connected()
        self.send_to_dora("stale")
        wait_for(lambda: self.not_connected() > before, 30, "Mailstead does not send it")
        self.assertIn("MTA-STS: TLS handshake failed", self.line("not-connected", "mx.there.test"))
        self.assertFalse(self.postfix_has("stale"))

        self.use("good")
        wait_for(lambda: self.postfix_has("stale"), 30, "it arrives once the certificate is right")

    def test_from_mailstead_testing_and_unreachable(self):
        self.use("bad")
        name = next(self.names)
        self.policy(name, "testing", mx="mx.there.test")
        for domain, policy_host in ((name, "127.0.0.3"), (next(self.names), "127.0.0.9")):
            self.zones.put(domain, ["@ MX 10 mx.there.test.", f"mta-sts A {policy_host}", '_mta-sts TXT "v=STSv1; id=1;"'], signed=False)
            self.publish("there.test", "127.0.0.5", identity=None)
            self.send("dora@" + domain, fields=f"X-Test: {domain}\r\n")
            wait_for(lambda: self.postfix_has(domain), 30, "it arrives")  # pylint: disable=cell-var-from-loop
            line = wait_for(lambda: self.line("relayed", f"to=dora@{domain} "), what="the log says so")  # pylint: disable=cell-var-from-loop
            self.assertIn("protection=opportunistic ", line)

    def test_from_postfix_which_reads_our_policy(self):
        self.here()
        self.send_to_bob("verified")
        wait_for(lambda: self.has_arrived("verified"), 30, "it arrives")
        self.assertIn("Verified TLS connection established to mx.here.test", self.postfix.log())

        self.install("bad")
        self.server.reload()
        self.send_to_bob("waits")
        wait_for(lambda: "status=deferred (Server certificate not verified)" in self.postfix.log(), 30, "Postfix defers")
        self.assertFalse(self.has_arrived("waits"))
        self.install("good")
        self.server.reload()
        wait_for(lambda: self.has_arrived("waits"), 40, "it arrives")


if __name__ == "__main__":
    unittest.main()
