"""A Dovecot of a test's own, from Debian's package: scratch directory, a free loopback port, stopped by pid.

Needs root, since Dovecot's processes change their user. Orchestration only.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile

from tests.support.mailstead import free_ports, greets, wait_for

MAIL_UID = 45678  # owns the mail; no such account is needed


class Dovecot:
    def __init__(self, accounts):
        self.port = free_ports(1)[0]
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-dovecot-"))
        self.directory.chmod(0o755)
        (self.directory / "mail").mkdir()
        os.chown(self.directory / "mail", MAIL_UID, MAIL_UID)
        (self.directory / "passwd").write_text("".join(
            f"{name}:{{PLAIN}}{password}:{MAIL_UID}:{MAIL_UID}::{self.directory}/mail/{name}::\n"
            for name, password in accounts.items()))
        (self.directory / "dovecot.conf").write_text(f"""base_dir = {self.directory}/run
state_dir = {self.directory}/state
log_path = {self.directory}/log
listen = 127.0.0.1
protocols = imap
ssl = no
disable_plaintext_auth = no
mail_location = maildir:~/maildir
first_valid_uid = {MAIL_UID}
namespace inbox {{
  inbox = yes
}}
passdb {{
  driver = passwd-file
  args = username_format=%u {self.directory}/passwd
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {self.directory}/passwd
}}
service imap-login {{
  inet_listener imap {{
    port = {self.port}
  }}
}}
""")
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(["dovecot", "-F", "-c", self.directory / "dovecot.conf"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: greets("127.0.0.1", self.port), what="Dovecot listens")
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        self.process.wait(10)
        if kind is not None:
            print(f"--- Dovecot's log:\n{(self.directory / 'log').read_text()[-3000:]}")
        shutil.rmtree(self.directory, ignore_errors=True)
