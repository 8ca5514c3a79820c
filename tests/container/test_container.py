"""The image of the Dockerfile, built and run by an engine: Debian 13, not root, healthy, all data in the volume.

MAILSTEAD_CONTAINER_ENGINE names the engine: a command that takes docker's arguments (docker, podman). Default: docker.
"""
import imaplib
import json
import os
import re
import smtplib
import ssl
import subprocess
import unittest

from tests.support.mailstead import ROOT, free_ports, wait_for

ENGINE = os.environ.get("MAILSTEAD_CONTAINER_ENGINE", "docker")
IMAGE = "mailstead-test"
DOORS = {"smtp": 25, "submissions": 465, "imaps": 993}


def engine(*arguments, check=True, timeout=120):
    """Runs a command of the engine; returns its standard output."""
    done = subprocess.run([ENGINE, *arguments], capture_output=True, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise AssertionError(f"{ENGINE} {' '.join(arguments)}: exit {done.returncode}: {done.stderr[-3000:]}")
    return done.stdout


class Container:
    """One container with the volume; another one can be started on the same volume."""

    def __init__(self, name):
        self.name, self.volume = name, name + "-data"
        self.ports = dict(zip(DOORS, free_ports(len(DOORS))))

    def __enter__(self):
        self.remove()
        engine("volume", "rm", "-f", self.volume, check=False)
        self.run()
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print(engine("logs", self.name, check=False))
        self.remove()
        engine("volume", "rm", "-f", self.volume, check=False)

    def run(self):
        published = [word for door, port in DOORS.items() for word in ("-p", f"127.0.0.1:{self.ports[door]}:{port}")]
        # Engines let everyone bind low ports; here only the capability does. Health is asked for more often.
        engine("run", "-d", "--name", self.name, "--hostname", "mail.example.test", "-v", f"{self.volume}:/data",
               "--read-only", "--cap-drop=ALL", "--cap-add=NET_BIND_SERVICE",
               "--sysctl", "net.ipv4.ip_unprivileged_port_start=1024", "--health-interval", "2s", *published, IMAGE)
        wait_for(self.greets, seconds=30, what="the container greets on port 25")

    def greets(self):
        if self.inspect("State.Running") != "true":
            raise AssertionError("the container ended: " + self.log())
        try:
            smtplib.SMTP("127.0.0.1", self.ports["smtp"], timeout=5).close()
            return True
        except (OSError, smtplib.SMTPException):
            return False

    def remove(self):
        engine("rm", "-f", self.name, check=False)

    def inspect(self, field):
        return engine("inspect", "-f", "{{." + field + "}}", self.name).strip()

    def exec(self, *command):
        return engine("exec", self.name, *command)

    def log(self):
        done = subprocess.run([ENGINE, "logs", self.name], capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    def stop(self):
        """SIGTERM, as engines do it; the exit status."""
        engine("stop", "-t", "20", self.name)
        return int(self.inspect("State.ExitCode"))


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        engine("build", "-t", IMAGE, str(ROOT), timeout=3000)

    def test_debian_13_without_root_and_healthy(self):
        with Container("mailstead-test-house") as house:
            self.assertIn("VERSION_CODENAME=trixie", house.exec("cat", "/etc/os-release"))
            user = re.search(r"^Uid:\s+(\d+)\s+(\d+)\s+(\d+)", house.exec("cat", "/proc/1/status"), re.M)
            self.assertNotIn("0", user.groups(), "the server runs as root")
            self.assertNotEqual("0", house.exec("id", "-u").strip())
            self.assertRegex(house.log(), r"event=confined no_new_privs=yes undumpable=yes without_capabilities=yes .*seccomp=yes")
            wait_for(lambda: house.inspect("State.Health.Status") == "healthy", seconds=60, what="HEALTHCHECK says healthy")
            self.assertNotIn("address=127.0.0.1", house.log(), "the health check leaves lines in the log")
            self.assertEqual(0, house.stop())
            house.remove()
            house.run()  # the first start has made a certificate
            ready = re.findall(r"event=ready .*ms=(\d+)", house.log())
            self.assertEqual(1, len(ready))
            print(f"ready after {ready[0]} ms")  # a figure, not a verdict: the machine may be busy

    def test_the_volume_is_all_that_is_kept(self):
        with Container("mailstead-test-volume") as house:
            house.exec("mailstead", "domain", "add", "example.test")
            password = house.exec("mailstead", "account", "add", "you@example.test", "--generate").strip()
            self.deliver(house)
            before = self.read(house, password)
            self.assertEqual(1, len(before["subjects"]))
            self.assertEqual(0, house.stop(), "SIGTERM did not end it in order")
            house.remove()
            house.run()
            self.assertEqual(before, self.read(house, password))
            self.assertEqual([], json.loads(house.exec("mailstead", "check", "--json"))["findings"])

    def deliver(self, house):
        smtp = smtplib.SMTP("127.0.0.1", house.ports["smtp"], timeout=20)
        smtp.sendmail("friend@elsewhere.example", ["you@example.test"], "Subject: hello\r\n\r\nFrom outside.\r\n")
        smtp.quit()

    def read(self, house, password):
        """What a client remembers of the INBOX, and what is in it."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # self-signed
        imap = imaplib.IMAP4_SSL("127.0.0.1", house.ports["imaps"], ssl_context=context, timeout=20)
        imap.login("you@example.test", password)
        imap.select("INBOX")
        validity = imap.response("UIDVALIDITY")[1][0]
        _, uids = imap.uid("SEARCH", "ALL")
        _, data = imap.uid("FETCH", "1:*", "(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        imap.logout()
        return {"validity": validity, "uids": uids[0], "subjects": [part[1] for part in data if isinstance(part, tuple)]}


if __name__ == "__main__":
    unittest.main()
