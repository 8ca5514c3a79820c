"""Certificates that come by themselves, from Debian's pebble (RFC 8555): by each kind of challenge, renewed while clients keep
connecting, after failures, refused nonces and a restart in the middle of an order. https://github.com/letsencrypt/pebble"""
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading
import unittest

from tests.support.mailstead import DOORS, Mailstead, free_ports, wait_for
from tests.support.pebble import Pebble

HOST, DOMAIN = "mail.hamburger.test", "hamburger.test"
DOMAIN_NAMES = [f"{label}.{DOMAIN}" for label in ("mta-sts", "autoconfig", "autodiscover")]
HOOK = """#!/usr/bin/python3
import json, sys, urllib.request
action, name, value = sys.argv[1:]
what = {"add": "set-txt", "remove": "clear-txt"}[action]
urllib.request.urlopen("http://127.0.0.1:%d/" + what, json.dumps({"host": name + ".", "value": value}).encode(), timeout=10)
open("%s", "a").write(action + " " + name + "\\n")
"""


def leaf(port, name=HOST):
    """The certificate that a client gets who asks for this name, as text of openssl: subject names, issuer, serial, key."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one, context.wrap_socket(one, server_hostname=name) as tls:
        der = tls.getpeercert(binary_form=True)
    return subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-issuer", "-serial", "-ext", "subjectAltName", "-pubkey"],
                          input=der, capture_output=True, check=True, timeout=20).stdout.decode()


def line(text, word):
    return next(one for one in text.splitlines() if word in one)


def key(text):
    return text[text.index("-----BEGIN"):]


class Acme(unittest.TestCase):
    def begin(self, environment=None, gate=None, **acme):
        ports = dict(zip(DOORS, free_ports(len(DOORS))))
        self.https = ports["https"]
        self.pebble = self.enterContext(Pebble(gate.port if gate else self.https, ports["http"], environment))
        self.server = Mailstead([DOMAIN], {}, hostname=HOST, ports=ports, config=self.pebble.config(**acme))
        self.enterContext(self.server)

    def log(self):
        return self.server.log.read_text()

    def listed(self):
        return {one["certificate"]: one for one in json.loads(self.server.run("certificate", "list", "--json"))}

    def await_log(self, text, count=1, seconds=60):
        wait_for(lambda: self.log().count(text) >= count, seconds, text + " in " + self.log()[-3000:])

    def await_all(self):
        self.await_log(f"event=obtained certificate={HOST}")
        self.await_log(f"event=obtained certificate={DOMAIN} ")

    def check_shown(self):
        for door in ("https", "imaps", "submissions", "pop3s"):
            shown = leaf(self.server.port(door))
            self.assertIn("Pebble Intermediate", line(shown, "issuer"))
            self.assertIn(f"DNS:{HOST}", shown)
        for name in DOMAIN_NAMES:
            self.assertIn("DNS:" + name, leaf(self.server.port("https"), name))
        self.assertIn(f"DNS:{HOST}", leaf(self.server.port("https"), "other.test"))

    def test_by_tls_alpn(self):
        """A renewal keeps the key, and no client is refused meanwhile; a connection keeps what it began with."""
        self.begin()
        self.await_all()
        self.check_shown()
        self.assertNotIn("type=http-01", self.log())
        before = leaf(self.server.port("imaps"))
        with self.clients() as failures, socket.create_connection(("127.0.0.1", self.server.port("imap")), timeout=10) as idle:
            idle.recv(1000)
            self.assertIn("2 certificates are renewed", self.server.run("certificate", "renew"))
            self.await_log("event=obtained", 4)
            idle.sendall(b"a NOOP\r\n")
            self.assertIn(b"a OK", idle.recv(1000))
        self.assertEqual([], failures)
        after = leaf(self.server.port("imaps"))
        self.assertNotEqual(line(before, "serial"), line(after, "serial"))
        self.assertEqual(key(before), key(after))
        self.check_shown()
        row = self.listed()[HOST]
        self.assertEqual((0, "", [HOST]), (row["failures"], row["failure"], row["names"]))
        self.assertIn("Pebble Intermediate", row["issuer"])
        self.roll(before)

    def clients(self):
        """Clients that connect to https and imaps without pause; the faults that they have met."""
        class Clients:
            def __enter__(clients):
                clients.over, clients.failures, clients.served = threading.Event(), [], 0
                clients.threads = [threading.Thread(target=clients.connect, args=(self.server.port(door),)) for door in ("https", "imaps")]
                for thread in clients.threads:
                    thread.start()
                wait_for(lambda: clients.served > 10, what="clients are served")
                return clients.failures

            def connect(clients, port):
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                while not clients.over.is_set():
                    try:
                        with socket.create_connection(("127.0.0.1", port), timeout=10) as one, \
                                context.wrap_socket(one, server_hostname=HOST):
                            clients.served += 1
                    except OSError as error:
                        clients.failures.append(error)

            def __exit__(clients, *_):
                clients.over.set()
                for thread in clients.threads:
                    thread.join()
        return Clients()

    def roll(self, before):
        """RFC 7671 §8.1: the next key is announced first, and taken when it is switched to."""
        announced = json.loads(self.server.run("certificate", "roll", HOST, "--json"))["next_tlsa"]
        self.assertIn(announced, self.server.run("certificate", "roll", HOST))  # the same
        self.assertEqual(key(before), key(leaf(self.server.port("imaps"))))
        self.server.run("certificate", "roll", HOST, "--switch")
        self.await_log("event=obtained", 5)
        self.assertNotEqual(key(before), key(leaf(self.server.port("imaps"))))
        self.assertEqual(announced, self.listed()[HOST]["tlsa"])

    def test_by_http(self):
        self.begin(challenge="http-01")
        self.await_all()
        self.check_shown()
        self.assertNotIn("type=tls-alpn-01", self.log())

    def test_by_dns_with_a_hook(self):
        """The server is confined, and its hook runs nevertheless."""
        directory = pathlib.Path(self.enterContext(Scratch()))
        hook, calls = directory / "hook", directory / "calls"
        self.begin(challenge="dns-01", hook=hook)
        self.server.stop()
        hook.write_text(HOOK % (self.pebble.dns_management, calls))
        hook.chmod(0o755)
        self.server.run("certificate", "renew", check=False)
        self.server.start()
        self.await_all()
        self.check_shown()
        said = calls.read_text()
        for name in [HOST, *DOMAIN_NAMES]:
            self.assertIn(f"add _acme-challenge.{name}\n", said)
            self.assertIn(f"remove _acme-challenge.{name}\n", said)

    def test_nonces_that_are_refused(self):
        self.begin({"PEBBLE_WFE_NONCEREJECT": "40"})
        self.await_all()
        self.assertNotIn("event=failed", self.log())

    def test_a_challenge_that_fails(self):
        """The reason is told; what else is due comes; asked again, it succeeds."""
        self.begin(challenge="http-01")
        self.await_all()
        first = leaf(self.server.port("https"))
        self.pebble.tell_dns("add-a", host=HOST + ".", addresses=["127.0.0.77"])
        self.server.run("certificate", "renew", HOST)
        # pebble may remember that the name was ours (PEBBLE_AUTHZREUSE is off in this test).
        self.await_log(f"event=failed certificate={HOST}")
        row = self.listed()[HOST]
        self.assertEqual(1, row["failures"])
        self.assertIn("http-01", row["failure"])
        self.assertEqual(line(first, "serial"), line(leaf(self.server.port("https")), "serial"))
        self.pebble.tell_dns("clear-a", host=HOST + ".")
        self.assertIn("failed 1 time", self.server.run("certificate", "list"))
        self.server.run("certificate", "renew", HOST)
        self.await_log(f"event=obtained certificate={HOST}", 2)
        self.assertEqual("", self.listed()[HOST]["failure"])

    def test_a_restart_in_the_middle_of_an_order(self):
        """kill -9 once the challenge is answered: the order goes on after the start, with its key."""
        gate = self.enterContext(Gate())
        self.begin(gate=gate, challenge="tls-alpn-01")
        gate.await_first()
        self.server.kill()
        self.server.start()
        self.await_log("event=order-goes-on")
        gate.open(self.https)
        self.await_log(f"event=obtained certificate={HOST}")
        self.assertEqual(1, self.log().count(f"event=ordered certificate={HOST}"))
        self.assertIn("Pebble Intermediate", leaf(self.server.port("imaps")))


class Gate:
    """Where pebble looks for our answer to a challenge: its connections wait at the gate until that is opened."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.come, self.opened, self.to = threading.Event(), threading.Event(), None
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def await_first(self):
        if not self.come.wait(60):
            raise AssertionError("pebble did not look for the answer")

    def open(self, port):
        self.to = port
        self.opened.set()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            self.come.set()
            threading.Thread(target=self.lead, args=[client], daemon=True).start()

    def lead(self, client):
        if not self.opened.wait(60):
            return
        with client, socket.create_connection(("127.0.0.1", self.to)) as server:
            back = threading.Thread(target=self.copy, args=[server, client], daemon=True)
            back.start()
            self.copy(client, server)
            back.join()

    @staticmethod
    def copy(source, sink):
        try:
            while octets := source.recv(65536):
                sink.sendall(octets)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Scratch:
    def __enter__(self):
        import tempfile
        self.directory = tempfile.TemporaryDirectory(prefix="mailstead-hook-")
        os.chmod(self.directory.name, 0o755)
        return self.directory.name

    def __exit__(self, *_):
        self.directory.cleanup()


if __name__ == "__main__":
    unittest.main()
