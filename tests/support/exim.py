"""Exim for a test: its own folders, its own address, one mailbox for its domain. It validates DANE's records by the AD bit, signs by
DKIM and verifies. Debian's exim4-daemon-light conflicts with postfix: packaging/install has unpacked it. Only in namespaces of
the test's own: its user is in an /etc/passwd of the test's."""
import pathlib
import subprocess

from tests.support.mailstead import greets, wait_for

BINARY = "/usr/local/lib/mailstead-tests/exim4-daemon-light/usr/sbin/exim4"
USER, ID = "Debian-exim", 8026

CONFIG = """exim_path = {binary}
primary_hostname = {host}
local_interfaces = {address}
daemon_smtp_ports = 25
spool_directory = {base}/spool
log_file_path = {base}/log/%s.log
pid_file_path = {base}/pid
log_selector = +tls_peerdn +dnssec +smtp_confirmation +subject
keep_environment =
never_users =
tls_advertise_hosts = *
# With an expansion in their names the files are read for each session, not once.
tls_certificate = ${{if def:tls_in_sni {{}}{{}}}}{base}/cert.pem
tls_privatekey = ${{if def:tls_in_sni {{}}{{}}}}{base}/key.pem
dns_dnssec_ok = 1
dkim_verify_signers = $dkim_signers
acl_smtp_rcpt = rcpt
acl_smtp_dkim = dkim

begin acl
rcpt:
  accept
dkim:
  accept logwrite = DKIM $dkim_cur_signer $dkim_selector $dkim_algo $dkim_verify_status

begin routers
here:
  driver = accept
  domains = {domain}
  transport = mailbox
there:
  driver = dnslookup
  transport = smtp
  self = send

begin transports
mailbox:
  driver = appendfile
  file = {base}/mail/box
  user = {user}
smtp:
  driver = smtp
  interface = {address}
  hosts_try_fastopen = :
  dnssec_request_domains = *
  hosts_try_dane = *
  dkim_domain = {domain}
  dkim_selector = exim
  dkim_private_key = {base}/dkim.pem
  dkim_canon = relaxed

begin retry
* * F,1h,1s
"""


def sh(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def make_user(folder):
    """Exim does not start without its user: in this mount namespace there is one."""
    for name, line in (("passwd", f"{USER}:x:{ID}:{ID}::/nonexistent:/usr/sbin/nologin"), ("group", f"{USER}:x:{ID}:")):
        own = folder / name
        own.write_text(pathlib.Path("/etc", name).read_text() + line + "\n")
        sh("mount", "--bind", own, f"/etc/{name}")


class Exim:
    """At port 25 of the address, which an interface must have."""

    def __init__(self, folder, address, host, domain):
        self.base, self.host = pathlib.Path(folder), host
        self.base.mkdir(parents=True)
        self.base.chmod(0o755)
        make_user(self.base)
        for part in ("spool", "log", "mail"):
            (self.base / part).mkdir()
            sh("chown", f"{ID}:{ID}", self.base / part)
        self.certificate = self.base / "cert.pem"
        self.new_key()
        sh("openssl", "genrsa", "-traditional", "-out", self.base / "dkim.pem", "2048")
        sh("chown", f"{ID}:{ID}", self.base / "dkim.pem")
        (self.base / "conf").write_text(CONFIG.format(base=self.base, host=host, address=address, domain=domain, user=USER, binary=BINARY))
        self.output = open(self.base / "output", "wb")  # pylint: disable=consider-using-with
        self.process = subprocess.Popen([BINARY, "-C", str(self.base / "conf"), "-bdf"], stdin=subprocess.DEVNULL,
                                        stdout=self.output, stderr=self.output)
        wait_for(lambda: greets(address, 25), what="Exim listens: " + (self.base / "output").read_text())

    def new_key(self):
        """Another certificate; sessions that begin later have it."""
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
           "/CN=" + self.host, "-keyout", self.base / "key.pem", "-out", self.base / "new.pem")
        sh("chown", f"{ID}:{ID}", self.base / "key.pem", self.base / "new.pem")
        (self.base / "new.pem").rename(self.certificate)

    def dkim_record(self):
        """Of the selector "exim"."""
        lines = sh("openssl", "pkey", "-in", self.base / "dkim.pem", "-pubout").splitlines()
        return "v=DKIM1; k=rsa; p=" + "".join(line for line in lines if "-----" not in line)

    def has(self, subject):
        """Whether it has taken such a message. What it does with it then is its own affair."""
        return any(" <= " in line and f'T="{subject}"' in line for line in self.log().splitlines())

    def run_queue(self):
        """Tries everything that waits, at once. Its daemon, if it did so every second, would stop doing it now and then."""
        sh(BINARY, "-C", self.base / "conf", "-qff")

    def log(self):
        file = self.base / "log" / "main.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.output.close()
