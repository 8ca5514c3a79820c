"""DKIM and ARC against other programs, both directions: Debian's python3-dkim with its own tests and their data, and opendkim."""
import base64
import json
import pathlib
import subprocess
import tempfile
import time
import unittest

import dkim
import dkim.tests.test_arc
import dkim.tests.test_dkim
import dkim.tests.test_dkim_ed25519
import dkim.tests.test_dkim_rsavariants

from tests.support import mailstead

PROGRAM = pathlib.Path(mailstead.BINARY).parent / "tests/interop/dkim_program/dkim_program"
NOW = int(time.time())

HEADER = (b"Received: from a.example by b.example; Mon, 30 Nov 2026 12:00:00 +0000\r\n"
          b"From: Joe <joe@example.com>\r\nTo: a@example.net,\r\n\tb@example.net ,\r\n  c@example.net\r\n"
          b"Subject:  Folds   and \t spaces  \r\nDate: Mon, 30 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n"
          b"MIME-Version: 1.0\r\nContent-Type: text/plain;\r\n charset=utf-8\r\nX-Empty:\r\nList-Id: <l.example.com>\r\n")
# A milter, which opendkim is, is not told how many spaces come after a colon: it cannot sign others in the simple form.
PLAIN_HEADER = HEADER.replace(b"Subject:  ", b"Subject: ").replace(b"X-Empty:\r\n", b"X-Empty: \r\n")
BODIES = {
    "plain": b"Hello\r\n\r\nWorld\r\n",
    "empty": b"",
    "one empty line": b"\r\n",
    "empty lines at the end": b"Hello\r\n\r\n\r\n\r\n",
    "spaces": b" a  b\t\tc \r\n \t \r\n\td\r\n\r\n",
    "nothing but spaces": b"  \r\n \r\n",
    "no line end": b"Hello",
    "8-bit": "Grüße\r\n".encode() + b"\xff\xfe\x80\r\n",
    "a long line": b"x" * 9000 + b"\r\n" + b"y \t" * 3000 + b"\r\n",
}
CHAIN = [b"first.example", b"second.example", b"third.example"]


def openssl(*words, given=None):
    return subprocess.run(["openssl", *words], input=given, capture_output=True, check=True).stdout


class Key:
    """A key pair as both sides want it."""

    def __init__(self, kind):
        self.kind = kind
        if kind == "rsa":
            self.pem = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
            public = openssl("pkey", "-pubout", "-outform", "DER", given=self.pem)
            self.for_dkimpy = openssl("rsa", "-traditional", given=self.pem)
        else:
            self.pem = openssl("genpkey", "-algorithm", "ED25519")
            public = openssl("pkey", "-pubout", "-outform", "DER", given=self.pem)[-32:]
            self.for_dkimpy = base64.b64encode(openssl("pkey", "-outform", "DER", given=self.pem)[-32:])
        self.record = f"v=DKIM1; k={kind}; p={base64.b64encode(public).decode()}"
        self.selector = f"{kind}-sel"
        self.algorithm = f"{kind}-sha256".encode()

    def zone(self, domain="example.com"):
        return {f"{self.selector}._domainkey.{domain}": self.record}


RSA, ED25519 = Key("rsa"), Key("ed25519")


