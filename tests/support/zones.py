"""A signed DNS of a test's own: zones below "test", and unsigned ones elsewhere, served by knot, signed by ldns. RFC 4035.

    zones = Zones(folder, "127.0.0.1", 53)
    zones.put("a.test", ["@ MX 10 mx", "mx A 127.0.0.2"])
    zones.put("b.test", ["@ A 127.0.0.3"], signed=False)
    zones.publish()
    zones.anchor     # a file for [dns] trust_anchor
"""
import hashlib
import pathlib
import signal
import socket
import subprocess

from tests.support.mailstead import wait_for

ALGORITHM = "ECDSAP256SHA256"


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


class Zones:
    """One for "test", whose key is the trust anchor, and those below it. Answers have a TTL of 0."""

    def __init__(self, folder, address="127.0.0.1", port=53):
        self.folder, self.address, self.port = pathlib.Path(folder), address, port
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.zones, self.keys, self.serial, self.process = {}, {}, 1, None
        self.anchor = self.folder / "anchor"
        self.anchor.write_text(pathlib.Path(self.key("test") + ".ds").read_text())

    def key(self, zone, which=0):
        """The path of its key, without a suffix."""
        if (zone, which) not in self.keys:
            name = run("ldns-keygen", "-r", "/dev/urandom", "-k", "-a", ALGORITHM, zone, cwd=self.folder).strip()
            self.keys[zone, which] = str(self.folder / name)
        return self.keys[zone, which]

    def put(self, zone, records, signed=True, broken=False, pasted=""):
        """The zone's records, instead of what there was. broken: the parent vouches for another key. pasted: more of it, as a
        zone file has it."""
        self.zones[zone] = (records, signed, broken, pasted)

    def publish(self):
        self.serial += 1
        parent = []
        for zone, (records, signed, broken, pasted) in self.zones.items():
            if zone.endswith(".test"):
                parent.append(f"{zone}. NS ns.test.")
            if signed:
                ds = pathlib.Path(self.key(zone, 1 if broken else 0) + ".ds").read_text()
                parent.append(f"{zone}. DS " + ds.split(";")[0].split("DS")[1].strip())
            self.write(zone, records, signed, pasted)
        self.write("test", ["ns A " + self.address, *parent], True)
        self.start()

    def write(self, zone, records, signed, pasted=""):
        plain = self.folder / f"{zone}.plain"
        records = [f"@ SOA ns.test. hostmaster.test. {self.serial} 3600 600 86400 0", "@ NS ns.test.", *records]
        # For ldns a $TTL of 0 is none.
        lines = [" 0 IN ".join(record.split(" ", 1)) for record in records]
        plain.write_text(f"$ORIGIN {zone}.\n" + "\n".join(lines) + "\n" + pasted)
        served = self.folder / f"{zone}.zone"
        if signed:
            run("ldns-signzone", "-o", zone, "-f", str(served), str(plain), self.key(zone), cwd=self.folder)
        else:
            served.write_text(plain.read_text())

    def start(self):
        config = self.folder / "knot.conf"
        text = (f"server:\n  listen: {self.address}@{self.port}\n  rundir: {self.folder}\n"
                f"database:\n  storage: {self.folder}\n"
                "template:\n  - id: default\n    journal-content: none\n    zonefile-load: whole\n    zonefile-sync: -1\n"
                f"    storage: {self.folder}\nzone:\n")
        for zone in ["test", *self.zones]:
            text += f"  - domain: {zone}\n    file: {zone}.zone\n"
        config.write_text(text)
        if self.process is None:
            with open(self.folder / "knot.log", "wb") as log:
                self.process = subprocess.Popen(["knotd", "-c", str(config)], stdout=log, stderr=log)
        else:
            self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.serves("test") == self.serial and all(self.serves(zone) == self.serial for zone in self.zones),
                 what="knot serves the zones: " + (self.folder / "knot.log").read_text()[-2000:])

    def serves(self, zone):
        """The serial number that is served."""
        name = b"".join(bytes([len(label)]) + label.encode() for label in zone.split(".")) + b"\0"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.settimeout(1)
            try:
                one.sendto(b"\0\1\0\0\0\1\0\0\0\0\0\0" + name + b"\0\6\0\1", (self.address, self.port))
                answer = one.recv(4096)
            except OSError:
                return None
        if answer[3] & 15 or not answer[7]:
            return None
        # The last five numbers of SOA's RDATA; answers without EDNS have nothing behind it, or authority follows.
        at = 12 + len(name) + 4 + 2 + 8
        size = int.from_bytes(answer[at:at + 2], "big")
        rdata = answer[at + 2:at + 2 + size]
        return int.from_bytes(rdata[-20:-16], "big")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


def tlsa(certificate, usage=3, selector=1):
    """A TLSA record's data for the PEM file of a certificate: its SHA-256 (RFC 6698 §2.1)."""
    if selector == 1:
        der = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], capture_output=True, check=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=der, capture_output=True, check=True).stdout
    else:
        der = subprocess.run(["openssl", "x509", "-in", certificate, "-outform", "DER"], capture_output=True, check=True).stdout
    return f"{usage} {selector} 1 {hashlib.sha256(der).hexdigest()}"
