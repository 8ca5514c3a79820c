"""Postfix as the other mail server, both directions, over MX records that dnsmasq serves. In a network of its own.

Mailstead is mx.mailstead.test at 127.0.0.2, Postfix mx.postfix.test at 127.0.0.3, dnsmasq listens at 127.0.0.1.
"""
import imaplib
import os
import pathlib
import smtplib
import subprocess
import sys
import tempfile
import unittest

if os.environ.get("MAILSTEAD_TEST_NETWORK") != "own":
    # The test needs port 25 and a resolver of its own: it goes on in new network and mount namespaces.
    os.environ["MAILSTEAD_TEST_NETWORK"] = "own"
    os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])

from tests.support.mailstead import Mailstead, greets, wait_for  # noqa: E402

BOB = "bob@mailstead.test"
PORTS = dict(smtp=25, submission=587, submissions=465, imap=143, imaps=993, pop3=110, pop3s=995, http=80, https=443)


def sh(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


class Postfix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-postfix-"))
        cls.directory.chmod(0o755)
        sh("ip", "link", "set", "lo", "up")
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
        etc, base = cls.directory / "etc", cls.directory
        for part in ("etc", "queue", "data", "mail"):
            (base / part).mkdir()
        sh("chown", "postfix", base / "data")
        sh("useradd", "--no-create-home", "--no-user-group", "--gid", "nogroup", "carol") if not user_exists("carol") else None
        cls.addClassCleanup(lambda: subprocess.run(["userdel", "carol"], capture_output=True, check=False))
        sh("chmod", "1777", base / "mail")
        sbin = sh("postconf", "-dh", "command_directory").strip()
        libexec = sh("postconf", "-dh", "daemon_directory").strip()
        (etc / "main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
command_directory = {sbin}
daemon_directory = {libexec}
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.postfix.test
mydestination = postfix.test
mynetworks = 127.0.0.3/32
inet_interfaces = 127.0.0.3
smtp_bind_address = 127.0.0.3
inet_protocols = ipv4
mail_spool_directory = {base}/mail
alias_maps =
alias_database =
biff = no
smtp_tls_security_level = may
smtp_tls_loglevel = 1
smtpd_tls_received_header = yes
smtpd_tls_security_level = may
smtpd_tls_cert_file = {base}/cert.pem
smtpd_tls_key_file = {base}/key.pem
minimal_backoff_time = 2s
maximal_backoff_time = 4s
queue_run_delay = 2s
maillog_file = {base}/maillog
maillog_file_prefixes = {base}
""")
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
           "/CN=mx.postfix.test", "-keyout", base / "key.pem", "-out", base / "cert.pem")
        # The package's table without its chroots, its port 25 and its pipes.
        rows = [line.split() for line in pathlib.Path("/usr/share/postfix/master.cf.dist").read_text().split("\n")
                if line and line[0] not in "# "]
        rows = [[*row[:4], "n", *row[5:]] for row in rows if row[7] != "pipe" and row[7] != "smtpd"]
        (etc / "master.cf").write_text("127.0.0.3:25 inet n - n - - smtpd\n" + "\n".join(" ".join(row) for row in rows) + "\n")
        environment = {**os.environ, "MAIL_CONFIG": str(etc)}
        sh("postfix", "-c", str(etc), "start", env=environment)
        cls.addClassCleanup(lambda: subprocess.run(["postfix", "-c", str(etc), "stop"], env=environment, capture_output=True, check=False))
        wait_for(lambda: greets("127.0.0.3", 25), what="Postfix listens")

    def mailbox(self):
        file = self.directory / "mail" / "carol"
        return file.read_text(errors="replace") if file.exists() else ""

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


def user_exists(name):
    return subprocess.run(["id", name], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    unittest.main()
