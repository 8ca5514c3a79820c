"""Name servers that take signed updates of one zone, at port 53 of 127.0.0.1: Debian's knot and BIND. RFC 2136, RFC 8945.

    server = Knot(folder, "here.test", ["@ NS ns", "ns A 127.0.0.1"])
    server.serve()
    server.key("writer"), server.key("reader")    # files; the reader may change nothing
"""
import pathlib
import subprocess

from tests.support.mailstead import greets, wait_for

KEYS = ("writer", "reader")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


class UpdateServer:
    def __init__(self, folder, zone, records):
        self.folder, self.zone = pathlib.Path(folder), zone
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o755)
        lines = [" 60 IN ".join(record.split(" ", 1)) for record in ["@ SOA ns hostmaster 1 3600 600 86400 0", *records]]
        (self.folder / "zone").write_text(f"$ORIGIN {zone}.\n" + "\n".join(lines) + "\n")
        self.keys = {name: self.make_key(name) for name in KEYS}
        for name, text in self.keys.items():
            self.key(name).write_text(text)
            self.key(name).chmod(0o600)
        self.process = None

    def key(self, name):
        return self.folder / f"{name}.key"

    def start(self, *command):
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for(lambda: greets("127.0.0.1", 53), what="it listens: " + self.log.read_text()[-2000:])

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Knot(UpdateServer):
    @staticmethod
    def make_key(name):
        return run("keymgr", "-t", name, "hmac-sha512")

    def serve(self):
        keys = "\n".join(text.split("key:\n")[1] for text in self.keys.values())
        (self.folder / "knot.conf").write_text(
            f"server:\n  listen: 127.0.0.1@53\n  rundir: {self.folder}\ndatabase:\n  storage: {self.folder}\nkey:\n{keys}\n"
            "acl:\n  - id: update\n    key: writer\n    action: update\n"
            f"zone:\n  - domain: {self.zone}\n    storage: {self.folder}\n    file: zone\n    acl: update\n")
        self.start("knotd", "-c", str(self.folder / "knot.conf"))


class Bind(UpdateServer):
    @staticmethod
    def make_key(name):
        return run("tsig-keygen", "-a", "hmac-sha256", name)

    def serve(self):
        (self.folder / "named.conf").write_text(
            f'options {{ directory "{self.folder}"; listen-on {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;\n'
            f'  pid-file none; session-keyfile none; dnssec-validation no; }};\ncontrols {{ }};\n' + "".join(self.keys.values()) +
            f'zone "{self.zone}" {{ type primary; file "zone"; update-policy {{ grant writer zonesub ANY; }}; }};\n')
        self.start("named", "-g", "-c", str(self.folder / "named.conf"))
