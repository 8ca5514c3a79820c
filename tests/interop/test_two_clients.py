"""Two clients change one mailbox at once: STORE, APPEND, EXPUNGE, MOVE at random. In the end both have the same view.

What a client was told along the way, a fresh FETCH, and a resynchronisation from the start (RFC 7162 §3.2.5) agree.
"""
import random
import threading
import unittest

from tests.support.imap import Imap, parse
from tests.support.mailstead import Mailstead

BOB = "bob@hamburger.edu"
ROUNDS = 400
FLAGS = [rb"\Seen", rb"\Flagged", rb"\Answered", rb"\Draft", b"$Forwarded", b"$label1", b"Junk"]


def message(name, number):
    return f"From: <{name}@crepes.fr>\r\nSubject: {name} {number}\r\n\r\nNumber {number} of {name}.\r\n".encode()


def flags_of(flags):
    return frozenset(flags) - {rb"\Recent"}  # each session's own


class View:
    """The mailbox as one session knows it from untagged responses: by message number, UID and flags."""
    def __init__(self):
        self.messages = []  # [UID or None, flags or None]

    def hear(self, untagged):
        for response in untagged:
            words = parse(response)
            if words[1] == b"VANISHED":
                for uid in uids_of(words[-1]):
                    self.vanish(uid)
            elif len(words) > 2 and words[2] == b"EXPUNGE":
                del self.messages[int(words[1]) - 1]
            elif len(words) > 2 and words[2] == b"EXISTS":
                if int(words[1]) < len(self.messages):
                    raise AssertionError(f"EXISTS took messages away: {words} after {len(self.messages)}")
                self.messages += [[None, None] for _ in range(int(words[1]) - len(self.messages))]
            elif len(words) > 3 and words[2] == b"FETCH":
                items = dict(zip(words[3][::2], words[3][1::2]))
                one = self.messages[int(words[1]) - 1]
                if b"UID" in items:
                    if one[0] not in (None, int(items[b"UID"])):
                        raise AssertionError(f"message {int(words[1])} is UID {one[0]}, and now {words}")
                    one[0] = int(items[b"UID"])
                if b"FLAGS" in items:
                    one[1] = flags_of(items[b"FLAGS"])

    def vanish(self, uid):
        """A message whose UID is not known yet comes after the lower UIDs: any of its unknown neighbours will do."""
        number = next((at for at, one in enumerate(self.messages) if one[0] == uid), None)
        if number is None:
            below = [at for at, one in enumerate(self.messages) if one[0] is not None and one[0] < uid]
            number = below[-1] + 1 if below else 0
            if self.messages[number] != [None, None]:
                raise AssertionError(f"VANISHED {uid}, which was no message here: {self.messages}")
        del self.messages[number]

    def known(self):
        return {uid: flags for uid, flags in self.messages}


def uids_of(text):
    """Of a sequence-set, ascending."""
    found = set()
    for part in text.decode().split(","):
        first, _, last = part.partition(":")
        found |= set(range(int(first), int(last or first) + 1))
    return sorted(found)


class Changer(threading.Thread):
    """A client that acts at random. It learns of new messages by FETCH, of all else by untagged responses."""
    def __init__(self, port, name, seed, qresync):
        super().__init__(name=name)
        self.random, self.fault, self.view, self.appended = random.Random(seed), None, View(), 0
        self.imap = Imap("127.0.0.1", port).login(BOB, "hungry")
        if qresync:
            self.imap.ok("ENABLE QRESYNC")
        self.view.hear(self.imap.ok("SELECT Shared").untagged)
        self.learn()

    def run(self):
        try:
            for _ in range(ROUNDS):
                self.random.choices([self.store, self.append, self.delete, self.move, self.look], [8, 4, 2, 1, 3])[0]()
        except Exception as error:  # told by the test
            self.fault = error

    def say(self, command, *literals, statuses=("OK",)):
        answer = self.imap.command(command, *literals)
        self.view.hear(answer.untagged)
        if answer.status not in statuses:
            raise AssertionError(f"{self.name}: {command}: {answer}")
        return answer

    def learn(self):
        """Fetches messages announced by EXISTS that it does not know yet."""
        for number, (uid, flags) in enumerate(self.view.messages, 1):
            if uid is None or flags is None:
                self.say(f"FETCH {number}:* (UID FLAGS)")
                return

    def some(self):
        known = [uid for uid, _ in self.view.messages if uid is not None]
        return ",".join(map(str, self.random.sample(known, min(len(known), self.random.randint(1, 6)))))

    def store(self):
        sign, silent = self.random.choice(["", "+", "-"]), self.random.choice(["", ".SILENT"])
        flags = b" ".join(self.random.sample(FLAGS, self.random.randint(0 if sign == "" else 1, 3))).decode()
        if self.random.random() < 0.5 and self.view.messages:
            number = self.random.randint(1, len(self.view.messages))  # may be expunged already: NO or OK, and no harm
            self.say(f"STORE {number} {sign}FLAGS ({flags})", statuses=("OK", "NO"))
        elif some := self.some():
            self.say(f"UID STORE {some} {sign}FLAGS{silent} ({flags})")
            if silent:
                self.say(f"UID FETCH {some} (FLAGS)")

    def append(self):
        for _ in range(self.random.randint(1, 3)):
            self.appended += 1
            self.say("APPEND Shared {}", message(self.name, self.appended))

    def delete(self):
        if some := self.some():
            self.say(f"UID STORE {some} +FLAGS (\\Deleted)")
            self.say(self.random.choice(["EXPUNGE", f"UID EXPUNGE {some}"]))

    def move(self):
        if some := self.some():
            self.say(f"UID MOVE {some} Aside")
            self.say(f"UID COPY {self.some() or '1'} Shared")

    def look(self):
        self.say("NOOP")
        self.learn()


