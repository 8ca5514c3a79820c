"""Thunderbird and the certificates that come by themselves, from an authority that it trusts (Debian's pebble): on names of its
own it finds the server by autoconfig over https, reads by IMAPS and sends by TLS, and asks nothing. A renewal under its hands,
with another key, disturbs neither the connections that it has nor those that it makes then."""
import json
import pathlib
import re
import ssl
import tempfile
import unittest
import urllib.request

from tests.interop.test_acme import DOMAIN, HOST, key, leaf
from tests.support.mailstead import DOORS, Mailstead, free_ports, wait_for
from tests.support.pebble import Pebble
from tests.support.thunderbird import Thunderbird

ANNA, PASSWORD, TLS = f"anna@{DOMAIN}", "hungry", 3  # nsMsgSocketType
OTHER = "gasthof.test"  # a second domain of the same server, with names of its own
BERT = f"bert@{OTHER}"
# Ways to find a configuration that are tried beside the one that succeeds; its makers' server, which it is not let to.
EXPLAINED = r"accountcreation/|Higher priority promise succeeded|failed to cleanup Glean crash pings|RemoteSettings"


class TrustedByThunderbird(unittest.TestCase):
    def setUp(self):
        ports = dict(zip(DOORS, free_ports(len(DOORS))))
        self.pebble = self.enterContext(Pebble(ports["https"], ports["http"]))
        self.server = self.enterContext(Mailstead([DOMAIN, OTHER], dict.fromkeys([ANNA, BERT], PASSWORD), hostname=HOST, ports=ports,
                                                  config=self.pebble.config()))
        self.obtained(HOST, DOMAIN, OTHER)
        folder = self.enterContext(tempfile.TemporaryDirectory())
        authority = pathlib.Path(folder, "root.pem")
        root = f"https://localhost:{self.pebble.management}/roots/0"
        authority.write_bytes(urllib.request.urlopen(root, timeout=20, context=ssl.create_default_context(cafile=self.pebble.trusted)).read())
        names = [HOST, *(f"{label}.{domain}" for domain in (DOMAIN, OTHER) for label in ("autoconfig", "autodiscover"))]
        self.thunderbird = self.enterContext(Thunderbird(
            pathlib.Path(__file__).parent / "thunderbird/thunderbird.sys.mjs", names=names, authority=authority,
            ports={443: ports["https"]}))

    def obtained(self, *certificates, times=1):
        for one in certificates:
            wait_for(lambda one=one: self.server.log.read_text().count(f"event=obtained certificate={one} ") >= times, 60,
                     f"{one} in " + self.server.log.read_text()[-2000:])

    def call(self, function, *arguments, seconds=180):
        return self.thunderbird.call(function, *arguments, seconds=seconds)

    def send(self, subject, sender=ANNA, to=ANNA):
        self.call("compose", sender, "imap", {"to": to, "subject": subject, "body": "Hello.\r\n"})
        self.call("send")
        self.call("arrives", to, "INBOX", subject)

    def sessions(self):
        """Its IMAP sessions that are open, and all there were."""
        log = self.server.log.read_text()
        all_of_them = set(re.findall(r" imap s=(\S+) event=login ", log))
        return all_of_them - set(re.findall(r" imap s=(\S+) event=close ", log)), all_of_them

    def test_it_asks_nothing(self):
        for address in (ANNA, BERT):
            made = self.call("setUp", {"address": address, "password": PASSWORD, "name": "Somebody", "type": "imap", "socketType": TLS,
                                       "byHand": {}})
            self.assertEqual("xml-from-isp-https", made["source"])
            self.assertEqual({"type": "imap", "host": HOST, "port": self.server.port("imaps"), "socketType": TLS}, made["server"])
            self.assertIn(f"@{HOST}:{self.server.port('submissions')}", made["outgoing"])
            self.call("folders", address, 6)  # until then it would make a Sent of its own
            self.call("open", address, "INBOX")
        self.send("to the other domain", to=BERT)
        self.send("first")

        before, (kept, _) = leaf(self.server.port("imaps")), self.sessions()
        self.assertGreaterEqual(len(kept), 2)
        self.server.run("certificate", "roll", HOST)
        self.server.run("certificate", "roll", HOST, "--switch")
        self.obtained(HOST, times=2)
        after = leaf(self.server.port("imaps"))
        self.assertNotEqual(key(before), key(after))
        self.assertIn("Pebble", after)
        self.send("renewed meanwhile")  # by a new connection it is sent, on an old one it is told
        still, known = self.sessions()
        self.assertLessEqual(kept, still)
        self.call("hangUp", ANNA)
        self.call("hangUp", BERT)
        wait_for(lambda: not still & self.sessions()[0], what="it hangs up")
        self.call("getMessages", ANNA)
        self.send("connected again", sender=BERT)
        self.assertLess(known, self.sessions()[1])

        wrong = [line for line in self.call("complaints") if not re.search(EXPLAINED, line)]
        if wrong:
            self.fail("\n".join([*wrong, self.thunderbird.tail(), self.server.last_words()]))
        self.assertEqual([], self.call("answered"))
        self.assertEqual([], self.call("exceptions"))


if __name__ == "__main__":
    unittest.main()
