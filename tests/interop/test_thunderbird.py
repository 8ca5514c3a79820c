"""A real Thunderbird (Debian's, headless) lives with the server: one account each over plain text, STARTTLS and TLS, two by POP3,
and accounts for what goes wrong: a password that has changed, what the server refuses, a certificate that nobody vouches for.

Accounts are fresh: nothing is set for them, no quota, no mailbox but what `account add` makes. Each scenario looks at both
sides: at what Thunderbird believes, and at the store by another client. After each, no IMAP command was answered BAD, its
parser complained of nothing, nothing stands in the console. CLIENTS.md Thunderbird log-in, connections, mailboxes, opening, IDLE, flags,
changes, drafts, search, SMTP, POP3, autoconfig. CLIENTS.md 28: no limit, no quota root.

It takes in what the server pushes while it idles, which it begins 2 s after its last command: so what comes goes to all accounts
at once, and is waited for together.
"""
import email
import email.policy
import hashlib
import pathlib
import re
import shutil
import smtplib
import tempfile
import unittest

from tests.support.certificates import make_certificates
from tests.support.imap import Imap
from tests.support.mailstead import Mailstead, wait_for
from tests.support.thunderbird import Thunderbird

DOMAIN = "hamburger.test"  # a name that no resolver knows (RFC 6761 §6.2)
HOST = f"mail.{DOMAIN}"
OTHER_DOMAIN, OTHER_HOST = "gasthof.test", "mail.gasthof.test"  # of a server without a certificate of its own
NAMES = [DOMAIN, HOST, f"autoconfig.{DOMAIN}", f"autodiscover.{DOMAIN}"]
PLAIN, STARTTLS, TLS = 0, 2, 3  # nsMsgSocketType
PASSWORD = "hungry"
IMAP_ACCOUNTS = {"anna@hamburger.test": PLAIN, "bob@hamburger.test": STARTTLS, "carol@hamburger.test": TLS}
POP3_ACCOUNTS = {"dave@hamburger.test": STARTTLS, "emma@hamburger.test": TLS}
FORGETFUL = {"gina@hamburger.test": "imap", "hugo@hamburger.test": "pop3"}  # their passwords change
SPECIAL = {"INBOX": ["Inbox"], "Sent": ["Sent"], "Drafts": ["Drafts"], "Trash": ["Trash"], "Junk": ["Junk"], "Archive": ["Archive"]}
MUTF7 = "Cr&AOo-pes &- Co"  # Crêpes & Co, for a client that has not enabled UTF8=ACCEPT (RFC 3501 §5.1.3)

# What is Thunderbird's own, seen with any server.
EXPLAINED = [
    # Ways to find a configuration that are tried beside the one that succeeds.
    r"accountcreation/(FetchConfig|ExchangeAutoDiscover|FetchHTTP|AccountCreationUtils)\.sys\.mjs", r"Higher priority promise succeeded",
    r"failed to cleanup Glean crash pings",  # Debian's package has no crash reporter
    r"RemoteSettings",  # its makers' server, which it is not let to
    r"nsIMsgFolder\.firstNewMessage",  # a mailbox had new messages when it was clicked on, and none any more when it was shown
]


def message(to, subject, body="Do you like ketchup?\r\n", attachments=()):
    out = email.message.EmailMessage(policy=email.policy.SMTP)
    out["From"], out["To"], out["Subject"] = "Alice <alice@crepes.fr>", to, subject
    out["Date"], out["Message-ID"] = "Mon, 2 Mar 2026 10:00:00 +0100", f"<{hashlib.sha256((to + subject).encode()).hexdigest()[:24]}@crepes.fr>"
    out.set_content(body)
    for name, octets in attachments:
        out.add_attachment(octets, maintype="application", subtype="octet-stream", filename=name)
    return out


