"""100 MiB through SMTP, the queue, IMAP FETCH and POP3 with less than 8 MiB more resident memory."""
import pathlib
import smtplib
import socket
import unittest

from tests.support.mailstead import Mailstead, wait_for

BOB, DAVE = "bob@here.test", "dave@there.test"
SIZE = 100 << 20
LINE = (b"0123456789abcdef" * 4 + b"\r\n")


def resident_kib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return {name: int(status.split(name + ":")[1].split()[0]) for name in ("VmRSS", "VmHWM")}


def reset_peak(server):
    pathlib.Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")


class LineSocket:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.file = self.socket.makefile("rb", buffering=1 << 16)

    def end(self, line):
        self.ask(line)
        self.file.close()
        self.socket.close()

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.file.readline()


class LargeMessage(unittest.TestCase):
    def measured(self, server, what, action):
        # Freed memory goes back first; then the peak is counted from here.
        reset_peak(server)
        before = resident_kib(server)["VmRSS"]
        action()
        grown = resident_kib(server)["VmHWM"] - before
        print(f"{what}: {grown} KiB more resident memory")
        self.assertLess(grown, 8 << 10, what)

    def test_large_message(self):
        # /proc's file that resets the peak is closed to others once the server cannot be dumped.
        limits = '[server]\nconfine = false\n[limits]\nmessage_size = "128MiB"\n'
        with Mailstead(["there.test"], {DAVE: "mustard"}, config=limits) as there:
            route = f'[[queue.route]]\ndomain = "there.test"\nhost = "127.0.0.1"\nport = {there.port("smtp")}\n'
            with Mailstead(["here.test"], {BOB: "hungry"}, config=limits + route) as here:
                self.flow(here, there)

    def flow(self, here, there):
        # Everything once in small, so that lazily made things (caches, threads) are there.
        self.send(here, BOB, BOB, 1)
        self.send(here, BOB, DAVE, 1)
        wait_for(lambda: self.count(there, DAVE, "mustard") == 1, 30, "the small one is there")
        self.fetch(here, 1, 0)
        self.retrieve(here, 1, 0)
        self.measured(here, "SMTP", lambda: self.send(here, BOB, BOB, SIZE // len(LINE)))
        self.measured(here, "IMAP FETCH", lambda: self.fetch(here, 2, SIZE // len(LINE)))
        self.measured(here, "POP3 RETR", lambda: self.retrieve(here, 2, SIZE // len(LINE)))

        def relay():
            self.send(here, BOB, DAVE, SIZE // len(LINE))
            wait_for(lambda: self.count(there, DAVE, "mustard") == 2, 60, "the large one is there")
        self.measured(here, "the queue", relay)

    def send(self, server, sender, recipient, lines):
        with smtplib.SMTP("127.0.0.1", server.port("submission"), timeout=120) as smtp:
            smtp.login(BOB, "hungry")
            smtp.mail(sender)
            self.assertEqual(250, smtp.rcpt(recipient)[0])
            self.assertEqual(354, smtp.docmd("DATA")[0])
            smtp.sock.sendall(b"Subject: large\r\n\r\n")
            block = LINE * 1000
            for _ in range(lines // 1000):
                smtp.sock.sendall(block)
            smtp.sock.sendall(LINE * (lines % 1000))
            code, text = smtp.docmd(".")
            self.assertEqual(250, code, text)

    def count(self, server, user, password):
        pop = LineSocket(server.port("pop3"))
        pop.file.readline()
        pop.ask("USER " + user)
        answer = pop.ask("PASS " + password)
        self.assertTrue(answer.startswith(b"+OK"), answer)
        number = int(pop.ask("STAT").split()[1])
        pop.end("QUIT")
        return number

    def fetch(self, server, number, lines):
        imap = LineSocket(server.port("imap"))
        imap.file.readline()
        self.assertIn(b"OK", imap.ask(f"a LOGIN {BOB} hungry"))
        line = imap.ask("b EXAMINE INBOX")
        while not line.startswith(b"b "):
            line = imap.file.readline()
        line = imap.ask(f"c FETCH {number} BODY.PEEK[]")
        size = int(line.split(b"{")[1].split(b"}")[0])
        self.assertGreaterEqual(size, lines * len(LINE))
        got = 0
        while got < size:
            got += len(imap.file.read(min(1 << 16, size - got)))
        self.assertEqual(b")\r\n", imap.file.readline())
        imap.end("d LOGOUT")

    def retrieve(self, server, number, lines):
        pop = LineSocket(server.port("pop3"))
        pop.file.readline()
        pop.ask("USER " + BOB)
        pop.ask("PASS hungry")
        self.assertTrue(pop.ask(f"RETR {number}").startswith(b"+OK"))
        got = 0
        while (line := pop.file.readline()) != b".\r\n":
            got += len(line)
        self.assertGreaterEqual(got, lines * len(LINE))
        pop.end("QUIT")


if __name__ == "__main__":
    unittest.main()