class TwoClients(unittest.TestCase):
    def test_same_view_in_the_end(self):
        for qresync in ((False, False), (True, True), (False, True)):
            with self.subTest(qresync=qresync), Mailstead(["hamburger.edu"], {BOB: "hungry"}) as server:
                self.change_and_compare(server.port("imap"), qresync)

    def change_and_compare(self, port, qresync):
        watcher = Imap("127.0.0.1", port).login(BOB, "hungry")
        watcher.ok("CREATE Shared")
        watcher.ok("CREATE Aside")
        for number in range(30):
            watcher.ok("APPEND Shared {}", message("start", number))
        watcher.ok("ENABLE QRESYNC")
        start = self.codes(watcher.ok("SELECT Shared"))
        cached = self.fetched(watcher)
        watcher.ok("UNSELECT")
        clients = [Changer(port, name, seed, on) for seed, (name, on) in enumerate(zip(("left", "right"), qresync))]
        for client in clients:
            client.start()
        for client in clients:
            client.join(120)
            self.addCleanup(client.imap.close)
            self.assertFalse(client.is_alive(), f"{client.name} does not end")
            self.assertIsNone(client.fault, f"{client.name}: {client.fault!r}")
        for client in clients:
            client.look()
        fresh = Imap("127.0.0.1", port).login(BOB, "hungry")
        fresh.ok("EXAMINE Shared")
        truth = self.fetched(fresh)
        self.assertGreater(len(truth), 0)
        for client in clients:
            self.assertEqual(truth, client.view.known(), client.name)
            self.assertEqual(sorted(truth), [uid for uid, _ in client.view.messages], "ascending UIDs")
        self.assertEqual(truth, self.resynchronised(watcher, start, cached))
        fresh.close()
        watcher.close()

    @staticmethod
    def codes(answer):
        """UIDVALIDITY and HIGHESTMODSEQ of a SELECT."""
        found = {}
        for response in answer.untagged:
            if response.startswith(b"* OK ["):
                words = response[6:].split(b"]")[0].split()
                found[words[0]] = words[-1].decode()
        return found[b"UIDVALIDITY"], found[b"HIGHESTMODSEQ"]

    @staticmethod
    def fetched(imap):
        fetched = imap.ok("FETCH 1:* (UID FLAGS)").fetched()
        return {int(items[b"UID"]): flags_of(items[b"FLAGS"]) for items in fetched.values()}

    @staticmethod
    def resynchronised(imap, start, cached):
        """The view of a client that was away since `start`: its cache, and what SELECT says of the time between."""
        view = dict(cached)
        for response in imap.ok(f"SELECT Shared (QRESYNC ({start[0]} {start[1]}))").untagged:
            words = parse(response)
            if words[1] == b"VANISHED":
                for uid in uids_of(words[-1]):
                    view.pop(uid, None)
            elif len(words) > 3 and words[2] == b"FETCH":
                items = dict(zip(words[3][::2], words[3][1::2]))
                view[int(items[b"UID"])] = flags_of(items[b"FLAGS"])
        return view


if __name__ == "__main__":
    unittest.main()
