"""DANE between Mailstead and Postfix, both directions, over a DNS that is signed. RFC 7672. In a network of its own.

knot serves the zones at 127.0.0.1; dnsmasq validates for Postfix at 127.0.0.53; Mailstead is mx.here.test at 127.0.0.2 and
Postfix mx.there.test at 127.0.0.3.
"""
import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
import unittest  # noqa: E402

from tests.support.mailstead import wait_for  # noqa: E402
from tests.support.postfix import Postfix  # noqa: E402
from tests.support.signed_pair import DORA, SignedPair  # noqa: E402
from tests.support.zones import tlsa  # noqa: E402


class DanePostfix(SignedPair):
    @classmethod
    def start_other(cls):
        return Postfix(cls.directory / "postfix", "127.0.0.3", "mx.there.test", "there.test", "dora",
                       "smtp_dns_support_level = dnssec\nsmtp_tls_security_level = dane\nsmtp_host_lookup = dns\n"
                       "smtp_connection_cache_on_demand = no\n")

    def test_from_mailstead_without_with_broken_and_rolled_records(self):
        self.publish()
        self.send_to_dora("without")
        self.delivered("without", "opportunistic")

        old = tlsa(self.other.certificate)
        self.publish(there=[old])
        self.wait_for_new_sessions()
        self.send_to_dora("with")
        self.delivered("with", "dane")

        # A new key whose record is missing: broken until it is there. Its record stands beside the old one's.
        self.other.new_key("mx.there.test")
        self.other.command("reload")
        self.wait_for_new_sessions()
        self.send_to_dora("rolled")
        wait_for(lambda: any("DANE: TLS handshake failed" in line for line in self.lines("not-connected")), 30, "it is told")
        self.assertFalse(self.other.has("rolled"))
        self.assertIn(DORA, self.server.run("queue", "list", "--json"))
        self.publish(there=[old, tlsa(self.other.certificate)])
        self.server.run("queue", "retry")
        self.delivered("rolled", "dane")

    def test_from_postfix_which_verifies(self):
        good = tlsa(self.certificate)
        self.publish(here=[good])
        self.send_to_bob("verified")
        wait_for(lambda: self.arrived("verified"), 30, "it arrives")
        self.assertIn("Verified TLS connection established to mx.here.test", self.other.log())

        self.publish(here=["3 1 1 " + "00" * 32])
        self.other.command("reload")  # its clients remember records for a moment
        self.send_to_bob("waits")
        wait_for(lambda: "Server certificate not verified" in self.other.log() or "status=deferred" in self.other.log(), 30,
                 "Postfix defers")
        self.assertFalse(self.arrived("waits"))
        self.publish(here=["3 1 1 " + "00" * 32, good])
        wait_for(lambda: self.arrived("waits"), 40, "it arrives")


if __name__ == "__main__":
    unittest.main()
