"""Marionette: the remote control built into Gecko applications. Length-prefixed JSON over one TCP connection.

    with Marionette(port) as remote:
        remote.run("return Services.appinfo.version")     # in the chrome context, promises are waited for

A packet is `LENGTH:JSON`. Commands are [0, id, name, parameters], their answers [1, id, error, result].
"""
import json
import socket


class MarionetteError(AssertionError):
    """An exception of a script, or an error answer to a command."""


class Marionette:
    def __init__(self, port, timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.file = self.socket.makefile("rb")
        self.last = 0
        self.greeting = self.packet()
        self.command("WebDriver:NewSession", {"capabilities": {}})
        self.command("Marionette:SetContext", {"value": "chrome"})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def packet(self):
        length = b""
        while (octet := self.file.read(1)) != b":":
            if not octet:
                raise ConnectionError("the application closed the connection")
            length += octet
        return json.loads(self.file.read(int(length)))

    def command(self, name, parameters):
        self.last += 1
        octets = json.dumps([0, self.last, name, parameters]).encode()
        self.socket.sendall(b"%d:" % len(octets) + octets)
        try:
            _, number, error, result = self.packet()
        except TimeoutError:
            raise MarionetteError(f"{name}: no answer") from None
        if number != self.last:
            raise MarionetteError(f"{name}: answer {number} to command {self.last}")
        if error:
            raise MarionetteError(f"{error['error']}: {error['message']}\n{error.get('stacktrace', '')}")
        return result

    def run(self, script, *arguments, seconds=60):
        """The body of an async function, run with full rights; what it returns. Fails when that takes longer than `seconds`."""
        self.command("WebDriver:SetTimeouts", {"script": int(seconds * 1000)})
        self.socket.settimeout(seconds + 30)
        body = ("const done = arguments[arguments.length - 1];"
                "(async (...args) => {" + script + "})(...Array.from(arguments).slice(0, -1))"
                ".then(value => done({value: value === undefined ? null : value}), e => done({error: String(e), stack: String(e?.stack)}));")
        answer = self.command("WebDriver:ExecuteAsyncScript", {
            "script": body, "args": list(arguments), "sandbox": "system", "newSandbox": False})["value"]
        if "error" in answer:
            raise MarionetteError(f"{answer['error']}\n{answer['stack']}")
        return answer["value"]
