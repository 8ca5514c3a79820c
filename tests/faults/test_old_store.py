"""A store of an older Mailstead: what its clients know is still true after the upgrade. CLIENTS.md 13: UIDs, UIDVALIDITY
and MODSEQs survive it; so do passwords, shared mailboxes, quotas, POP3's identifiers and queued mail.

old_stores/schema_N.sql is the whole file as SQL, schema_N.json what the doors told of it before they closed. Both were made by
the program of that schema:   MAILSTEAD_BIN=OLDER python3 tests/faults/test_old_store.py record
"""
import hashlib
import json
import pathlib
import poplib
import sqlite3
import sys
import unittest

from tests.support.imap import Imap
from tests.support.mailstead import Mailstead, wait_for

STORES = pathlib.Path(__file__).parent / "old_stores"
ACCOUNTS = {"alice@crepes.fr": "ketchup and pickles", "bob@hamburger.edu": "hungry as ever"}
# Nobody listens there: what is for other servers stays in the queue. However old the store is, no sender is told of a delay.
CONFIG = ('[[queue.route]]\ndomain = "*"\nhost = "127.0.0.1"\nport = 9\n[queue]\nlifetime = "20000d"\n'
          'delay_notice_after = "20000d"\n')


def message(number, body="Do you like ketchup?"):
    return (f"From: Alice <alice@crepes.fr>\r\nTo: bob@hamburger.edu\r\nSubject: message {number}\r\nMessage-ID: <{number}@crepes.fr>\r\n"
            f"Date: Fri, 20 Nov 2026 15:41:{number:02} +0100\r\n\r\n{body}\r\n").encode()


def append(imap, mailbox, octets, flags=""):
    imap.ok(f'APPEND {mailbox} ({flags}) "21-Nov-2026 09:00:00 +0000" {{}}', octets)


def fill(server):
    """Mail with a past: flags, keywords, gaps, copies, moves, a shared mailbox, a renamed one, a message for elsewhere."""
    with Imap(server.address, server.port("imap")) as imap:
        imap.login("alice@crepes.fr", ACCOUNTS["alice@crepes.fr"])
        for number in range(1, 9):
            append(imap, "INBOX", message(number, "How about pickles? " * number))
        append(imap, "INBOX", message(9, "x" * 76 + "\r\n" + "0123456789abcdef\r\n" * 9000), r"\Flagged")
        imap.ok("CREATE Recipes/Crepes")
        imap.ok("CREATE Old")
        imap.ok("SELECT INBOX")
        imap.ok(r"STORE 1,3 +FLAGS.SILENT (\Seen $Label1 qa=20x)")
        imap.ok(r"STORE 2 +FLAGS.SILENT (\Answered)")
        imap.ok("UID COPY 3:5 Recipes/Crepes")
        imap.ok("UID MOVE 6 Old")
        imap.ok(r"STORE 4 +FLAGS.SILENT (\Deleted)")
        imap.ok("EXPUNGE")
        imap.ok("RENAME Old Recipes/Older")
        imap.ok("SUBSCRIBE Recipes/Crepes")
        imap.ok("SETACL Recipes/Crepes bob@hamburger.edu lrs")
        imap.ok('SETMETADATA Recipes/Crepes (/private/comment "flour, eggs, milk")')
    with Imap(server.address, server.port("imap")) as imap:
        imap.login("bob@hamburger.edu", ACCOUNTS["bob@hamburger.edu"])
        append(imap, "INBOX", message(20))
    server.run("account", "quota", "bob@hamburger.edu", "10MiB")
    server.run("alias", "add", "sales@crepes.fr", "alice@crepes.fr", "elsewhere@example.net")


def short(line):
    """A response; of a long one its beginning and its hash."""
    return line.decode() if len(line) < 1000 else f"{line[:400].decode()}… {hashlib.sha256(line).hexdigest()}"


