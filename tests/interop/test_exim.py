"""Mailstead and Exim, both directions, over a DNS that is signed: DANE (RFC 7672) with a rollover and a broken record, and DKIM (RFC
6376). In a network of its own.

knot serves the zones at 127.0.0.1; dnsmasq validates for Exim at 127.0.0.53; Mailstead is mx.here.test at 127.0.0.2 and Exim
mx.there.test at 127.0.0.3.
"""
import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
import unittest  # noqa: E402

from tests.support.exim import Exim  # noqa: E402
from tests.support.mailstead import wait_for  # noqa: E402
from tests.support.signed_pair import DORA, SignedPair  # noqa: E402
from tests.support.zones import tlsa  # noqa: E402


def txt(text):
    return " ".join(f'"{text[at:at + 200]}"' for at in range(0, len(text), 200))


class EximTest(SignedPair):
    config = "[mail]\njudge = true\n"

    @classmethod
    def start_other(cls):
        return Exim(cls.directory / "exim", "127.0.0.3", "mx.there.test", "there.test")

    def records(self, name):
        """Who may send, and the keys that sign."""
        printed = self.server.run("dns", "here.test").splitlines()
        key = next(line.split(" ", 4) for line in printed if "._domainkey." in line)
        if name == "here.test":
            return ['@ TXT "v=spf1 ip4:127.0.0.2 -all"', f"{key[0]} TXT {key[4]}"]
        return ['@ TXT "v=spf1 ip4:127.0.0.3 -all"', "exim._domainkey TXT " + txt(self.other.dkim_record())]

    def test_to_exim_and_its_dkim_acl(self):
        self.publish()
        self.wait_for_new_sessions()
        self.send_to_dora("without")
        self.delivered("without", "opportunistic")
        selector = self.server.run("dkim", "list").split()[1]
        said = [line.split(" DKIM ")[1] for line in self.other.log().splitlines() if " DKIM here.test" in line]
        self.assertEqual([f"here.test {selector} rsa-sha256 pass"], said)

        old = tlsa(self.other.certificate)
        self.publish(there=[old])
        self.wait_for_new_sessions()
        self.send_to_dora("with")
        self.delivered("with", "dane")

        # A new key whose record is missing: kept and told, until it stands beside the old one's.
        self.other.new_key()
        self.wait_for_new_sessions()
        self.send_to_dora("rolled")
        wait_for(lambda: any("DANE: TLS handshake failed" in line for line in self.lines("not-connected")), 30, "it is told")
        self.assertFalse(self.other.has("rolled"))
        self.assertIn(DORA, self.server.run("queue", "list", "--json"))
        self.publish(there=[old, tlsa(self.other.certificate)])
        self.server.run("queue", "retry")
        self.delivered("rolled", "dane")

    def test_from_exim_which_signs_and_verifies(self):
        self.publish()
        self.send_to_bob("plain")
        header = wait_for(lambda: self.arrived("plain"), 30, "it arrives")
        results = " ".join(header[header.index("Authentication-Results: mx.here.test;"):].split("\r\n\r\n")[0].split())
        self.assertIn("dkim=pass header.d=there.test header.s=exim", results)
        self.assertIn("spf=pass smtp.mailfrom=there.test", results)
        self.assertIn("DKIM-Signature: v=1; a=rsa-sha256; q=dns/txt; c=relaxed/relaxed; d=there.test;", header)

        good, wrong = tlsa(self.certificate), "3 1 1 " + "00" * 32
        self.publish(here=[good])
        self.send_to_bob("verified")
        wait_for(lambda: self.arrived("verified"), 30, "it arrives")
        wait_for(lambda: any(" => bob@here.test " in line and " CV=dane " in line for line in self.other.log().splitlines()),
                 what="Exim says that it verified")

        self.publish(here=[wrong])
        self.send_to_bob("waits")
        # Between its attempts, too, Exim has lines of a deferral, with other words.
        wait_for(lambda: any("certificate verification failed" in line for line in self.other.log().splitlines()
                             if " == bob@here.test " in line), 30, "Exim defers")
        self.assertFalse(self.arrived("waits"))
        # A rollover: both stand.
        self.publish(here=[wrong, good])
        self.other.run_queue()
        wait_for(lambda: self.arrived("waits"), 40, "it arrives")


if __name__ == "__main__":
    unittest.main()
