"""A full disk: 452 4.3.1 and NO [...], nothing lost, and the server goes on when there is room again. On a small tmpfs."""
import imaplib
import os
import pathlib
import smtplib
import subprocess
import sys
import tempfile
import unittest

if os.environ.get("MAILSTEAD_TEST_MOUNTS") != "own":
    # The small file system is mounted in a mount namespace of this test's own.
    os.environ["MAILSTEAD_TEST_MOUNTS"] = "own"
    os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])

from tests.support.mailstead import Mailstead  # noqa: E402

BOB = "bob@full.test"


class FullDisk(unittest.TestCase):
    def test_full_disk(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-full-"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", directory], check=True)
        server = Mailstead(["full.test"], {BOB: "hungry"}, data=directory)
        try:
            server.start()
            self.fill_and_check(server, directory)
        finally:
            server.kill()
            subprocess.run(["umount", "-l", directory], check=False)

    def fill_and_check(self, server, directory):
        # All but a little of the disk is taken by another file.
        ballast = directory / "ballast"
        free = os.statvfs(directory).f_bavail * os.statvfs(directory).f_frsize
        ballast.write_bytes(os.urandom(free - (3 << 20)))
        accepted, answer = 0, None
        body = os.urandom(60_000).hex()
        lines = "\r\n".join(body[at:at + 76] for at in range(0, len(body), 76))
        with smtplib.SMTP("127.0.0.1", server.port("smtp")) as smtp:
            for number in range(200):
                try:
                    smtp.sendmail("alice@crepes.fr", [BOB], f"Subject: number {number}\r\n\r\n{lines}\r\n")
                    accepted += 1
                except smtplib.SMTPDataError as error:
                    answer = error.smtp_code, error.smtp_error
                    break
            self.assertIsNotNone(answer, "the disk never filled up")
            self.assertEqual(452, answer[0])
            self.assertTrue(answer[1].startswith(b"4.3.1"), answer)
            self.assertEqual(250, smtp.noop()[0], "the session goes on")
        self.assertGreater(accepted, 0)

        imap = imaplib.IMAP4("127.0.0.1", server.port("imap"))
        imap.login(BOB, "hungry")
        self.assertEqual(accepted, int(imap.select("INBOX")[1][0]))
        # A checkpoint may have found room for one more in the meantime.
        for _ in range(200):
            kind, text = imap.append("INBOX", None, None, f"Subject: appended\r\n\r\n{lines}\r\n".encode())
            if kind != "OK":
                break
            accepted += 1
        self.assertEqual("NO", kind, "the disk never filled up")
        self.assertIn(b"[LIMIT]", text[0])

        ballast.unlink()
        kind, _ = imap.append("INBOX", None, None, f"Subject: appended\r\n\r\n{lines}\r\n".encode())
        self.assertEqual("OK", kind, "there is room again")
        imap.logout()
        with smtplib.SMTP("127.0.0.1", server.port("smtp")) as smtp:
            smtp.sendmail("alice@crepes.fr", [BOB], f"Subject: last\r\n\r\n{lines}\r\n")
        self.assertEqual(0, server.stop())
        self.assertNotIn("error", server.run("check").lower())
        with Mailstead([], {}, data=directory, ports=server.ports) as again:
            imap = imaplib.IMAP4("127.0.0.1", again.port("imap"))
            imap.login(BOB, "hungry")
            self.assertEqual(accepted + 2, int(imap.select("INBOX")[1][0]))
            imap.logout()


if __name__ == "__main__":
    unittest.main()
