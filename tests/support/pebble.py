"""Debian's pebble, an ACME server for tests, with a DNS of its own in which every name is 127.0.0.1: on loopback, in a directory of
its own, stopped by pid.

    with Pebble(tls_port=..., http_port=...) as pebble:
        pebble.config()   # for Mailstead
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import urllib.request

from tests.support.certificates import make_certificates
from tests.support.mailstead import free_ports, greets, wait_for


class Pebble:
    def __init__(self, tls_port, http_port, environment=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-pebble-"))
        self.trusted, certificate, key = make_certificates(self.directory, ["localhost"])
        self.port, self.management, self.dns, self.dns_management = free_ports(4)
        self.environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0", **(environment or {})}
        (self.directory / "pebble.json").write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(certificate), "privateKey": str(key), "httpPort": http_port, "tlsPort": tls_port,
            "ocspResponderURL": "", "externalAccountBindingRequired": False}}))
        self.log = self.directory / "pebble.log"
        self.processes = []

    def start(self):
        self.run(["pebble-challtestsrv", "-defaultIPv6", "", "-defaultIPv4", "127.0.0.1", "-http01", "", "-https01", "", "-tlsalpn01", "",
                  "-dns01", f"127.0.0.1:{self.dns}", "-management", f"127.0.0.1:{self.dns_management}"])
        self.run(["pebble", "-config", str(self.directory / "pebble.json"), "-dnsserver", f"127.0.0.1:{self.dns}"])
        for port in (self.dns_management, self.port):
            wait_for(lambda port=port: greets("127.0.0.1", port), what="pebble listens: " + self.log.read_text()[-1000:])
        return self

    def run(self, command):
        with open(self.log, "ab") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.directory,
                                                   env={**os.environ, **self.environment}))

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes = []

    def tell_dns(self, what, **fields):
        """A request to the DNS: set-txt, add-a, clear-a, ..."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.dns_management}/{what}", json.dumps(fields).encode(), method="POST")
        urllib.request.urlopen(request, timeout=10).close()

    def config(self, **acme):
        """For Mailstead's config file."""
        lines = "\n".join(f'{key} = "{value}"' for key, value in acme.items())
        return (f'[dns]\nservers = ["127.0.0.1@{self.dns}"]\n[tls]\ntrusted = "{self.trusted}"\n'
                f'[acme]\ndirectory = "https://localhost:{self.port}/dir"\n{lines}\n')

    def __enter__(self):
        return self.start() if not self.processes else self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
