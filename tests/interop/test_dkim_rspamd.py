"""DKIM against rspamd, both directions: it verifies what we sign (RSA and Ed25519), and we what it signs."""
import json
import pathlib
import subprocess
import tempfile
import unittest
import urllib.request

from tests.interop import test_dkim
from tests.interop.test_dkim import ED25519, HEADER, RSA, run, signing, verification
from tests.support.mailstead import free_ports, greets, wait_for

# Where rspamd 3.4 reads relaxed bodies in a way of its own, in both directions; dkimpy and opendkim agree with us: a body of
# nothing but white space is empty then (RFC 6376 §3.4.4), and a line of many KiB is like others.
BODIES = {name: body for name, body in test_dkim.BODIES.items() if name not in ("nothing but spaces", "a long line")}
CONFIG = """
options {{
    pidfile = "{folder}/pid"; filters = "dkim"; control_socket = "{folder}/control mode=0600"; tempdir = "{folder}";
    url_tld = "{folder}/domains"; dns {{ nameserver = ["127.0.0.1:{dns}:1"]; timeout = 5s; }}
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "info"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
dkim {{ trusted_only = false; check_local = true; check_authed = true; }}
modules {{ path = "/usr/share/rspamd/plugins/dkim_signing.lua"; }}
dkim_signing {{
    sign_local = true; allow_hdrfrom_mismatch = true; allow_envfrom_empty = true; allow_username_mismatch = true;
    use_domain = "header"; use_esld = false; path = "{folder}/key.pem"; selector = "{selector}";
}}
"""


def txt_record(name, text):
    """As dnsmasq's option: strings of at most 255 octets."""
    return f"--txt-record={name}," + ",".join(text[at:at + 250] for at in range(0, len(text), 250))


class Rspamd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        path.chmod(0o777)  # it gives up root, if it has it
        cls.port, dns = free_ports(2)
        zone = RSA.zone() | ED25519.zone()
        cls.start("dnsmasq", "--keep-in-foreground", "--user=root", "--pid-file=", "--conf-file=/dev/null", f"--port={dns}",
                  "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv", "--no-hosts", "--local=/#/",
                  *(txt_record(name, text) for name, text in zone.items()))
        wait_for(lambda: greets("127.0.0.1", dns), what="dnsmasq answers")
        (path / "key.pem").write_bytes(RSA.pem)  # a name with letters alone would be taken for a key in base64
        (path / "key.pem").chmod(0o644)
        (path / "domains").write_text("com\n")
        (path / "config").write_text(CONFIG.format(folder=path, port=cls.port, dns=dns, selector=RSA.selector))
        cls.start("rspamd", "--no-fork", "--insecure", f"--config={path / 'config'}")
        wait_for(lambda: greets("127.0.0.1", cls.port), seconds=60, what="rspamd answers")

    @classmethod
    def start(cls, *command):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(process.wait, 30)
        cls.addClassCleanup(process.terminate)

    def ask(self, message, **headers):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/checkv2", data=message, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def test_it_verifies_what_we_sign(self):
        names = [name for name in BODIES if name != "no line end"]
        for key in (RSA, ED25519):
            signed = run([signing(HEADER + b"\r\n" + BODIES[name], [key]) for name in names])
            for name, fields in zip(names, signed):
                message = fields.encode() + HEADER + b"\r\n" + BODIES[name]
                with self.subTest(name, key=key.kind):
                    self.assertEqual([f"example.com:s={key.selector}"], self.ask(message)["symbols"]["R_DKIM_ALLOW"]["options"])
                    for changed in (message.replace(b"Folds", b"Falds"), message + b"more\r\n", message.replace(b"\r\nTo:", b"\r\nTo: x\r\nTo:", 1)):
                        self.assertIn("R_DKIM_REJECT", self.ask(changed)["symbols"])

    def test_we_verify_what_it_signs(self):
        jobs = []
        for body in BODIES.values():
            answer = self.ask(HEADER + b"\r\n" + body, IP="127.0.0.1")
            self.assertIn("dkim-signature", answer)
            field = f"DKIM-Signature: {answer['dkim-signature']}\r\n".encode()
            jobs.append(verification(field + HEADER + b"\r\n" + body, RSA.zone()))
            jobs.append(verification(field + HEADER + b"\r\nx" + body, RSA.zone()))
        verdicts = [answer["dkim"][0]["verdict"] for answer in run(jobs)]
        self.assertEqual(["pass", "fail"] * len(BODIES), verdicts)


if __name__ == "__main__":
    unittest.main()
