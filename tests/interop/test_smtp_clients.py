"""swaks, curl and msmtp hand mail in: plain, STARTTLS, implicit TLS, with and without AUTH."""
import imaplib
import smtplib
import ssl
import subprocess
import tempfile
import unittest

from tests.support.mailstead import Mailstead, wait_for

BOB, ALICE = "bob@hamburger.edu", "alice@crepes.fr"


def sh(*command, stdin=None, status=0):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)
    if done.returncode != status:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}, not {status}\n{done.stdout}{done.stderr}")
    return done.stdout


class SmtpClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Mailstead(["hamburger.edu", "crepes.fr"], {BOB: "hungry", ALICE: "ketchup"}).start()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)

    def subjects(self):
        imap = imaplib.IMAP4("127.0.0.1", self.server.port("imap"))
        imap.login(BOB, "hungry")
        imap.select("INBOX", readonly=True)
        _, data = imap.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        imap.logout()
        return [part[1].decode().strip() for part in data if isinstance(part, tuple)]

    def arrived(self, subject):
        self.assertEqual(1, self.subjects().count("Subject: " + subject))

    def swaks(self, door, subject, *options, status=0, sender=ALICE):
        return sh("swaks", "--server", "127.0.0.1", "--port", str(self.server.port(door)), "--from", sender, "--to", BOB,
                  "--header", "Subject: " + subject, *options, status=status)

    def has_ticket(self, door, version):
        """Whether the server gives a client that did STARTTLS something to resume its session by."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # self-signed
        context.minimum_version = context.maximum_version = version
        with smtplib.SMTP("127.0.0.1", self.server.port(door), timeout=20) as smtp:
            smtp.starttls(context=context)
            smtp.ehlo()  # tickets of TLS 1.3 come with the first answer
            return smtp.sock.session is not None and smtp.sock.session.has_ticket

    def test_session_tickets_everywhere_but_on_port_25(self):
        """CLIENTS.md 20: with them Microsoft dropped deliveries."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            self.assertTrue(self.has_ticket("submission", version), version)
            self.assertFalse(self.has_ticket("smtp", version), version)

    def test_swaks_plain(self):
        self.swaks("smtp", "swaks plain")
        self.arrived("swaks plain")

    def test_swaks_starttls(self):
        out = self.swaks("smtp", "swaks starttls", "--tls")
        self.assertIn("TLS started", out)
        self.arrived("swaks starttls")

    def test_swaks_implicit_tls_with_auth(self):
        for mechanism in ("PLAIN", "LOGIN"):
            subject = "swaks submissions " + mechanism
            self.swaks("submissions", subject, "--tlsc", "--auth", mechanism, "--auth-user", ALICE, "--auth-password", "ketchup")
            self.arrived(subject)

    def test_swaks_submission_starttls_with_auth(self):
        self.swaks("submission", "swaks submission", "--tls", "--auth", "PLAIN", "--auth-user", ALICE, "--auth-password", "ketchup")
        self.arrived("swaks submission")

    def test_wrong_password_is_refused(self):
        out = self.swaks("submission", "never", "--tls", "--auth", "PLAIN", "--auth-user", ALICE, "--auth-password", "mayo", status=28)
        self.assertIn("535 5.7.8", out)

    def test_submission_without_auth_is_refused(self):
        out = self.swaks("submission", "never", "--tls", status=23)
        self.assertIn("530 5.7.0", out)

    def test_no_relay(self):
        out = sh("swaks", "--server", "127.0.0.1", "--port", str(self.server.port("smtp")), "--from", ALICE,
                 "--to", "someone@elsewhere.test", status=24)
        self.assertIn("550 5.7.1", out)

    def test_a_user_sends_only_as_himself(self):
        out = self.swaks("submission", "never", "--tls", "--auth", "PLAIN", "--auth-user", ALICE, "--auth-password", "ketchup",
                         sender="president@crepes.fr", status=23)
        self.assertIn("553 5.7.1", out)

    def test_curl(self):
        with tempfile.NamedTemporaryFile("w", suffix=".eml") as message:
            message.write("From: <alice@crepes.fr>\r\nTo: <bob@hamburger.edu>\r\nSubject: curl smtp\r\n\r\n.one dot\r\n..two dots\r\n")
            message.flush()
            sh("curl", "-sS", "--insecure", "--ssl-reqd", f"smtp://127.0.0.1:{self.server.port('submission')}", "--user",
               ALICE + ":ketchup", "--mail-from", ALICE, "--mail-rcpt", BOB, "--upload-file", message.name)
        self.arrived("curl smtp")
        text = sh("curl", "-sS", "--user", BOB + ":hungry",
                  f"imap://127.0.0.1:{self.server.port('imap')}/INBOX?SUBJECT%20%22curl%20smtp%22").split()[-1]
        body = sh("curl", "-sS", "--user", BOB + ":hungry",
                  f"imap://127.0.0.1:{self.server.port('imap')}/INBOX;MAILINDEX={text};SECTION=TEXT")
        self.assertEqual(".one dot\n..two dots\n", body.replace("\r", ""))

    def test_msmtp(self):
        for door, tls in (("submission", ["--tls=on", "--tls-starttls=on"]), ("submissions", ["--tls=on", "--tls-starttls=off"])):
            for mechanism in ("plain", "login", "scram-sha-256"):
                subject = f"msmtp {door} {mechanism}"
                sh("msmtp", "--host=127.0.0.1", f"--port={self.server.port(door)}", f"--auth={mechanism}", "--user=" + ALICE,
                   "--passwordeval=echo ketchup", "--from=" + ALICE, "--tls-certcheck=off", *tls, BOB,
                   stdin=f"From: {ALICE}\nTo: {BOB}\nSubject: {subject}\n\nhello\n")
                self.arrived(subject)

    def test_non_ascii_comes_back_octet_for_octet(self):
        text = "Crêpes à la crème, 薄餅 und Soße\r\n"
        self.swaks("smtp", "octets", "--body", text, "--header", "Content-Type: text/plain; charset=utf-8",
                   "--header", "Content-Transfer-Encoding: 8bit")
        imap = imaplib.IMAP4("127.0.0.1", self.server.port("imap"))
        imap.login(BOB, "hungry")
        imap.select("INBOX", readonly=True)
        found = wait_for(lambda: imap.search(None, "SUBJECT", "octets")[1][0])
        _, data = imap.fetch(found, "(BODY.PEEK[TEXT])")
        imap.logout()
        self.assertIn(text.strip().encode(), data[0][1])


if __name__ == "__main__":
    unittest.main()
