"""SPF against the public test suite of RFC 7208 (openspf.org's, release 2014.04), as Debian's package python3-spf has it."""
import gzip
import ipaddress
import json
import pathlib
import subprocess
import unittest

import yaml

from tests.support import mailstead

SUITE = pathlib.Path("/usr/share/doc/python3-spf/rfc7208-tests.yml.gz")
TESTS = 203  # what it has
PROGRAM = pathlib.Path(mailstead.BINARY).parent / "tests/interop/spf_program/spf_program"
NO_TEXT = "DEFAULT"  # the suite's word for a failure without an explanation of the domain's own


def address_of(arpa):
    """The address whose name in the DNS that is; None: it is none."""
    labels = arpa.lower().rstrip(".").split(".")
    if labels[-2:] == ["in-addr", "arpa"]:
        return ".".join(reversed(labels[:-2]))
    if labels[-2:] == ["ip6", "arpa"]:
        digits = "".join(reversed(labels[:-2]))
        return str(ipaddress.ip_address(int(digits, 16)))
    return None


def text_of(value):
    """Character-strings of a TXT record, joined. YAML's \\xNN are octets."""
    return "".join(value) if isinstance(value, list) else value


def records_of(name, entries):
    """[type, value] as the program wants them. Type SPF is TXT's copy where the name has no TXT of its own."""
    entries = [entry if isinstance(entry, str) else next(iter(entry.items())) for entry in entries]
    own_txt = any(entry[0] == "TXT" for entry in entries)
    for entry in entries:
        if entry == "TIMEOUT":
            yield name, ["FAIL", None]
            continue
        kind, value = entry
        if kind in ("TXT", "SPF"):
            if value != "NONE" and (kind == "TXT" or not own_txt):
                yield name, ["TXT", text_of(value)]
        elif kind == "PTR":
            yield address_of(name), ["PTR", value.rstrip(".")]
        elif kind == "CNAME":
            yield name, ["CNAME", value.rstrip(".")]
        else:
            yield name, [kind, value]


def zone_of(scenario):
    zone = {}
    for name, entries in scenario["zonedata"].items():
        for owner, record in records_of(name, entries):
            zone.setdefault(owner, []).append(record)
    return zone


def judge(scenarios):
    given = [{"zone": zone_of(scenario),
              "queries": [{"client": test["host"], "mail_from": test["mailfrom"], "helo": test["helo"]}
                          for test in scenario["tests"].values()]} for scenario in scenarios]
    done = subprocess.run([PROGRAM], input=json.dumps(given, ensure_ascii=True).encode(), capture_output=True, check=False, timeout=60)
    if done.returncode:
        raise AssertionError(f"{PROGRAM} ends with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return json.loads(done.stdout)


class Suite(unittest.TestCase):
    def test_all_of_it(self):
        with gzip.open(SUITE) as file:  # missing: the package is, and that is a failure
            scenarios = list(yaml.safe_load_all(file))
        tests = [(scenario["description"], name, test) for scenario in scenarios for name, test in scenario["tests"].items()]
        self.assertEqual(TESTS, len(tests))
        answers = judge(scenarios)
        self.assertEqual(TESTS, len(answers))
        wrong = []
        for (scenario, name, test), answer in zip(tests, answers):
            allowed = test["result"] if isinstance(test["result"], list) else [test["result"]]
            if answer["verdict"] not in allowed:
                wrong.append(f"{scenario}: {name}: {answer['verdict']} for {allowed}: {answer['reason']}")
            elif "explanation" in test and answer["explanation"] != test["explanation"].replace(NO_TEXT, ""):
                wrong.append(f"{scenario}: {name}: {answer['explanation']!r} for {test['explanation']!r}")
            elif not answer["reason"]:
                wrong.append(f"{scenario}: {name}: no reason")
        self.assertEqual([], wrong)
        print(f"{len(tests)} of {TESTS} tests of the suite pass")


if __name__ == "__main__":
    unittest.main()