class LivesWithThunderbird(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-certificates-"))
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        authority, certificate, key = make_certificates(cls.home, [HOST, *NAMES])
        cls.server = cls.enterClassContext(Mailstead(
            [DOMAIN], dict.fromkeys([*IMAP_ACCOUNTS, *POP3_ACCOUNTS, *FORGETFUL], PASSWORD), hostname=HOST,
            config=f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'))
        cls.other = cls.enterClassContext(Mailstead([OTHER_DOMAIN], {f"fred@{OTHER_DOMAIN}": PASSWORD}, hostname=OTHER_HOST))
        cls.thunderbird = cls.enterClassContext(Thunderbird(
            pathlib.Path(__file__).parent / "thunderbird/thunderbird.sys.mjs", names=[*NAMES, OTHER_HOST], authority=authority,
            ports={443: cls.server.port("https"), 80: cls.server.port("http")},
            preferences={"offline.download.download_messages": 2, "mailnews.confirm.moveFoldersToTrash": False}))  # does not ask
        cls.seen = 0  # octets of the dialogue that have been looked at
        cls.accounts = {address: cls.set_up(address, "imap", security) for address, security in IMAP_ACCOUNTS.items()}
        cls.accounts |= {address: cls.set_up(address, "pop3", security) for address, security in POP3_ACCOUNTS.items()}

    @classmethod
    def set_up(cls, address, kind, security):
        by_hand = {"incoming": cls.server.port(kind), "outgoing": cls.server.port("submission")}
        return cls.thunderbird.call("setUp", {"address": address, "password": PASSWORD, "name": address.split("@")[0].title(), "type": kind,
                                              "socketType": security, "byHand": by_hand}, seconds=180)

    def set_up_by_hand(self, address, kind, server, hostname):
        """By TLS, on ports that the user types in."""
        self.call("setUpByHand", {"address": address, "password": PASSWORD, "name": address.split("@")[0].title(), "type": kind, "socketType": TLS,
                                  "hostname": hostname, "incoming": server.port(f"{kind}s"), "outgoing": server.port("submissions")})

    def call(self, function, *arguments, seconds=90):
        return self.thunderbird.call(function, *arguments, seconds=seconds)

    def setUp(self):
        self.others, self.explained = {}, []
        self.addCleanup(self.others_leave)

    def others_leave(self):
        while self.others:
            self.others.popitem()[1].close()

    def tearDown(self):
        self.nothing_went_wrong()

    def complaints(self):
        """What has been said since the last time, but for what is explained."""
        return [line for line in self.call("complaints") if not any(re.search(own, line) for own in EXPLAINED + self.explained)]

    def nothing_went_wrong(self):
        wrong = self.complaints()
        whole = self.thunderbird.wire_log()
        lines = self.thunderbird.dialogue(whole[self.seen:])
        type(self).seen = len(whole)
        wrong += [line for line in lines if re.search(r" S: (\d+|\*) BAD | !: .*Error", line)]
        if wrong:
            self.fail("\n".join(wrong) + "\n" + self.thunderbird.tail())

    # ------------------------------------------------------------------------------------------ the other side

    def store(self, address):
        """Another client of that account, one for the test."""
        if address not in self.others:
            self.others[address] = Imap("127.0.0.1", self.server.port("imap")).login(address, PASSWORD)
        return self.others[address]

    def stored(self, address, mailbox):
        """Subject → what FETCH says, by a client that has never been told otherwise."""
        imap = self.store(address)
        imap.ok(f'EXAMINE "{mailbox}"')
        # What has changed in between is told along with it, without an ENVELOPE.
        found = [one for one in imap.ok("UID FETCH 1:* (UID FLAGS ENVELOPE)").fetched().values() if b"ENVELOPE" in one]
        subjects = [one[b"ENVELOPE"][1].decode() for one in found]
        self.assertEqual(sorted(set(subjects)), sorted(subjects), f"each is there once in {mailbox}")
        return dict(zip(subjects, found))

    def flags(self, address, mailbox, subject):
        one = self.stored(address, mailbox).get(subject)
        return None if one is None else {flag.decode() for flag in one[b"FLAGS"]} - {"\\Recent"}

    def eventually(self, what, look):
        """What Thunderbird has done shows in the store when the server has its command."""
        try:
            return wait_for(look, 60, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.thunderbird.tail()}") from None

    def change(self, address, mailbox, subject, command):
        """The other client changes it: STORE's or MOVE's arguments behind the UID."""
        uid = self.stored(address, mailbox)[subject][b"UID"].decode()
        imap = self.store(address)
        imap.ok(f'SELECT "{mailbox}"')
        verb, _, rest = command.partition(" ")
        imap.ok(f"UID {verb} {uid} {rest}")

    def content(self, address, mailbox, subject):
        """The message as it lies in the store."""
        uid = self.stored(address, mailbox)[subject][b"UID"].decode()
        fetched = self.store(address).ok(f"UID FETCH {uid} (BODY.PEEK[])").fetched()
        return email.message_from_bytes(next(iter(fetched.values()))[b"BODY[]"], policy=email.policy.default)

    def deliver(self, address, subject, **what):
        with smtplib.SMTP("127.0.0.1", self.server.port("smtp"), timeout=60) as smtp:
            smtp.send_message(message(address, subject, **what), "alice@crepes.fr", [address])

    def come(self, *subjects, **what):
        """Thunderbird has shown the INBOX of each account, and these come into it: it is told by push."""
        for address in IMAP_ACCOUNTS:
            self.call("open", address, "INBOX")
        for address in IMAP_ACCOUNTS:
            for subject in subjects:
                self.deliver(address, subject, **what)
        self.arrive(*subjects)

    def arrive(self, *subjects):
        for address in IMAP_ACCOUNTS:
            for subject in subjects:
                self.call("arrives", address, "INBOX", subject)

    # ------------------------------------------------------------------------------------------ scenarios

    def test_autoconfig(self):
        for address, security in (IMAP_ACCOUNTS | POP3_ACCOUNTS).items():
            with self.subTest(address):
                made = self.accounts[address]
                self.assertEqual("xml-from-isp-https", made["source"])
                self.assertEqual([f"imap 3 {HOST}", f"imap 2 {HOST}", f"pop3 3 {HOST}"], made["offered"])
                kind = "imap" if address in IMAP_ACCOUNTS else "pop3"
                door = kind + ("s" if security == TLS else "")
                self.assertEqual({"type": kind, "host": HOST, "port": self.server.port(door), "socketType": security}, made["server"])
                self.assertIn(f"@{HOST}:{self.server.port('submissions' if security == TLS else 'submission')}", made["outgoing"])

    def test_mailboxes_and_their_uses(self):
        for address in IMAP_ACCOUNTS:
            with self.subTest(address):
                known = self.call("folders", address, len(SPECIAL))
                self.assertEqual(SPECIAL, {path: known.get(path) for path in SPECIAL})

    def test_mail_is_pushed(self):
        self.come("pushed")
        self.come("pushed into the gap behind DONE")
        for address in IMAP_ACCOUNTS:
            self.assertIn("pushed into the gap behind DONE", self.stored(address, "INBOX"))

    def test_reading_with_attachments(self):
        large = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(8000))  # 256,000 octets: read in pieces
        attachments = [("Grüße aus Köln.bin", large), ("small.bin", b"\0\r\n.\r\nFrom here\n")]
        self.come("two files", body="Schöne Grüße: zwei Dateien.\r\n", attachments=attachments)
        for address in IMAP_ACCOUNTS:
            with self.subTest(address):
                self.call("open", address, "INBOX")
                shown = self.call("read", address, "INBOX", "two files")
                self.assertIn("Schöne Grüße: zwei Dateien.", shown["text"])
                self.assertEqual([(name, hashlib.sha256(octets).hexdigest()) for name, octets in attachments],
                                 [(one["name"], one["sha256"]) for one in shown["attachments"]])
                self.eventually("what was read is seen", lambda: self.flags(address, "INBOX", "two files") == {"\\Seen"})

    def test_flags_and_tags_both_ways(self):
        self.come("flags")
        for address in IMAP_ACCOUNTS:
            with self.subTest(address):
                self.call("setFlags", address, "INBOX", "flags", {"read": True, "flagged": True, "tag": "$label1"})
                self.call("setFlags", address, "INBOX", "flags", {"tag": "qa=20x"})
                self.eventually("Thunderbird's flags are stored", lambda: self.flags(address, "INBOX", "flags") == {
                    "\\Seen", "\\Flagged", "$label1", "qa=20x"})
                self.change(address, "INBOX", "flags", r"STORE -FLAGS (\Flagged $label1)")
                self.change(address, "INBOX", "flags", r"STORE +FLAGS (\Answered $label2)")
        for address in IMAP_ACCOUNTS:
            with self.subTest(address):
                self.call("becomes", address, "INBOX", "flags", {"read": True, "flagged": False, "answered": True, "tags": ["$label2", "qa=20x"]})
                self.call("setFlags", address, "INBOX", "flags", {"read": False, "untag": "qa=20x"})
                self.eventually("flags that are taken away", lambda: self.flags(address, "INBOX", "flags") == {"\\Answered", "$label2"})

    def test_delete_move_and_archive(self):
        self.come("deleted", "moved", "archived")
        for address in IMAP_ACCOUNTS:
            with self.subTest(address):
                self.call("remove", address, "INBOX", "deleted")
                self.eventually("deleted", lambda: "deleted" in self.stored(address, "Trash"))
                self.change(address, "Trash", "deleted", "MOVE INBOX")
        self.arrive("deleted")
        for address in IMAP_ACCOUNTS:
            with self.subTest(address):
                self.call("remove", address, "INBOX", "deleted")
                self.eventually("deleted again", lambda: "deleted" in self.stored(address, "Trash"))
                self.call("makeFolder", address, "Crêpes & Co")
                self.call("move", address, "INBOX", "moved", "Crêpes & Co")
                self.eventually("moved", lambda: "moved" in self.stored(address, MUTF7))
                self.call("removeFolder", address, "Crêpes & Co")
                self.eventually("the mailbox is in the trash",
                                lambda: self.store(address).command(f'EXAMINE "Trash/{MUTF7}"').status == "OK")
                self.call("emptyTrash", address)
                self.eventually("the trash is empty", lambda: self.stored(address, "Trash") == {}
                                and self.store(address).command(f'EXAMINE "Trash/{MUTF7}"').status == "NO")
                self.call("emptyTrash", address)  # and once more, which must be no error
                self.call("archive", address, "INBOX", "archived")
                self.eventually("archived", lambda: self.store(address).command('EXAMINE "Archive/2026"').status == "OK"
                                and "archived" in self.stored(address, "Archive/2026"))
                self.assertEqual(set(), {"moved", "archived", "deleted"} & set(self.stored(address, "INBOX")))

    def test_search_on_the_server(self):
        found = {"search: one": "Brötchen mit Käse\r\n", "search: two": "bread and cheese\r\n", "search: drei": "Brötchen und Wurst\r\n"}
        for address in IMAP_ACCOUNTS:
            self.call("open", address, "INBOX")
            for subject, body in found.items():
                self.deliver(address, subject, body=body)
        self.arrive(*found)
        for address in IMAP_ACCOUNTS:
            with self.subTest(address):
                for terms, wanted in (
                        ([["Subject", "Contains", "search: "]], ["search: drei", "search: one", "search: two"]),
                        ([["Body", "Contains", "brötchen"]], ["search: drei", "search: one"]),
                        ([["Subject", "Contains", "search: "], ["Body", "DoesntContain", "Brötchen"]], ["search: two"]),
                        ([["Sender", "Contains", "alice"], ["Body", "Contains", "cheese"]], ["search: two"])):
                    self.assertEqual(wanted, self.call("search", address, "INBOX", terms), terms)

    def test_sending(self):
        everyone = [*IMAP_ACCOUNTS, *POP3_ACCOUNTS]
        for address, to in zip(everyone, everyone[1:] + everyone[:1]):
            with self.subTest(address):
                kind = "imap" if address in IMAP_ACCOUNTS else "pop3"
                subject = f"Grüße from {address}"
                self.call("compose", address, kind, {
                    "to": to, "subject": subject, "body": "Wie geht's?\r\n.\r\n..\r\n",
                    "attachment": {"name": "list.txt", "text": "bread\ncheese\n"}})
                self.call("send")
                got = self.eventually("it is delivered", lambda: self.found(to, "INBOX", address))
                self.assertEqual(subject, str(got["Subject"]))
                self.assertIn("Wie geht's?\n.\n..", got.get_body().get_content().replace("\r\n", "\n"))
                self.assertEqual(["list.txt"], [part.get_filename() for part in got.iter_attachments()])
                if kind == "imap":
                    copy = self.eventually("the copy lies in Sent", lambda: self.found(address, "Sent", address))
                    self.assertEqual(got["Message-ID"], copy["Message-ID"])
                    self.assertEqual([{"read": True, "subject": subject}], [
                        {"read": one["read"], "subject": one["subject"]} for one in self.call("shown", address, "Sent")
                        if one["subject"] == subject])

    def found(self, address, mailbox, sender):
        """The one message from that sender which lies in the mailbox, if there is one."""
        imap = self.store(address)
        imap.ok(f'EXAMINE "{mailbox}"')
        fetched = imap.ok("UID FETCH 1:* (ENVELOPE BODY.PEEK[])").fetched().values()
        fits = [one[b"BODY[]"] for one in fetched if b"@".join(one[b"ENVELOPE"][2][0][2:]).decode() == sender]
        self.assertLessEqual(len(fits), 1)
        return email.message_from_bytes(fits[0], policy=email.policy.default) if fits else None

    def test_drafts_saved_twice(self):
        for address in IMAP_ACCOUNTS:
            with self.subTest(address):
                self.call("compose", address, "imap", {"to": "alice@crepes.fr", "subject": "draft, once", "body": "Dear Alice\r\n"})
                self.call("saveDraft")
                self.assertEqual({"draft, once"}, set(self.stored(address, "Drafts")))
                self.call("retitle", "draft, twice")
                self.call("saveDraft")
                self.eventually("the second draft takes the place of the first",
                                lambda: set(self.stored(address, "Drafts")) == {"draft, twice"})
                self.assertLessEqual({"\\Draft"}, self.flags(address, "Drafts", "draft, twice"))
                self.call("closeComposer")
                self.call("open", address, "Drafts")
                self.assertEqual(["draft, twice"], [one["subject"] for one in self.call("messages", address, "Drafts", 1)])

    def test_offline_and_back(self):
        self.come("offline: flagged", "offline: moved", "offline: deleted", "offline: answered")
        before = {address: self.look(address) for address in IMAP_ACCOUNTS}
        self.call("goOffline", True)
        try:
            for address in IMAP_ACCOUNTS:
                self.call("setFlags", address, "INBOX", "offline: flagged", {"flagged": True, "tag": "$label3"})
                self.call("remove", address, "INBOX", "offline: deleted")
                self.call("moveOffline", address, "INBOX", "offline: moved", "Archive")
                self.deliver(address, "offline: meanwhile")
                self.change(address, "INBOX", "offline: answered", r"STORE +FLAGS (\Answered)")
                after = self.look(address)
                self.assertEqual(before[address] | {"offline: meanwhile": set(), "offline: answered": {"\\Answered"}}, after)
        finally:
            self.call("goOffline", False)
        for address in IMAP_ACCOUNTS:
            with self.subTest(address):
                # It plays back flags by itself, what is moved when it next looks at the mailbox.
                self.eventually("flags that were set offline", lambda: {"\\Flagged", "$label3"} <= self.flags(
                    address, "INBOX", "offline: flagged"))
                self.call("getMessages", address)
                self.eventually("what was moved offline", lambda: (
                    "offline: moved" in self.stored(address, "Archive") and "offline: deleted" in self.stored(address, "Trash")
                    and not {"offline: moved", "offline: deleted"} & set(self.stored(address, "INBOX"))))
        for address in IMAP_ACCOUNTS:
            with self.subTest(address):
                self.call("open", address, "INBOX")
                self.call("arrives", address, "INBOX", "offline: meanwhile")
                self.call("becomes", address, "INBOX", "offline: flagged", {"flagged": True, "tags": ["$label3"]})
                self.call("becomes", address, "INBOX", "offline: answered", {"answered": True})

    def look(self, address):
        return {subject: {flag.decode() for flag in one[b"FLAGS"]} - {"\\Recent"} for subject, one in self.stored(address, "INBOX").items()
                if subject.startswith("offline: ")}

    def test_pop3_keeps(self):
        for address in POP3_ACCOUNTS:
            with self.subTest(address):
                self.call("setServer", address, "pop3", {"leave_on_server": True, "delete_mail_left_on_server": True})
                for subject in ("keep: one", "keep: two"):
                    self.deliver(address, subject)
                    self.call("getMessages", address, "pop3")
                    self.call("arrives", address, "Inbox", subject, "pop3")
                shown = self.call("read", address, "Inbox", "keep: two", "pop3")
                self.assertIn("Do you like ketchup?", shown["text"])
                self.assertLessEqual({"keep: one", "keep: two"}, set(self.stored(address, "INBOX")))
                subjects = [one["subject"] for one in self.call("shown", address, "Inbox", "pop3")]
                self.assertEqual(sorted(set(subjects)), sorted(subjects), "nothing is fetched twice")
                self.call("remove", address, "Inbox", "keep: one", "pop3")
                self.call("getMessages", address, "pop3")
                self.eventually("deleted here and there", lambda: "keep: one" not in self.stored(address, "INBOX"))
                self.assertIn("keep: two", self.stored(address, "INBOX"))

    def test_pop3_deletes(self):
        for address in POP3_ACCOUNTS:
            with self.subTest(address):
                self.call("setServer", address, "pop3", {"leave_on_server": False})
                for subject in ("take: one", "take: two", "take: three"):
                    self.deliver(address, subject)
                self.call("getMessages", address, "pop3")
                for subject in ("take: one", "take: two", "take: three"):
                    self.call("arrives", address, "Inbox", subject, "pop3")
                self.eventually("nothing is left", lambda: self.stored(address, "INBOX") == {})

    def test_server_restarted_under_it(self):
        self.come("before the restart")
        self.explained = [r"alert: Could not connect to mail server .*; the connection was refused"]  # in between
        self.others_leave()
        self.server.stop()
        self.server.start()
        for address in IMAP_ACCOUNTS:
            self.deliver(address, "after the restart")
            self.call("open", address, "INBOX")
            self.call("getMessages", address)
        self.arrive("after the restart")
        self.come("pushed after the restart")
        for address in IMAP_ACCOUNTS:
            with self.subTest(address):
                self.call("setFlags", address, "INBOX", "before the restart", {"flagged": True})
                self.eventually("flags after the restart", lambda: self.flags(address, "INBOX", "before the restart") == {"\\Flagged"})
        for address in POP3_ACCOUNTS:
            with self.subTest(address):
                self.deliver(address, "after the restart")
                self.call("getMessages", address, "pop3")
                self.call("arrives", address, "Inbox", "after the restart", "pop3")

    # ------------------------------------------------------------------------------------------ what goes wrong

    def test_wrong_password_is_asked_for_again(self):
        """It knows our NO, -ERR and 535 for what they are: it asks, and with the right password goes on."""
        for address, kind in FORGETFUL.items():
            self.set_up_by_hand(address, kind, self.server, HOST)
        for address, kind in FORGETFUL.items():
            with self.subTest(address):
                asked = [f"Login to server {HOST} with username {address} failed.", f"Enter your password for {address} on {HOST}:"]
                user = [{"says": asked[0], "press": "extra1"}, {"says": asked[1], "press": "accept", "type": "thirsty"}]
                self.server.run("account", "passwd", address, "--password-stdin", stdin="thirsty\n")
                if kind == "imap":  # ends its sessions
                    self.eventually("it is told why", lambda: "* BYE [EXPIRED] " in self.thunderbird.wire_log()[self.seen:])
                self.deliver(address, "with another password")
                self.call("answerDialogs", user)
                self.call("getMessages", address, kind)
                self.call("arrives", address, "INBOX" if kind == "imap" else "Inbox", "with another password", kind)
                self.assertEqual(asked, self.call("answered"))
                self.call("compose", address, kind, {"to": address, "subject": "sent with it", "body": "I remember.\r\n"})
                self.call("answerDialogs", user)
                self.call("send")
                self.assertEqual(asked, self.call("answered"))
                self.eventually("it is delivered", lambda: address in self.server.log.read_text().split("event=accepted")[-1])
        # As what they are they stand in its console, and nothing else does.
        self.assertIn("NO [AUTHENTICATIONFAILED] Wrong user name or password", self.thunderbird.wire_log()[self.seen:])
        said = self.complaints()
        for what in (r"pop3\..* name=pop3PasswordFailed\. The server said: \[AUTH\] User name or password is wrong",
                     r"mailnews\.smtp Command failed: 535 Authentication credentials invalid", r"mailnews\.smtp Authentication failed: "):
            self.assertTrue(any(re.search(what, line) for line in said), f"{what} in {said}")
            said = [line for line in said if not re.search(what, line)]
        self.assertEqual([], said)

    def test_refusals_reach_the_user_in_our_words(self):
        address = "carol@hamburger.test"
        self.call("compose", address, "imap", {"to": "nobody@hamburger.test", "subject": "to nobody", "body": "Hello?\r\n"})
        self.call("answerDialogs", [{"says": "Sending of the message failed.", "press": "accept"}])
        self.call("trySending")
        self.assertIn("The mail server responded:\nnobody here has that address: nobody@hamburger.test.", self.call("answered")[0])
        self.call("closeComposer")
        self.assertRegex("\n".join(self.call("complaints")), r"mailnews\.smtp Command failed: 550 nobody here has that address")

        self.come("large", body="As much as that.\r\n" * 1000)
        self.server.run("account", "quota", address, "1KiB")
        try:
            self.call("copy", address, "INBOX", "large", "Archive")
            alert, = self.call("complaint", "alert: ")
            self.assertIn(f"The mail server for account {address} responded: [OVERQUOTA] the account's quota is used up.", alert)
        finally:
            self.server.run("account", "quota", address, "none")
        self.assertNotIn("large", self.stored(address, "Archive"))

    def test_certificate_that_nobody_vouches_for(self):
        """What a first user meets, who has no certificate yet: Thunderbird shows the self-signed one, and takes it once confirmed."""
        (address,), other = self.other.passwords, self.other
        self.call("answerDialogs", [{"says": f"certificate of {OTHER_HOST}:{other.port('imaps')}", "press": "extra1"}])
        self.set_up_by_hand(address, "imap", other, OTHER_HOST)
        self.assertEqual(1, len(self.call("answered")))
        self.call("open", address, "INBOX")
        self.call("compose", address, "imap", {"to": address, "subject": "to myself", "body": "Who else?\r\n"})
        self.call("answerDialogs", [{"says": "The certificate is not trusted because it is self-signed.", "press": "accept"},
                                    {"says": f"certificate of {OTHER_HOST}:{other.port('submissions')}", "press": "extra1"}])
        self.call("trySending")
        self.assertEqual(2, len(self.call("answered")))
        self.assertRegex("\n".join(self.call("complaints")), "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT")
        self.assertEqual(sorted(f"{OTHER_HOST}:{other.port(door)}" for door in ("imaps", "submissions")), self.call("exceptions"))
        self.call("send")  # and is asked no more
        self.call("arrives", address, "INBOX", "to myself")


if __name__ == "__main__":
    unittest.main()
