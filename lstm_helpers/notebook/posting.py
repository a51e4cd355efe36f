"""One question to a board over the network, from which nothing can go wrong but that it fails.

The other side may be anybody: one request per connection, no redirects, no proxies, no cookies;
one time limit for the whole answer, however slowly it drips; and no more is read than an answer of
the board can have. `requests` bounds neither time nor headers, so this speaks HTTP itself, with the
standard library's parser for what comes back.
"""

from __future__ import annotations

import io
import json
import re
import socket
import time
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

CONNECT_SECONDS = 4.0
LARGEST_ANSWER = 64 * 1024  # bytes, head and body; the board's largest has some 10 kB

_PORTS = {"http": 80, "https": 443}


class UnreachableError(Exception):
    """The board gave no answer that can be used; the message is half a sentence that says why."""


class Reply(NamedTuple):
    """What a board answered.

    Attributes
    ----------
    status : int
        Number of the HTTP status.
    body : dict
        The JSON object, or an empty one if there was none.
    retry_after : float or None
        Seconds to wait, if it asked for that.
    """

    status: int
    body: dict[str, Any]
    retry_after: float | None


def post(
    address: str, path: str, content: dict[str, Any], token: str | None, seconds: float
) -> Reply:
    """Send one JSON object and wait for the answer.

    Parameters
    ----------
    address : str
        As `clean_address` gives it.
    path : str
        Such as ``"/api/join"``.
    content : dict
        What is sent.
    token : str or None
        Goes into the header ``Authorization``.
    seconds : float
        When to give up, counted from the moment at which the connection stands.

    Returns
    -------
    Reply
        Status and content.

    Raises
    ------
    UnreachableError
        If there was no answer, or none of a board.
    """
    from http.client import HTTPException  # loaded by the first who joins a board

    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    body = json.dumps(content).encode()
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Content-Type: application/json; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Accept: application/json",
        "Connection: close",
    ]
    if token is not None:
        head.append(f"Authorization: Bearer {token}")
    request = "\r\n".join([*head, "", ""]).encode("ascii") + body
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS) as connection:
            if parts.scheme == "https":
                import ssl

                context = ssl.create_default_context()
                with context.wrap_socket(connection, server_hostname=host) as secured:
                    return _ask(secured, request, seconds)
            return _ask(connection, request, seconds)
    except TimeoutError:
        raise UnreachableError("it did not answer in time") from None
    except ConnectionRefusedError:
        raise UnreachableError("nothing listens there") from None
    except socket.gaierror:
        raise UnreachableError(f"the name {host!r} is not known here") from None
    except OSError as error:
        raise UnreachableError(error.strerror or str(error) or type(error).__name__) from None
    except (HTTPException, ValueError, RecursionError):
        raise UnreachableError("what answers there is no board of this course") from None


def _ask(connection: socket.socket, request: bytes, seconds: float) -> Reply:
    from http.client import HTTPResponse

    until = time.monotonic() + seconds
    connection.settimeout(seconds)
    connection.sendall(request)
    source = cast(socket.socket, _Incoming(connection, until))
    with HTTPResponse(source, method="POST") as response:
        response.begin()
        text = response.read(LARGEST_ANSWER)
        try:
            body = json.loads(text)
        except ValueError:
            if response.status == 200:  # of another status, the number says enough
                raise
            body = {}
        wait = response.getheader("Retry-After") or ""
    retry_after = float(wait) if re.fullmatch(r"\d{1,6}", wait) else None
    return Reply(response.status, body if isinstance(body, dict) else {}, retry_after)


class _Incoming(io.RawIOBase):
    """What comes in, up to a time and an amount."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection, self._until, self._left = connection, until, LARGEST_ANSWER

    def makefile(self, mode: str) -> io.BufferedReader:
        """Be what `HTTPResponse` takes for a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there, or wait for it."""
        seconds = self._until - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        if self._left <= 0:
            raise ValueError("more than a board ever answers")
        self._connection.settimeout(seconds)
        count = self._connection.recv_into(buffer)
        self._left -= count
        return count
