"""A page shows so much text of a message, however many parts it is in; the rest is behind links. RFC 2046 §5.1."""
import http.client
import re
import unittest
import urllib.parse

from tests.support.imap import Imap
from tests.support.mailstead import Mailstead

BOB = "bob@here.test"
PARTS = 40
PART = ('"' * 990 + "\r\n") * 264  # 256 KiB


class ManyTexts(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Mailstead(["here.test"], {BOB: "hungry"}))
        self.cookie = ""
        form = urllib.parse.urlencode({"user": BOB, "password": "hungry"})
        answer, _ = self.ask("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
        self.cookie = answer.getheader("Set-Cookie").split(";")[0]

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.server.address, self.server.port("http"), timeout=60)
        connection.request(method, path, body, {"Cookie": self.cookie, **(headers or {})})
        answer = connection.getresponse()
        octets = answer.read()
        connection.close()
        return answer, octets

    def test_texts_share_the_room_of_a_page(self):
        message = "Subject: many\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        message += f"--b\r\nContent-Type: text/plain\r\n\r\n{PART}\r\n" * PARTS + "--b--\r\n"
        with Imap(self.server.address, self.server.port("imap")).login(BOB, "hungry") as imap:
            uid = re.search(r"APPENDUID \d+ (\d+)", imap.ok("APPEND INBOX {}", message.encode()).text)[1]
        _, page = self.ask("GET", "/mail")
        mailbox = re.search(rb'/mail\?mailbox=(\d+)">INBOX', page)[1].decode()
        answer, page = self.ask("GET", f"/message?mailbox={mailbox}&uid={uid}")
        self.assertEqual(200, answer.status)
        self.assertEqual(PARTS, page.count(b"<pre>"))
        self.assertLess(len(page), 4 << 20)
        self.assertAlmostEqual(page.count(b"&quot;"), 512 << 10, delta=4096)
        links = re.findall(rb'<a href="([^"]+)">All of this text', page)
        self.assertEqual(PARTS - 2, len(links))
        for link in (links[0], links[-1]):
            _, text = self.ask("GET", link.decode().replace("&amp;", "&"))
            self.assertEqual(PART, text.decode() + "\r\n" if not text.endswith(b"\n") else text.decode())


if __name__ == "__main__":
    unittest.main()
