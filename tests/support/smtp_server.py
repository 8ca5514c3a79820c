"""A mail server for tests, with or without TLS, that remembers what it got."""
import contextlib
import socket
import ssl
import threading


class SmtpServer:
    """certificate, key: files for STARTTLS; without them it is not offered. Both may be changed at any time."""

    def __init__(self, address, port=25, certificate=None, key=None, extensions=("8BITMIME", "PIPELINING")):
        self.certificate, self.key, self.extensions = certificate, key, list(extensions)
        self.messages = []      # (recipients, content, whether by TLS, MAIL's line)
        self.server_names = []  # that clients asked for
        self.sessions = 0       # open ones: a client may keep one for its next message
        self.listener = socket.create_server((address, port), backlog=50)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def close(self):
        # Wakes accept(), too.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def secure(self, connection):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        context.sni_callback = lambda _, name, __: self.server_names.append(name)
        return context.wrap_socket(connection, server_side=True)

    def serve(self, connection):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError):
            open_ones.enter_context(connection)
            self.sessions += 1
            open_ones.callback(self.ended)
            self.talk(connection, open_ones)

    def ended(self):
        self.sessions -= 1

    def talk(self, connection, open_ones):
        lines = connection.makefile("rb")
        tls, mail, recipients = False, "", []

        def say(text):
            connection.sendall(text.encode() + b"\r\n")

        say("220 peer.test ESMTP")
        while line := lines.readline():
            command = line.decode(errors="replace").strip()
            verb = command.split(" ")[0].upper()
            if verb in ("EHLO", "HELO"):
                words = ["peer.test", *self.extensions, *([] if tls or not self.certificate else ["STARTTLS"])]
                for word in words[:-1]:
                    say("250-" + word)
                say("250 " + words[-1])
            elif verb == "STARTTLS":
                say("220 go ahead")
                connection = open_ones.enter_context(self.secure(connection))
                lines, tls = connection.makefile("rb"), True
            elif verb == "MAIL":
                mail, recipients = command, []
                say("250 2.1.0 ok")
            elif verb == "RCPT":
                recipients.append(command[command.index("<") + 1:command.index(">")])
                say("250 2.1.5 ok")
            elif verb == "DATA":
                say("354 go ahead")
                content = b""
                while (line := lines.readline()) not in (b".\r\n", b""):
                    content += line
                self.messages.append((recipients, content.decode(errors="replace"), tls, mail))
                say("250 2.0.0 taken")
            elif verb == "QUIT":
                say("221 2.0.0 bye")
                return
            else:
                say("250 2.0.0 ok")
