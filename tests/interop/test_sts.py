"""MTA-STS: policies of other domains, fetched, kept and applied. RFC 8461.

In a network of its own: knot serves the zones at 127.0.0.1, Mailstead is mx.here.test at 127.0.0.2, peers are elsewhere.
"""
import tests.support.own_network  # noqa: F401  pylint: disable=unused-import
import http.client  # noqa: E402
import re  # noqa: E402
import ssl  # noqa: E402
import time  # noqa: E402
import unittest  # noqa: E402
import urllib.request  # noqa: E402

from tests.support.mailstead import Mailstead, wait_for  # noqa: E402
from tests.support.outgoing import CONFIG, Outgoing  # noqa: E402
from tests.support.policy_host import PolicyHost  # noqa: E402
from tests.support.zones import tlsa  # noqa: E402


class Sts(Outgoing):
    config = CONFIG + 'reply_timeout = "5s"\n'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.untrusted_host = PolicyHost("127.0.0.4", *cls.certificates["bad"][1:])
        cls.addClassCleanup(cls.untrusted_host.close)

    def test_enforced_and_kept(self):
        server, address, name = self.peer()
        self.publish(name, address)
        self.policy(name, "enforce")
        self.send("a@" + name)
        self.arrives(server, "a@" + name, "sts")
        self.assertTrue(server.messages[0][2])
        self.send("b@" + name)
        self.arrives(server, "b@" + name, "sts")
        self.assertEqual(self.host.asked.count(("mta-sts." + name, "/.well-known/mta-sts.txt")), 1)
        wait_for(lambda: ("sts", "success") in self.results(name), what="it is counted")

    def test_certificate_of_another_authority_keeps_mail(self):
        server, address, name = self.peer("bad")
        self.publish(name, address)
        self.policy(name, "enforce")
        self.send("a@" + name)
        self.stays(server, "a@" + name, "4.7.5", "MTA-STS", "certificate verify failed")
        wait_for(lambda: ("sts", "certificate-not-trusted") in self.results(name), what="it is counted")

    def test_no_starttls_keeps_mail(self):
        server, address, name = self.peer(None)
        self.publish(name, address)
        self.policy(name, "enforce")
        self.send("a@" + name)
        self.stays(server, "a@" + name, "4.7.10", "MTA-STS")
        wait_for(lambda: ("sts", "starttls-not-supported") in self.results(name), what="it is counted")

    def test_hosts_that_the_policy_does_not_name_get_no_mail(self):
        server, address, name = self.peer()
        self.publish(name, address)
        self.policy(name, "enforce", mx="*.elsewhere.test")
        self.send("a@" + name)
        self.stays(server, "a@" + name, "4.7.5", "MTA-STS")

    def test_testing_delivers_and_counts(self):
        server, address, name = self.peer("bad")
        self.publish(name, address)
        self.policy(name, "testing")
        self.send("a@" + name)
        self.arrives(server, "a@" + name, "opportunistic")
        wait_for(lambda: ("sts", "certificate-not-trusted") in self.results(name), what="it is counted")

    def test_no_record_no_policy(self):
        server, address, name = self.peer("bad")
        self.publish(name, address, identity=None)
        self.policy(name, "enforce")
        self.send("a@" + name)
        self.arrives(server, "a@" + name, "opportunistic")
        self.assertNotIn(("mta-sts." + name, "/.well-known/mta-sts.txt"), self.host.asked)

    def test_kept_policy_counts_while_its_host_is_away_or_its_record_gone(self):
        server, address, name = self.peer()
        self.publish(name, address)
        self.policy(name, "enforce")
        self.send("a@" + name)
        self.arrives(server, "a@" + name, "sts")
        self.turn_bad(server)
        server.messages.clear()
        self.publish(name, address, identity="2", policy_host="127.0.0.9")  # nobody listens there
        self.send("b@" + name)
        # It took mail a moment ago, so it is tried again soon, and the mail is not deferred yet.
        wait_for(lambda: "MTA-STS: TLS handshake failed" in self.line("not-connected", "mx." + name), what="no connection")
        self.assertIn("sts-policy-fetch-error", self.line("sts-policy-failed", f"domain={name} "))
        self.publish(name, address, identity=None)
        before = self.server.log.read_text().count("event=not-connected")
        self.server.run("queue", "retry")
        wait_for(lambda: self.server.log.read_text().count("event=not-connected") > before, what="no connection")
        self.assertEqual(server.messages, [])
        self.assertIn("b@" + name, self.server.run("queue", "list", "--json"))

    def test_expired_policy_counts_no_more_while_its_host_is_away(self):
        server, address, name = self.peer()
        self.publish(name, address)
        self.policy(name, "enforce", max_age=5)
        self.send("a@" + name)
        self.arrives(server, "a@" + name, "sts")
        self.turn_bad(server)
        self.publish(name, address, identity="2", policy_host="127.0.0.9")
        wait_for(lambda: self.expires_at(name) < time.time(), 20, "the policy has expired")
        self.send("b@" + name)
        self.arrives(server, "b@" + name, "opportunistic")

    def test_host_that_hangs_delays_its_own_domain_alone(self):
        server, address, name = self.peer("bad")
        other, other_address, other_name = self.peer("bad")
        self.publish(name, address)
        self.publish(other_name, other_address, None)
        self.host.hangs.add("mta-sts." + name)
        self.send("a@" + name)
        wait_for(lambda: ("mta-sts." + name, "/.well-known/mta-sts.txt") in self.host.asked, 20, "its policy is asked for")
        self.send("b@" + other_name)
        self.arrives(other, "b@" + other_name, "opportunistic")
        self.assertEqual(server.messages, [])
        self.arrives(server, "a@" + name, "opportunistic")
        self.assertIn("sts-policy-fetch-error", self.line("sts-policy-failed", f"domain={name} "))

    def test_new_policy_takes_the_old_ones_place(self):
        server, address, name = self.peer()
        self.publish(name, address)
        self.policy(name, "enforce")
        self.send("a@" + name)
        self.arrives(server, "a@" + name, "sts")
        self.turn_bad(server)
        self.policy(name, "none")
        self.publish(name, address, identity="2")
        self.send("b@" + name)
        self.arrives(server, "b@" + name, "opportunistic")

    def unfetched(self, result, policy_host="127.0.0.3"):
        """Without a policy from before, one that cannot be had is none."""
        server, address, name = self.peer("bad")
        self.publish(name, address, policy_host=policy_host)
        self.prepare(name)
        self.send("a@" + name)
        self.arrives(server, "a@" + name, "opportunistic")
        self.assertIn(result, self.line("sts-policy-failed", f"domain={name} "))
        wait_for(lambda: ("sts", result) in self.results(name), what="it is counted")
        return name

    def prepare(self, name):
        self.policy(name, "enforce")

    def test_unreachable_policy(self):
        self.unfetched("sts-policy-fetch-error", "127.0.0.9")

    def test_policy_host_that_nobody_vouches_for(self):
        self.unfetched("sts-webpki-invalid", "127.0.0.4")

    def test_redirects_are_not_followed(self):
        self.prepare = lambda name: (self.policy(name, "enforce"), self.host.status.update({"mta-sts." + name: 302}))
        name = self.unfetched("sts-policy-fetch-error")
        self.assertNotIn(("mta-sts." + name, "/elsewhere.txt"), self.host.asked)

    def test_too_large_policy(self):
        self.prepare = lambda name: self.host.policies.update({"mta-sts." + name: "version: STSv1\r\n" + "x: y\r\n" * 20000})
        self.unfetched("sts-policy-fetch-error")

    def test_web_page_is_no_policy(self):
        self.host.kind = "text/html"
        self.unfetched("sts-policy-invalid")

    def test_own_policy(self):
        def ask(host):
            connection = http.client.HTTPSConnection("127.0.0.2", self.server.port("https"), timeout=20,
                                                     context=ssl._create_unverified_context())  # pylint: disable=protected-access
            connection.request("GET", "/.well-known/mta-sts.txt", headers={"Host": host})
            answer = connection.getresponse()
            self.addCleanup(connection.close)
            return answer.status, answer.getheader("Content-Type"), answer.read().decode()

        status, kind, policy = ask("MTA-STS.here.test:443")
        self.assertEqual(status, 200)
        self.assertTrue(kind.startswith("text/plain"))
        self.assertEqual(policy, "version: STSv1\r\nmode: enforce\r\nmx: mx.here.test\r\nmax_age: 604800\r\n")
        self.assertRegex(self.server.run("dns", "here.test"), r'(?m)^_mta-sts\.here\.test\..* TXT "v=STSv1; id=[0-9a-f]{1,16}"$')
        for other in ("here.test", "mx.here.test", "mta-sts.elsewhere.test", "mta-sts.", "mta-sts.x.here.test"):
            self.assertEqual(ask(other)[0], 404, other)

    def test_own_policy_is_withdrawn(self):
        config = '[mail]\njudge = false\nmta_sts = "none"\n'
        with Mailstead(["other.test"], {}, address="127.0.0.6", hostname="mx.other.test", config=config) as other:
            context = ssl._create_unverified_context()  # pylint: disable=protected-access
            with urllib.request.urlopen(urllib.request.Request(f"https://127.0.0.6:{other.port('https')}/.well-known/mta-sts.txt",
                                                               headers={"Host": "mta-sts.other.test"}), context=context, timeout=20) as answer:
                self.assertEqual(answer.read().decode(), "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n")
            withdrawn = other.run("dns", "other.test")
            other.config.write_text(other.config.read_text().replace('mta_sts = "none"', 'mta_sts = "testing"'))
            found = [re.search(r'id=[0-9a-f]{1,16}', text)[0] for text in (withdrawn, other.run("dns", "other.test"))]
            self.assertNotEqual(*found)

    def test_dane_goes_before(self):
        server, address, name = self.peer("bad")
        self.publish(name, address, records=["_25._tcp.mx TLSA " + tlsa(self.certificates["bad"][1])], signed=True)
        self.policy(name, "enforce")
        self.send("a@" + name)
        self.arrives(server, "a@" + name, "dane")


if __name__ == "__main__":
    unittest.main()
