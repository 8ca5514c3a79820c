"""A plain IMAP client for tests: lines and literals as they come, responses as nested lists. Orchestration only.

    with Imap("127.0.0.1", port) as imap:
        imap.login("bob@a.test", "hungry")
        answer = imap.command("FETCH 1 (UID ENVELOPE)")   # answer.status, answer.text, answer.untagged
        parse(answer.untagged[0])                         # [b"*", b"1", b"FETCH", [b"UID", b"7", b"ENVELOPE", [...]]]

A line with its literals is one string of octets, as on the wire. parse() makes NIL of nothing: None.
"""
import re
import socket

LITERAL = re.compile(rb"~?\{(\d+)\+?\}\r\n$")


class Answer:
    """What a command was answered: its untagged responses, then the tagged line's status and text."""
    def __init__(self, untagged, status, text):
        self.untagged, self.status, self.text = untagged, status, text

    def __repr__(self):
        return f"{self.status} {self.text!r} after {len(self.untagged)} responses"

    def fetched(self):
        """Message number → what FETCH said of it, by upper-case item name."""
        found = {}
        for response in self.untagged:
            number, kind = response.split(b" ", 3)[1:3]
            if kind.strip().upper() == b"FETCH":
                items = parse(response)[3]
                found.setdefault(int(number), {}).update(zip((item.upper() for item in items[::2]), items[1::2]))
        return found


class Imap:
    def __init__(self, address, port, timeout=60):
        self.socket = socket.create_connection((address, port), timeout=timeout)
        self.file = self.socket.makefile("rb", buffering=1 << 16)
        self.tags = 0
        self.greeting = self.response()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def login(self, user, password):
        answer = self.command(f'LOGIN "{user}" "{password}"')
        if answer.status != "OK":
            raise AssertionError(f"LOGIN {user}: {answer}")
        return self

    def send(self, octets):
        self.socket.sendall(octets)

    def response(self):
        """One response with its literals; empty once the server has closed the connection."""
        whole = b""
        while True:
            line = self.file.readline()
            if not whole and not line.endswith(b"}\r\n"):
                return line
            whole += line
            literal = LITERAL.search(line)
            if not literal:
                return whole
            whole += self.file.read(int(literal[1]))

    def start(self, command, *literals):
        """Sends a command, its literals behind the pieces of it that end in {}; the tag. The text is given without CRLF."""
        self.tags += 1
        tag = b"t%d" % self.tags
        pieces = (command.encode() if isinstance(command, str) else command).split(b"{}")
        out = tag + b" " + pieces[0]
        for literal, piece in zip(literals, pieces[1:], strict=True):
            out += b"{%d+}\r\n" % len(literal) + literal + piece
        self.send(out + b"\r\n")
        return tag

    def finish(self, tag):
        untagged = []
        while True:
            response = self.response()
            if not response:
                raise ConnectionError(f"the server closed the connection; it had said {untagged[-3:]}")
            first, _, rest = response.partition(b" ")
            if first == tag:
                status, _, text = rest.strip().partition(b" ")
                return Answer(untagged, status.decode(), text.decode(errors="replace"))
            untagged.append(response)

    def command(self, command, *literals):
        return self.finish(self.start(command, *literals))

    def ok(self, command, *literals):
        answer = self.command(command, *literals)
        if answer.status != "OK":
            raise AssertionError(f"{command[:200]}: {answer}")
        return answer


    def skim(self, command):
        """As ok, where the answer is millions of lines that nobody reads: they are passed over. No literal among them has a
        line that begins with the command's tag."""
        tag = self.start(command)
        mark, tail = b"\r\n" + tag + b" ", b"\r\n"
        while octets := self.file.peek():
            at = (tail + octets).find(mark)
            if at >= 0:
                self.file.read(max(0, at + 2 - len(tail)))
                answer = tail[at + 2:] + self.file.readline()
                break
            tail = (tail + octets)[-len(mark):]
            self.file.read(len(octets))
        else:
            raise ConnectionError("the server closed the connection")
        if not answer.startswith(tag + b" OK"):
            raise AssertionError(f"{command[:200]}: {answer}")


ATOM = re.compile(rb'[^ ()"\r\n\[]+(?:\[[^\]]*\](?:<\d+>)?)?|\[[^\]]*\]')
ANNOUNCED = re.compile(rb"~?\{(\d+)\}\r\n")
QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)


def parse(response):
    """A response as nested lists of octet strings, its strings without quotes, NIL as None."""
    at, stack = 0, [[]]
    while at < len(response):
        octet = response[at:at + 1]
        if octet == b"(":
            stack.append([])
            at += 1
        elif octet == b")":
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        elif octet == b'"':
            found = QUOTED.match(response, at)
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", found[1], flags=re.DOTALL))
            at = found.end()
        elif literal := ANNOUNCED.match(response, at):
            at = literal.end() + int(literal[1])
            stack[-1].append(response[literal.end():at])
        elif octet in b" \r\n":
            at += 1
        else:
            found = ATOM.match(response, at)
            stack[-1].append(None if found[0].upper() == b"NIL" else found[0])
            at = found.end()
    if len(stack) != 1:
        raise AssertionError(f"parentheses do not match: {response[:500]!r}")
    return stack[0]