def run(jobs):
    done = subprocess.run([PROGRAM], input=json.dumps(jobs).encode(), capture_output=True, check=False, timeout=120)
    if done.returncode:
        raise AssertionError(f"{PROGRAM} ends with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return json.loads(done.stdout)


def verification(message, zone, piece=1000):
    return {"verify": base64.b64encode(message).decode(), "zone": zone, "now": NOW, "piece": piece}


def signing(message, keys, piece=1000):
    return {"sign": base64.b64encode(message).decode(), "now": NOW, "piece": piece,
            "keys": [{"pem": key.pem.decode(), "domain": "example.com", "selector": key.selector} for key in keys]}


def dns_of(zone):
    """The zone as dkimpy asks for it."""
    def answer(name, timeout=5):
        del timeout
        return zone.get(name.decode().rstrip("."), "").encode() or None
    return answer


class OurSignatures(unittest.TestCase):
    """What we sign, others verify."""

    def setUp(self):
        self.zone = RSA.zone() | ED25519.zone()
        jobs = [signing(HEADER + b"\r\n" + body, [RSA, ED25519]) for body in BODIES.values()]
        self.signed = dict(zip(BODIES, [fields.encode() + HEADER + b"\r\n" + body
                                        for fields, body in zip(run(jobs), BODIES.values())]))

    def test_dkimpy_verifies_them(self):
        for name, message in self.signed.items():
            for index, key in enumerate((RSA, ED25519)):
                with self.subTest(name, key=key.kind):
                    self.assertTrue(dkim.DKIM(message).verify(index, dnsfunc=dns_of(self.zone)))
                    self.assertFalse(altered_is_good(message, index, self.zone))

    def test_opendkim_verifies_them(self):
        for name, message in self.signed.items():
            if name == "no line end":  # it reads files, and adds one
                continue
            with self.subTest(name):
                good = f"verification (s={RSA.selector}, d=example.com, 2048-bit key) succeeded"
                self.assertIn(good, opendkim_verifies(message))
                self.assertNotIn(good, opendkim_verifies(message.replace(b"Folds", b"Falds")))
                self.assertNotIn(good, opendkim_verifies(message + b"more\r\n"))


def altered_is_good(message, index, zone):
    """Whether dkimpy takes a message with an added Subject."""
    try:
        return dkim.DKIM(message.replace(b"\r\nSubject:", b"\r\nSubject: x\r\nSubject:", 1)).verify(index, dnsfunc=dns_of(zone))
    except dkim.DKIMException:
        return False


def opendkim(message, config):
    """What opendkim says of the message, with that configuration."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "message").write_bytes(message)
        (folder / "key").write_bytes(RSA.pem)
        (folder / "public").write_text("".join(f"{name} {text}\n" for name, text in RSA.zone().items()))
        (folder / "conf").write_text(f"RequireSafeKeys false\nTemporaryDirectory {folder}\n" + config.format(folder=folder))
        done = subprocess.run(["/usr/sbin/opendkim", "-x", folder / "conf", "-t", folder / "message"], capture_output=True, check=False,
                              timeout=60)
        return done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


def opendkim_verifies(message):
    """What opendkim says of the RSA signature, which comes first. It does not know the other key's record."""
    start = message.index(b"DKIM-Signature:", 1)
    message = message[:start] + message[message.index(b"Received:", start):]
    return opendkim(message, "Mode v\nTestPublicKeys {folder}/public\n")


class TheirSignatures(unittest.TestCase):
    """What others sign, we verify."""

    def test_dkimpy_signs(self):
        jobs, names = [], []
        for name, body in BODIES.items():
            message = HEADER + b"\r\n" + body
            for key in (RSA, ED25519):
                for forms in [(b"simple", b"simple"), (b"simple", b"relaxed"), (b"relaxed", b"simple"), (b"relaxed", b"relaxed")]:
                    field = dkim.sign(message, key.selector.encode(), b"example.com", key.for_dkimpy, canonicalize=forms,
                                      signature_algorithm=key.algorithm, length=name == "8-bit")
                    for piece in (1, 7, 4096):
                        jobs.append(verification(field + message, key.zone(), piece))
                        names.append((name, key.kind, forms, piece, "pass"))
                    jobs.append(verification(field + message.replace(b"Folds", b"Falds"), key.zone()))
                    names.append((name, key.kind, forms, "header changed", "fail"))
                    jobs.append(verification(field + HEADER + b"\r\nx" + body, key.zone()))
                    names.append((name, key.kind, forms, "body changed", "fail"))
        wrong = [(name, result["dkim"]) for name, result in zip(names, run(jobs)) if result["dkim"][0]["verdict"] != name[-1]]
        self.assertEqual([], wrong)

    def test_opendkim_signs(self):
        jobs, names = [], []
        for name, body in BODIES.items():
            if name == "no line end":
                continue
            for forms in ("simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"):
                header = PLAIN_HEADER if forms.startswith("simple") else HEADER
                said = opendkim(header + b"\r\n" + body, f"Mode s\nDomain example.com\nSelector {RSA.selector}\nKeyFile {{folder}}/key\n"
                                f"SignatureAlgorithm rsa-sha256\nCanonicalization {forms}\nOversignHeaders From,Subject\n")
                start = said.index("DKIM-Signature:")
                field = "\r\n".join(line for line in said[start:].splitlines() if line) + "\r\n"
                jobs.append(verification(field.encode() + header + b"\r\n" + body, RSA.zone()))
                names.append((name, forms, "pass"))
                jobs.append(verification(field.encode() + b"Subject: x\r\n" + header + b"\r\n" + body, RSA.zone()))
                names.append((name, forms, "fail"))
        wrong = [(name, result["dkim"]) for name, result in zip(names, run(jobs)) if result["dkim"][0]["verdict"] != name[-1]]
        self.assertEqual([], wrong)

    def test_opendkim_testmsg_signs_with_sha1_which_is_no_longer_good(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(RSA.pem)
            file.flush()
            signed = subprocess.run(["/usr/sbin/opendkim-testmsg", "-C", "-d", "example.com", "-s", RSA.selector, "-k", file.name],
                                    input=HEADER + b"\r\nHello\r\n", capture_output=True, check=True, timeout=60).stdout
        result = run([verification(signed, RSA.zone())])[0]["dkim"][0]
        self.assertEqual(("permerror", "rsa-sha1"), (result["verdict"], result["algorithm"]))


class TheirChains(unittest.TestCase):
    """dkimpy seals (with RSA alone), we verify."""

    @staticmethod
    def seal(message, domain, key, status):
        results = b"Authentication-Results: " + domain + b"; arc=" + status + b"; spf=pass smtp.mailfrom=a@example.com\r\n"
        fields = dkim.arc_sign(results + message, key.selector.encode(), domain, key.for_dkimpy, domain, signature_algorithm=key.algorithm,
                               include_headers=[b"from", b"to", b"subject", b"date", b"message-id"])
        return b"".join(fields) + message

    def test_chains_of_three(self):
        zone = {}
        message = HEADER + b"\r\nHello\r\n"
        for place, domain in enumerate(CHAIN):
            zone |= RSA.zone(domain.decode())
            message = self.seal(message, domain, RSA, b"pass" if place else b"none")
            arc = run([verification(message, zone)])[0]["arc"]
            self.assertEqual(("pass", 0, [one.decode() for one in CHAIN[:place + 1]]), (arc["status"], arc["oldest_pass"], arc["sealers"]), arc)
        changed = message.replace(b"Hello", b"Hallo")
        sealed_again = self.seal(changed, b"list.example", RSA, b"pass")
        zone |= RSA.zone("list.example")
        broken, mended, forged = run([verification(changed, zone), verification(sealed_again, zone),
                                      verification(message.replace(b"i=1; first.example", b"i=1; worst.example"), zone)])
        self.assertEqual("fail", broken["arc"]["status"])
        self.assertEqual("fail", forged["arc"]["status"])
        # The list has changed the message after the third set: dkimpy goes on with the chain, and we say from where it holds.
        self.assertEqual(("pass", 4), (mended["arc"]["status"], mended["arc"]["oldest_pass"]), mended["arc"])


class TheirTests(unittest.TestCase):
    """Whatever dkimpy verifies in its own tests is judged by us with the same keys, and equally."""

    # Where we differ, and why.
    REASONS = {
        "an RSA key of 512 bits is too short": "RFC 8301 §3.2; the tests allow it",
    }

    def setUp(self):
        self.seen = []
        self.originals = dkim.DKIM.verify, dkim.ARC.verify
        dkim.DKIM.verify, dkim.ARC.verify = self.recorder("dkim"), self.recorder("arc")

    def tearDown(self):
        dkim.DKIM.verify, dkim.ARC.verify = self.originals

    def recorder(self, method):
        original = self.originals[method == "arc"]
        seen = self.seen

        def verify(self, *arguments, dnsfunc=None, **named):
            zone = {}

            def remembering(name, timeout=5):
                text = dnsfunc(name, timeout)
                if text is not None:
                    zone[name.decode("ascii").rstrip(".")] = text if isinstance(text, str) else text.decode()
                return text
            message = b"".join(name + b":" + value for name, value in self.headers) + b"\r\n" + self.body
            good = False
            try:
                answer = original(self, *arguments, dnsfunc=remembering, **named)
                good = answer is True or (isinstance(answer, tuple) and answer[0] == dkim.CV_Pass)
                return answer
            finally:
                seen.append((method, message, zone, good, (list(arguments) + [named.get("idx", 0)])[0]))
        return verify

    def test_we_judge_as_it_does(self):
        modules = [dkim.tests.test_dkim, dkim.tests.test_dkim_ed25519, dkim.tests.test_dkim_rsavariants, dkim.tests.test_arc]
        suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromModule(module) for module in modules)
        outcome = unittest.TestResult()
        suite.run(outcome)
        self.assertEqual([], outcome.errors + outcome.failures, "dkimpy's own tests")
        self.assertGreater(len(self.seen), 100)
        answers = run([verification(message, zone) for _, message, zone, _, _ in self.seen])
        wrong, excused = [], set()
        for (method, message, _, good, index), answer in zip(self.seen, answers):
            ours = answer["arc"] if method == "arc" else (answer["dkim"] or [{"verdict": "none", "reason": ""}])[index]
            word = ours.get("status") or ours.get("verdict")
            if (word == "pass") == good:
                continue
            if ours["reason"] in self.REASONS:
                excused.add(ours["reason"])
            else:
                wrong.append((method, good, ours, message[:600]))
        self.assertEqual([], wrong)
        self.assertEqual(set(self.REASONS), excused)
        print(f"{len(self.seen)} verifications in {outcome.testsRun} of dkimpy's tests, judged alike")


if __name__ == "__main__":
    unittest.main()
