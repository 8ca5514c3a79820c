"""A Thunderbird of a test's own: Debian's, headless, with a fresh profile, driven over Marionette. Orchestration only.

    with Thunderbird(module="…/thunderbird.sys.mjs", names=["a.test"], ports={443: 8443}, authority="ca.pem") as thunderbird:
        thunderbird.call("setUp", {...})     # an exported function of the module, run inside with full rights; awaited

`names` are looked up nowhere and mean this machine; `ports` says where its calls to well-known ports go; `authority` is
trusted as if an administrator had installed it. Each line of every dialogue and each complaint of its parsers stands in
wire_log().
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from tests.support.mailstead import wait_for
from tests.support.marionette import Marionette, MarionetteError

DIALOGUE = re.compile(r"I/IMAP ([0-9a-f]+):[^:]*:([^:]*):(SendData|CreateNewLineFromSocket|PARSER): ?(.*)")
NOISE = "gtk_icon_theme"  # of a program without a screen
START = 180  # seconds; a first start compiles its scripts

# No calls to its makers, no questions at the start, nothing that waits for a user.
PREFERENCES = {
    "app.normandy.enabled": False, "app.update.enabled": False, "browser.region.network.url": "",
    "datareporting.healthreport.uploadEnabled": False, "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False, "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False, "mail.biff.play_sound": False, "mail.biff.show_alert": False,
    "mail.chat.enabled": False, "mail.inappnotifications.enabled": False, "mail.inappnotifications.url": "",
    "mail.provider.suppress_dialog_on_startup": True, "mail.rights.override": True, "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True, "mail.winsearch.firstRunDone": True, "mailnews.auto_config_url": "",
    "mailnews.start_page.enabled": False, "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False, "network.prefetch-next": False,
    "network.disable-localhost-when-offline": True, "places.history.enabled": False, "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False, "toolkit.telemetry.server": "",
    # What POP3 and SMTP, which are written in JavaScript, say to the console.
    "mailnews.pop3.loglevel": "All", "mailnews.smtp.loglevel": "All", "devtools.console.stdout.chrome": True,
    "marionette.port": 0,  # the system chooses
}


class Thunderbird:
    def __init__(self, module, names=(), ports=None, authority=None, preferences=None):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-thunderbird-"))
        self.profile, self.output = self.home / "profile", self.home / "output.log"
        self.module, self.authority = pathlib.Path(module), authority
        self.profile.mkdir()
        wanted = {**PREFERENCES, "network.dns.localDomains": ",".join(names),
                  "network.socket.forcePort": ";".join(f"{port}={ours}" for port, ours in (ports or {}).items()),
                  **(preferences or {})}
        (self.profile / "user.js").write_text(
            "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in wanted.items()))
        self.process, self.remote = None, None
        self.failed = False  # a call has: its logs stay

    def start(self):
        environment = {**os.environ, "HOME": str(self.home), "MOZ_HEADLESS": "1", "MOZ_CRASHREPORTER_DISABLE": "1", "LC_ALL": "C.UTF-8",
                       "MOZ_LOG": "timestamp,sync,IMAP:5,SMTP:5,POP3:5", "MOZ_LOG_FILE": str(self.home / "wire")}
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                ["thunderbird", "--profile", self.profile, "--no-remote", "--marionette", "--remote-allow-system-access"],
                env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        port = wait_for(self.listening, START, "Thunderbird listens for Marionette")
        self.remote = Marionette(port, timeout=START)
        self.remote.run(
            'const handler = Services.io.getProtocolHandler("resource").QueryInterface(Ci.nsIResProtocolHandler);'
            'handler.setSubstitution("mailstead", Services.io.newURI(args[0]));',
            self.module.parent.as_uri() + "/")
        self.call("begin", self.authority and pathlib.Path(self.authority).read_text())
        return self

    def listening(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Thunderbird ended with {self.process.returncode}: " + self.output.read_text(errors="replace")[-2000:])
        written = self.profile / "MarionetteActivePort"
        return int(written.read_text() or 0) if written.exists() else 0

    def call(self, function, *arguments, seconds=60):
        try:
            return self.remote.run(
                f'const module = ChromeUtils.importESModule("resource://mailstead/{self.module.name}");'
                f'return module.{function}(...args);', *arguments, seconds=seconds)
        except MarionetteError as error:
            raise AssertionError(f"{function}{json.dumps(arguments)[:300]}: {error}\n{self.tail()}") from None

    def wire_log(self):
        """Every line of IMAP, and what its parser made of it, in order."""
        return "".join(file.read_text(errors="replace") for file in sorted(self.home.glob("wire*moz_log*")))

    @staticmethod
    def dialogue(log):
        """What a piece of wire_log() says was sent (C) and came (S), without what literals hold, and complaints of the
        parser (!), by connection."""
        found = []
        for connection, state, kind, text in DIALOGUE.findall(log):
            who = {"SendData": "C", "CreateNewLineFromSocket": "S"}.get(kind, "!")
            if who != "S" or re.match(r"\* |\+ |\d+ (OK|NO|BAD)", text):
                found.append(f"{connection[-6:]} {state} {who}: {text}")
        return found

    def tail(self, lines=60):
        """The end of its dialogue and console, for a failed test; its logs and profile stay."""
        self.failed = True
        console = self.output.read_text(errors="replace").splitlines()
        return ("--- the end of Thunderbird's dialogue:\n" + "\n".join(line[:300] for line in self.dialogue(self.wire_log())[-lines:])
                + "\n--- and of its console:\n" + "\n".join(line[:300] for line in console if NOISE not in line)[-3000:])

    def stop(self):
        if self.process and self.process.poll() is None:
            try:
                self.remote.command("Marionette:Quit", {"flags": ["eForceQuit"]})
                self.process.wait(60)
            except (AssertionError, OSError, subprocess.TimeoutExpired, AttributeError):
                os.killpg(self.process.pid, signal.SIGKILL)  # it and its content processes: a session of their own
                self.process.wait()
        if self.remote:
            self.remote.close()

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, kind, value, trace):
        self.stop()
        if kind is None and not self.failed:
            shutil.rmtree(self.home, ignore_errors=True)
        else:
            print(f"--- Thunderbird's logs and profile: {self.home}")
