"""A server on this computer that answers as it is told: rightly, late, cut off, with an error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Answer = Callable[[BaseHTTPRequestHandler, threading.Event], None]


class Server:
    """Answers each path with what stands in `answers`, the last one again and again.

    Used as a context: it ends, with all its threads, at the end.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[str] = []  # paths with their queries
        self.ended = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                left = outer.answers.get(urlsplit(self.path).path, [status(404)])
                (left.pop(0) if len(left) > 1 else left[0])(self, outer.ended)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a client that left early
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Server:
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()  # joins the threads of all answers

    def times(self, path: str) -> int:
        return sum(urlsplit(asked).path == path for asked in self.asked)


def content(body: bytes, status: int = 200) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, ended: threading.Event) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def status(number: int) -> Answer:
    return content(f"<html>status {number}</html>".encode(), number)


def cut_off(body: bytes) -> Answer:
    """Promise the whole and send half."""

    def answer(handler: BaseHTTPRequestHandler, ended: threading.Event) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])

    return answer


def late(body: bytes, after: int = 0) -> Answer:
    """Send some bytes and then nothing, until the server ends."""

    def answer(handler: BaseHTTPRequestHandler, ended: threading.Event) -> None:
        if after:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body[:after])
            handler.wfile.flush()
        ended.wait(60)

    return answer
