"""How much one client may ask of the board, so that no other client notices."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

JOIN_BYTES = 2_048
EVENTS_BYTES = 65_536
FORM_BYTES = 1_024
CONTROL_BYTES = 4_096
BODY_SECONDS = 10.0  # how long a body may take to arrive

MOST_LEARNERS = 1_000
MOST_EVENTS_OF_ONE = 2_000  # a day's checks are some hundred
MOST_EVENTS = 500_000  # about 100 MB on disk
MOST_VIEWERS = 300
MOST_VIEWERS_AT_ONE_ADDRESS = 40
MOST_CONNECTIONS_AT_ONE_ADDRESS = 800  # a JupyterHub is one address for all of its users

# Tokens at most, and tokens that come back per second.
REQUESTS = (60.0, 4.0)
EVENTS = (400.0, 5.0)
WRONG_CODES = (30.0, 1.0)
NEW_LEARNERS = (600.0, 1.0)
MOST_REMEMBERED = 20_000  # addresses or tokens


class Buckets:
    """One token bucket for each client; a bucket that is full again is forgotten.

    Parameters
    ----------
    size : float
        Tokens that a full bucket holds.
    rate : float
        Tokens that come back per second.
    clock : callable, optional
        Seconds that only grow.

    Examples
    --------
    >>> buckets = Buckets(2, 1, clock=lambda: 0.0)
    >>> [buckets.take("ada") for _ in range(3)]
    [0.0, 0.0, 1.0]
    """

    def __init__(
        self, size: float, rate: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.size, self.rate, self.clock = size, rate, clock
        self._left: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def wait(self, client: object, cost: float = 1.0) -> float:
        """Say how long a client has to wait, and take nothing.

        Parameters
        ----------
        client : object
            Who asks.
        cost : float, optional
            How many tokens it would take; at most a full bucket is asked for.

        Returns
        -------
        float
            Seconds; 0 if there are enough tokens now.
        """
        cost = min(cost, self.size)
        left = self._now(client)
        return 0.0 if left >= cost else (cost - left) / self.rate

    def take(self, client: object, cost: float = 1.0) -> float:
        """Take tokens, if there are enough.

        Parameters
        ----------
        client : object
            Who asks.
        cost : float, optional
            How many tokens.

        Returns
        -------
        float
            0 if they were taken; else the seconds to wait, and none were.
        """
        seconds = self.wait(client, cost)
        if seconds == 0.0:
            self._left[client] = (self._now(client) - min(cost, self.size), self.clock())
            self._left.move_to_end(client)
            while len(self._left) > MOST_REMEMBERED:
                self._left.popitem(last=False)
        return seconds

    def _now(self, client: object) -> float:
        left, then = self._left.get(client, (self.size, 0.0))
        return min(self.size, left + self.rate * (self.clock() - then))


def whole_seconds(seconds: float) -> str:
    """Write a time to wait as the header ``Retry-After`` has it.

    Parameters
    ----------
    seconds : float
        How long.

    Returns
    -------
    str
        Whole seconds, at least 1.
    """
    return str(max(1, math.ceil(seconds)))


def neighbourhood(address: str) -> str:
    """Name what counts as one client among addresses.

    Parameters
    ----------
    address : str
        IP address of a connection.

    Returns
    -------
    str
        The address; of an IPv6 address its first 64 bits, since one machine has all that follow.

    Examples
    --------
    >>> neighbourhood("10.0.0.5"), neighbourhood("2001:db8::1:2")
    ('10.0.0.5', '2001:db8::')
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(parsed) >> 64 << 64))
