"""A Mailstead of a test's own: scratch directory, free loopback ports, stopped by pid. Orchestration only.

    with Mailstead(domains=["a.test"], accounts={"bob@a.test": "hungry"}) as server:
        server.port("imap")
"""
import errno
import itertools
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Whether it was built with sanitizers: then its memory is also theirs, and its time several times as much.
SANITIZED = bool(os.environ.get("MAILSTEAD_SANITIZED"))
BINARY = os.environ.get("MAILSTEAD_BIN", str(ROOT / "build/release/mailstead"))
DOORS = ["smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "http", "https"]


def candidates():
    """Ports to try: of the range that packaging/test gives to each of the jobs that run side by side, else the kernel's choice."""
    if window := os.environ.get("TEST_PORTS"):
        first, last = map(int, window.split("-"))
        ports = list(range(first, last + 1))
        start = random.randrange(len(ports))
        return itertools.cycle(ports[start:] + ports[:start])
    return itertools.repeat(0)


PORTS = candidates()


def free_ports(count, address="127.0.0.1"):
    """Ports that nobody listens on just now."""
    held = []
    try:
        while len(held) < count:
            one = socket.socket()
            try:
                one.bind((address, next(PORTS)))
            except OSError as error:
                one.close()
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                held.append(one)
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def wait_for(condition, seconds=15, what="condition"):
    """Waits until condition() is true; fails the test when it does not become so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


def greets(address, port):
    """True if something there accepts a connection."""
    try:
        socket.create_connection((address, port), timeout=1).close()
        return True
    except OSError:
        return False


class Mailstead:
    def __init__(self, domains, accounts, aliases=None, config="", address="127.0.0.1", hostname="mail.example.test",
                 data=None, ports=None):
        self.address, self.hostname = address, hostname
        self.directory = pathlib.Path(data or tempfile.mkdtemp(prefix="mailstead-test-"))
        self.keep = data is not None
        self.ports = ports or dict(zip(DOORS, free_ports(len(DOORS), address)))
        self.config = self.directory / "mailstead.toml"
        self.log = self.directory / "server.log"
        self.process = None
        listen = "\n".join(f'{door} = ["{address}:{port}"]' for door, port in self.ports.items())
        if "[mail]" not in config:
            config += "\n[mail]\njudge = false\n"  # no test waits for a DNS that it does not have
        self.config.write_text(f'hostname = "{hostname}"\ndata = "{self.directory}"\n\n[listen]\n{listen}\n\n{config}\n')
        for domain in domains:
            self.run("domain", "add", domain)
        for name, password in accounts.items():
            self.run("account", "add", name, "--password-stdin", stdin=password + "\n")
        for name, targets in (aliases or {}).items():
            self.run("alias", "add", name, *targets)
        self.passwords = dict(accounts)

    def run(self, *arguments, stdin="", check=True):
        """A command of the command line; returns what it printed."""
        done = subprocess.run([BINARY, *arguments, "--config", str(self.config)], input=stdin, capture_output=True,
                              text=True, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError(f"mailstead {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
        return done.stdout if check else done

    def start(self, prefix=()):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*prefix, BINARY, "serve", "--config", str(self.config)], stderr=log, stdout=log)
        wait_for(self.is_up, what="the server listens: " + self.log.read_text()[-2000:])
        return self

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError("the server ended: " + self.log.read_text()[-2000:])
        return all(greets(self.address, port) for port in self.ports.values())

    def reload(self):
        """SIGHUP; returns when it has been done."""
        before = self.log.read_text().count("event=reloaded")
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.log.read_text().count("event=reloaded") > before, what="the reload")

    def stop(self, seconds=60 if SANITIZED else 10):
        """SIGTERM; the exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError("the server did not end after SIGTERM") from None
        return self.process.returncode if self.process else None

    def kill(self):
        """kill -9"""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def port(self, door):
        return self.ports[door]

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, kind, value, trace):
        status = None
        try:
            status = self.stop()
        finally:
            if kind is not None or status not in (0, -signal.SIGKILL):
                print(f"--- the server's log ({self.log}):\n" + self.last_words())
            elif not self.keep:
                shutil.rmtree(self.directory, ignore_errors=True)
        if kind is None and status not in (0, -signal.SIGKILL):
            raise AssertionError(f"the server ended with status {status}")

    def last_words(self):
        """The end of its log, or what a sanitizer has said."""
        log = self.log.read_text()
        report = re.search(r"(ERROR|WARNING): \w+Sanitizer|runtime error:", log)
        return log[report.start():][:20000] if report else log[-6000:]
