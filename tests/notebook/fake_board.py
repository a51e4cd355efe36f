"""A board on loopback that keeps what it is sent, and can misbehave in every way there is."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLOW_SECONDS = 10.0


class FakeBoard:
    """Serves until it is closed; `mode` says how it answers."""

    def __init__(self, mode="ok", port=0):
        self.mode = mode
        self.bodies = []  # every request as it came
        self.posts = []  # (path, content, headers) of each
        self.events = {}  # by key, as a board keeps them
        self.tokens = {"token-0"}
        self.free = threading.Event()  # lets go whoever is kept waiting
        board = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                with suppress(OSError):
                    board.answer(self)

            def do_GET(self):
                self.do_POST()

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self.thread.start()

    def close(self):
        self.free.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, request):
        length = int(request.headers.get("Content-Length", 0))
        body = request.rfile.read(length)
        self.bodies.append(body)
        content = json.loads(body) if body else {}
        self.posts.append((request.path, content, dict(request.headers)))
        handler = getattr(self, f"answer_{self.mode.replace(' ', '_')}")
        handler(request, content)

    def send(self, request, status, content, **headers):
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def answer_ok(self, request, content):
        if request.path == "/api/join":
            self.tokens = {f"token-{len(self.posts)}"}
            token = next(iter(self.tokens))
            self.send(request, 200, {"version": 1, "learner": "L1", "token": token})
            return
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.tokens:
            self.send(request, 401, {"error": "unknown"})
            return
        keys = [event["key"] for event in content["events"]]
        for event in content["events"]:
            self.events.setdefault(event["key"], event)
        self.send(request, 200, {"version": 1, "accepted": keys, "refused": {}})

    def answer_slow(self, request, content):
        self.free.wait(SLOW_SECONDS)
        self.answer_ok(request, content)

    def answer_garbage(self, request, content):
        self.send(request, 200, b"\x00\xff<html>[[[" * 50)

    def answer_deep(self, request, content):
        self.send(request, 200, b"[" * 60_000)

    def answer_no_http(self, request, content):
        request.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n" * 3)

    def answer_500(self, request, content):
        self.send(request, 500, {"error": "oh"})

    def answer_429(self, request, content):
        self.send(request, 429, {"error": "flood"}, Retry_After="1")

    def answer_403(self, request, content):
        self.send(request, 403, {"error": "wrong code"})

    def answer_409(self, request, content):
        self.send(request, 409, {"error": "nick in use"})

    def answer_410(self, request, content):
        self.send(request, 410, {"error": "ended"})

    def answer_422(self, request, content):
        self.send(request, 422, {"error": "the nick\u202e is <b>odd</b>"})

    def answer_redirect(self, request, content):
        self.send(request, 307, {}, Location=f"{self.address}/elsewhere")

    def answer_endless(self, request, content):
        request.send_response(200)
        request.end_headers()
        while not self.free.is_set():
            request.wfile.write(b" " * 65536)

    def answer_gigantic(self, request, content):
        request.send_response(200)
        request.send_header("Content-Length", str(10**12))
        request.end_headers()
        while not self.free.is_set():
            request.wfile.write(b'{"version": 1,' + b" " * 65536)

    def answer_drip(self, request, content):
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not self.free.is_set():
            request.wfile.write(b" ")
            time.sleep(0.01)

    def answer_continue(self, request, content):
        while not self.free.is_set():
            request.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def answer_liar(self, request, content):
        """Say 200 to everything and acknowledge nothing that was sent."""
        token = "a\r\nX-Evil: 1"
        body = {"version": 1, "learner": "L1", "token": token}
        self.send(request, 200, body | {"accepted": ["1-x", None, 3], "refused": 7})

    def answer_forgetful(self, request, content):
        """Give a token and then not know it, for ever."""
        if request.path == "/api/join":
            self.send(request, 200, {"version": 1, "learner": "L1", "token": "t"})
        else:
            self.send(request, 401, {"error": "unknown"})


def closed_port():
    """Return a port of this machine on which nothing listens."""
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
