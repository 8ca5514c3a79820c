"""A device is told of changes by Web Push, as RFC 8620 §7.2 says, encrypted for it alone (RFC 8291), by whom we are (RFC 8292)."""
import base64
import http.client
import http.server
import imaplib
import json
import pathlib
import queue
import ssl
import tempfile
import threading
import unittest

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.support.certificates import make_certificates
from tests.support.mailstead import Mailstead, free_ports, wait_for

BOB = "bob@hamburger.edu"
CORE = "urn:ietf:params:jmap:core"


def encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class PushService:
    """Takes pushes at https://127.0.0.1:port/, and puts (path, fields, body) into `pushes`."""

    def __init__(self, certificate, key):
        self.pushes, self.status = queue.Queue(), 201
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.pushes.put((self.path, dict(self.headers), body))
                self.send_response(owner.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.port, = free_ports(1)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        return self.pushes.get(timeout=30)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Device:
    def __init__(self):
        self.key, self.auth = ec.generate_private_key(ec.SECP256R1()), b"sixteen octets!!"
        self.public = self.key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        self.keys = {"p256dh": encode(self.public), "auth": encode(self.auth)}

    def read(self, body):
        """RFC 8291 §3.4, RFC 8188 §2.1."""
        salt, size, sender, sealed = body[:16], body[20], body[21:86], body[86:]
        assert size == 65
        secret = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))

        def derive(salted, secret, info, octets):
            return HKDF(hashes.SHA256(), octets, salted, info).derive(secret)
        secret = derive(self.auth, secret, b"WebPush: info\0" + self.public + sender, 32)
        plain = AESGCM(derive(salt, secret, b"Content-Encoding: aes128gcm\0", 16)).decrypt(
            derive(salt, secret, b"Content-Encoding: nonce\0", 12), sealed, None)
        assert plain[-1] == 2
        return json.loads(plain[:-1])


class PushTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-push-"))
        authority, certificate, key = make_certificates(folder, ["127.0.0.1"])
        cls.service = PushService(certificate, key)
        cls.addClassCleanup(cls.service.close)
        cls.server = Mailstead(["hamburger.edu"], {BOB: "hungry"},
                               config=f'[tls]\ntrusted = "{authority}"\n[push]\nnetworks = ["127.0.0.0/8"]\n').start()
        cls.addClassCleanup(cls.server.kill)

    def call(self, method, arguments):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port("http"), timeout=20)
        connection.request("POST", "/jmap", json.dumps({"using": [CORE], "methodCalls": [[method, arguments, "c"]]}),
                           {"Content-Type": "application/json",
                            "Authorization": "Basic " + base64.b64encode(f"{BOB}:hungry".encode()).decode()})
        response = json.loads(connection.getresponse().read())
        connection.close()
        return response["methodResponses"][0][1]

    def put(self, **arguments):
        return self.call("PushSubscription/set", arguments)

    def create(self, device=None, **more):
        created = self.put(create={"k": {"deviceClientId": "phone", "url": f"https://127.0.0.1:{self.service.port}/p",
                                         **({"keys": device.keys} if device else {}), **more}})
        self.assertEqual(None, created["notCreated"])
        return created["created"]["k"]

    def append(self):
        imap = imaplib.IMAP4("127.0.0.1", self.server.port("imap"))
        imap.login(BOB, "hungry")
        self.assertEqual("OK", imap.append("INBOX", None, None, b"Subject: ketchup\r\n\r\nHello.\r\n")[0])
        imap.logout()

    def test_from_the_subscription_to_the_push(self):
        device = Device()
        made = self.create(device, types=["Email", "EmailDelivery"])
        self.assertEqual({"id", "expires", "verificationCode"}, set(made) - {"types"})
        path, fields, body = self.service.next()
        self.assertEqual(("/p", "aes128gcm", "application/json"), (path, fields["Content-Encoding"], fields["Content-Type"]))
        self.assertGreater(int(fields["TTL"]), 0)
        self.assert_signed(fields["Authorization"])
        first = device.read(body)
        self.assertEqual(("PushVerification", made["id"]), (first["@type"], first["pushSubscriptionId"]))
        self.assertGreaterEqual(len(first["verificationCode"]), 20)

        shown = self.call("PushSubscription/get", {"ids": None})
        self.assertNotIn("accountId", shown)
        self.assertNotIn("state", shown)
        self.assertEqual([(made["id"], "phone", None, ["Email", "EmailDelivery"])],
                         [(one["id"], one["deviceClientId"], one["verificationCode"], one["types"]) for one in shown["list"]])
        self.assertNotIn("url", shown["list"][0])
        self.assertNotIn("keys", shown["list"][0])

        wrong = self.put(update={made["id"]: {"verificationCode": "guess"}})
        self.assertEqual("invalidProperties", wrong["notUpdated"][made["id"]]["type"])
        right = self.put(update={made["id"]: {"verificationCode": first["verificationCode"]}})
        self.assertEqual({made["id"]: None}, right["updated"])
        self.append()
        change = device.read(self.service.next()[2])
        (account, states), = change["changed"].items()
        self.assertEqual(("StateChange", "A"), (change["@type"], account[0]))
        self.assertEqual({"Email", "EmailDelivery"}, set(states))

        self.assertEqual([made["id"]], self.put(destroy=[made["id"]])["destroyed"])
        self.append()
        self.assertEqual([], self.call("PushSubscription/get", {"ids": None})["list"])
        self.assertEqual([made["id"]], self.call("PushSubscription/get", {"ids": [made["id"]]})["notFound"])
        self.assertTrue(self.service.pushes.empty())

    def assert_signed(self, authorization):
        """RFC 8292 §3: by the key beside it, for this service."""
        token, key = authorization.removeprefix("vapid t=").split(", k=")
        head, claims, signature = token.split(".")
        raw = decode(signature)
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(key))
        public.verify(utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")),
                      f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        self.assertEqual(f"https://127.0.0.1:{self.service.port}", json.loads(decode(claims))["aud"])

    def test_what_is_refused(self):
        url = f"https://127.0.0.1:{self.service.port}/p"
        good = {"deviceClientId": "phone", "url": url}
        for change, wrong in (({"url": "http://127.0.0.1/"}, "url"), ({"url": "https://a b/"}, "url"), ({"url": 1}, "url"),
                              ({"deviceClientId": ""}, "deviceClientId"), ({"verificationCode": "x"}, "verificationCode"),
                              ({"keys": {"p256dh": "x", "auth": "y"}}, "keys"), ({"types": "Email"}, "types"),
                              ({"types": ["a b"]}, "types"), ({"expires": "soon"}, "expires"), ({"color": "red"}, "color"),
                              ({"id": "x"}, "id")):
            with self.subTest(change):
                error = self.put(create={"k": {**good, **change}})["notCreated"]["k"]
                self.assertEqual(("invalidProperties", [wrong]), (error["type"], error["properties"]))
        for private in ("url", "keys"):
            self.assertEqual("forbidden", self.call("PushSubscription/get", {"ids": None, "properties": [private]})["type"])
        self.assertEqual("invalidArguments", self.call("PushSubscription/get", {"accountId": "A1", "ids": None})["type"])
        self.assertEqual("notFound", self.put(update={"nothing": {"types": None}})["notUpdated"]["nothing"]["type"])
        self.assertEqual("notFound", self.put(destroy=["nothing"])["notDestroyed"]["nothing"]["type"])

    def test_a_subscription_without_keys_and_its_end(self):
        made = self.create(expires="2999-01-01T00:00:00Z")
        self.assertLess(made["expires"], "2999")
        first = json.loads(self.service.next()[2])
        error = self.put(update={made["id"]: {"url": "https://elsewhere.test/"}})["notUpdated"][made["id"]]
        self.assertEqual(("invalidProperties", ["url"]), (error["type"], error["properties"]))
        self.put(update={made["id"]: {"verificationCode": first["verificationCode"], "types": ["Mailbox"]}})
        self.service.status = 410
        self.addCleanup(setattr, self.service, "status", 201)
        self.append()
        self.assertEqual({"Mailbox"}, set(*json.loads(self.service.next()[2])["changed"].values()))
        wait_for(lambda: not self.call("PushSubscription/get", {"ids": None})["list"], what="it is forgotten")
        self.assertIn("event=push-ended", self.server.log.read_text())


if __name__ == "__main__":
    unittest.main()
