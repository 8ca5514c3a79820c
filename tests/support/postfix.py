"""Postfix for a test: its own folders, its own address, a local mailbox."""
import os
import pathlib
import subprocess

from tests.support.mailstead import greets, wait_for

MAIN = """compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
command_directory = {sbin}
daemon_directory = {libexec}
mail_owner = postfix
setgid_group = postdrop
myhostname = {host}
mydestination = {domain}
mynetworks = {address}/32
inet_interfaces = {address}
smtp_bind_address = {address}
inet_protocols = ipv4
mail_spool_directory = {base}/mail
alias_maps =
alias_database =
biff = no
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
"""


def sh(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


class Postfix:
    """At port 25 of the address; `user` is a user of the machine whose mailbox it is. `settings`: lines for main.cf."""

    def __init__(self, folder, address, host, domain, user, settings=""):
        self.base, self.address, self.user = pathlib.Path(folder), address, user
        self.base.mkdir(parents=True, exist_ok=True)
        self.base.chmod(0o755)
        for part in ("etc", "queue", "data", "mail"):
            (self.base / part).mkdir()
        sh("chown", "postfix", self.base / "data")
        sh("chmod", "1777", self.base / "mail")
        self.made_user = subprocess.run(["id", user], capture_output=True, check=False).returncode != 0
        if self.made_user:
            sh("useradd", "--no-create-home", "--no-user-group", "--gid", "nogroup", user)
        sbin = sh("postconf", "-dh", "command_directory").strip()
        libexec = sh("postconf", "-dh", "daemon_directory").strip()
        etc = self.base / "etc"
        (etc / "main.cf").write_text(MAIN.format(base=self.base, sbin=sbin, libexec=libexec, host=host, domain=domain, address=address)
                                     + settings)
        self.certificate = self.base / "cert.pem"
        self.new_key(host)
        # The package's table without its chroots, its port 25 and its pipes.
        rows = [line.split() for line in pathlib.Path("/usr/share/postfix/master.cf.dist").read_text().split("\n")
                if line and line[0] not in "# "]
        rows = [[*row[:4], "n", *row[5:]] for row in rows if row[7] != "pipe" and row[7] != "smtpd"]
        (etc / "master.cf").write_text(f"{address}:25 inet n - n - - smtpd\n" + "\n".join(" ".join(row) for row in rows) + "\n")
        self.environment = {**os.environ, "MAIL_CONFIG": str(etc)}
        self.command("start")
        wait_for(lambda: greets(address, 25), what="Postfix listens")

    def new_key(self, host):
        """Another certificate; sessions that begin later have it."""
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
           "/CN=" + host, "-keyout", self.base / "key.pem", "-out", self.certificate)

    def command(self, *words, check=True):
        done = subprocess.run(["postfix", "-c", str(self.base / "etc"), *words], env=self.environment, capture_output=True, text=True,
                              check=False, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    def mailbox(self):
        file = self.base / "mail" / self.user
        return file.read_text(errors="replace") if file.exists() else ""

    def has(self, subject):
        """Whether such a message lies in the mailbox."""
        return f"Subject: {subject}\n" in self.mailbox()

    def log(self):
        file = self.base / "maillog"
        return file.read_text(errors="replace") if file.exists() else ""

    def stop(self):
        self.command("stop", check=False)
        if self.made_user:
            subprocess.run(["userdel", self.user], capture_output=True, check=False)
