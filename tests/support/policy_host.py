"""A web server for MTA-STS policies (RFC 8461 §3.3): https on one address, a policy for each host name."""
import contextlib
import http.server
import ssl
import threading
import time


class PolicyHost:
    """policies: host name → text, or bytes to answer instead of any; asked: (host, path) of each request."""

    def __init__(self, address, certificate, key, port=443):
        self.policies, self.asked, self.status, self.kind, self.hangs = {}, [], {}, "text/plain", set()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                host = self.headers["Host"]
                owner.asked.append((host, self.path))
                if host in owner.hangs:
                    time.sleep(3600)
                body = owner.policies.get(host, "").encode()
                self.send_response(owner.status.get(host, 200 if body else 404))
                self.send_header("Content-Type", owner.kind)
                self.send_header("Location", f"https://{host}/elsewhere.txt")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):  # too much for the client
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((address, port), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