def told(server):
    """What all protocols say about it, in a fixed order."""
    said = {}
    for name, password in ACCOUNTS.items():
        with Imap(server.address, server.port("imap")) as imap:
            imap.login(name, password)
            lines = [line.decode() for line in imap.command('LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE)').untagged]
            said[f"{name} list"] = sorted(lines)
            for mailbox in sorted(line.split(' "/" ')[1].strip() for line in lines if r"\Nonexistent" not in line and r"\NoSelect" not in line):
                status = imap.command(f"STATUS {mailbox} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN SIZE HIGHESTMODSEQ MAILBOXID)")
                said[f"{name} {mailbox}"] = [line.decode() for line in status.untagged]
                imap.command(f"EXAMINE {mailbox} (CONDSTORE)")
                fetched = imap.command("UID FETCH 1:* (UID FLAGS MODSEQ INTERNALDATE RFC822.SIZE EMAILID THREADID ENVELOPE BODY.PEEK[])")
                said[f"{name} {mailbox} messages"] = [short(line) for line in fetched.untagged if b" FETCH " in line]
            said[f"{name} shared"] = [line.decode() for line in imap.command("GETACL Recipes/Crepes").untagged]
            said[f"{name} comment"] = [line.decode() for line in imap.command("GETMETADATA Recipes/Crepes /private/comment").untagged]
        pop3 = poplib.POP3(server.address, server.port("pop3"))
        pop3.user(name), pop3.pass_(password)
        said[f"{name} pop3"] = [line.decode() for line in pop3.uidl()[1] + pop3.list()[1]]
        pop3.quit()
    said["accounts"] = sorted(line.split()[0] for line in server.run("account", "list").splitlines())
    said["aliases"] = json.loads(server.run("alias", "list", "--json"))
    said["queue"] = sorted([waiting["reverse_path"], recipient["forward_path"]] for waiting in json.loads(server.run("queue", "list", "--json"))
                           for recipient in waiting["recipients"])
    return said


class OldStore(unittest.TestCase):
    def test_what_clients_were_told_holds(self):
        stores = sorted(STORES.glob("schema_*.sql"))
        self.assertTrue(stores)
        for store in stores:
            with self.subTest(store.name), Mailstead([], {}, config=CONFIG) as server:
                server.stop()
                for old in server.directory.glob("mailstead.db*"):
                    old.unlink()
                with sqlite3.connect(server.directory / "mailstead.db") as database:
                    database.executescript(store.read_text())
                database.close()
                server.start()
                before = json.loads(store.with_suffix(".json").read_text())
                self.maxDiff = None
                self.assertEqual(before, json.loads(json.dumps(told(server))))
                self.new_numbers_follow(server, before)
                self.assertIn("messages, ", server.run("check"))  # and exit status 0

    def new_numbers_follow(self, server, before):
        """New messages get numbers that were never used."""
        [status] = before['alice@crepes.fr "INBOX"']
        uid_next = int(status.split("UIDNEXT ")[1].split()[0].strip(")"))
        modseq = int(status.split("HIGHESTMODSEQ ")[1].split()[0].strip(")"))
        with Imap(server.address, server.port("imap")) as imap:
            imap.login("alice@crepes.fr", ACCOUNTS["alice@crepes.fr"])
            append(imap, "INBOX", message(30))
            imap.command("SELECT INBOX (CONDSTORE)")
            answer = imap.command(f"UID FETCH {uid_next}:* (UID MODSEQ)")
            [items] = answer.fetched().values()
            self.assertGreaterEqual(int(items[b"UID"]), uid_next)
            self.assertGreater(int(items[b"MODSEQ"][0]), modseq)


def record():
    import smtplib
    with Mailstead(["crepes.fr", "hamburger.edu"], ACCOUNTS, config=CONFIG) as server:
        fill(server)
        with smtplib.SMTP(server.address, server.port("submission")) as smtp:
            smtp.login("alice@crepes.fr", ACCOUNTS["alice@crepes.fr"])
            smtp.sendmail("alice@crepes.fr", ["carol@example.net", "dave@example.org"], message(40))
        wait_for(lambda: all(recipient["attempts"] for waiting in json.loads(server.run("queue", "list", "--json"))
                             for recipient in waiting["recipients"]), what="each was tried")
        said = told(server)
        server.stop()
        database = sqlite3.connect(server.directory / "mailstead.db")
        database.execute("DELETE FROM certificate")  # its key is nobody's business; the server makes another
        [[schema]] = database.execute("PRAGMA user_version")
        [[application]] = database.execute("PRAGMA application_id")
        [[pages]] = database.execute("PRAGMA page_size")
        [[vacuum]] = database.execute("PRAGMA auto_vacuum")
        head = [f"PRAGMA page_size={pages};", f"PRAGMA auto_vacuum={vacuum};", f"PRAGMA application_id={application};", f"PRAGMA user_version={schema};"]
        STORES.joinpath(f"schema_{schema}.sql").write_text("\n".join([*head, *database.iterdump()]) + "\n")
        STORES.joinpath(f"schema_{schema}.json").write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["record"]:
        record()
    else:
        unittest.main()
