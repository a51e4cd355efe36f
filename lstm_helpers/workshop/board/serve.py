"""Serve a board: the socket, the server, and under which addresses the room reaches it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import psutil
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from lstm_helpers.workshop.board.app import make_app
from lstm_helpers.workshop.board.board import Board
from lstm_helpers.workshop.board.limits import MOST_CONNECTIONS_AT_ONE_ADDRESS, neighbourhood

SECONDS_TO_ASK = 10.0
_VIRTUAL = ("docker", "br-", "veth", "virbr", "vmnet", "vbox", "tun", "tap", "wg", "lxc", "cni")


class Server(uvicorn.Server):
    """A server that lets the pages go before it stops; they would never go by themselves.

    Parameters
    ----------
    config : uvicorn.Config
        What to serve.
    board : Board
        Whose pages.
    """

    def __init__(self, config: uvicorn.Config, board: Board) -> None:
        super().__init__(config)
        self.board = board
        self.loop = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at a signal."""
        super().handle_exit(sig, frame)
        self.loop.call_soon_threadsafe(self.board.stream.close)


def guarded() -> type[H11Protocol]:
    """Make a protocol that lets nobody hold connections for nothing.

    Returns
    -------
    type
        A connection that asks nothing within some seconds is closed, and so is one too many from
        the same address.
    """
    count: Counter[str] = Counter()

    class Guarded(H11Protocol):
        where = ""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.where = neighbourhood(self.client[0] if self.client else "")
            count[self.where] += 1
            if count[self.where] > MOST_CONNECTIONS_AT_ONE_ADDRESS:
                transport.abort()
            else:
                self.loop.call_later(SECONDS_TO_ASK, self.must_have_asked)

        def must_have_asked(self) -> None:
            asked = getattr(self, "cycle", None)  # the request that came last
            if asked is None and not self.transport.is_closing():
                self.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            count[self.where] -= 1
            if count[self.where] <= 0:
                del count[self.where]
            super().connection_lost(exc)

    return Guarded


def listen(host: str, port: int) -> socket.socket:
    """Open the socket, so that a port that is taken is known before anything else is done.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        Port; any free one if 0.

    Returns
    -------
    socket.socket
        Listening.

    Raises
    ------
    OSError
        If that cannot be.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.create_server((host, port), family=family, backlog=1024)
    opened.setblocking(False)
    return opened


def addresses(host: str, port: int) -> list[str]:
    """Guess where others in the room reach this machine.

    Parameters
    ----------
    host : str
        What the board listens on.
    port : int
        Port.

    Returns
    -------
    list of str
        The likeliest first. If the board listens everywhere: this machine's IPv4 addresses, those
        of virtual networks last; the loopback address, if there are no others.
    """
    if host not in ("", "0.0.0.0", "::"):
        return [f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"]
    running = {name for name, stats in psutil.net_if_stats().items() if stats.isup}
    found = [
        (name.lower().startswith(_VIRTUAL), each.address)
        for name, each_of in psutil.net_if_addrs().items()
        for each in each_of
        if name in running and each.family == socket.AF_INET and _is_reachable(each.address)
    ]
    ordered = [address for _, address in sorted(found, key=lambda one: one[0])]
    return [f"http://{address}:{port}" for address in ordered or ["127.0.0.1"]]


def serve_with(board: Board) -> Server:
    """Make the server of a board.

    Parameters
    ----------
    board : Board
        The workshop.

    Returns
    -------
    Server
        Runs until a signal comes; for the loop in which the board was made.
    """
    config = uvicorn.Config(
        make_app(board),
        http=guarded(),
        ws="none",
        loop="asyncio",
        lifespan="on",
        access_log=False,  # it would keep keys and addresses
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
    )
    return Server(config, board)


def allow_many_connections() -> None:
    """Raise this process's own limit on open connections as far as it may."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else max(soft, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, 65_536), hard))


def default_folder() -> Path:
    """Say where a board is kept if nobody says where.

    Returns
    -------
    Path
        A folder among this user's data.
    """
    import platformdirs

    return platformdirs.user_data_path("lstm-course", appauthor=False) / "board"


def _is_reachable(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return not (parsed.is_loopback or parsed.is_link_local)
