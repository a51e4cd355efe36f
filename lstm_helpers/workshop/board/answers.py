"""How the board answers: headers that let a browser do no more than it must, bodies read within
their limit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lstm_helpers.workshop.board.limits import BODY_SECONDS, whole_seconds

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Problem(Exception):  # noqa: N818 - it is an answer, and not always an error of ours
    """An answer other than the one that was hoped for.

    Parameters
    ----------
    status : int
        HTTP status.
    sentence : str
        What is wrong and what to do.
    retry_after : float, optional
        Seconds to wait, if waiting helps.
    """

    def __init__(self, status: int, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.retry_after = status, sentence, retry_after

    def headers(self) -> Mapping[str, str]:
        """Return the headers that belong to it.

        Returns
        -------
        mapping of str to str
            ``Retry-After``, or none.
        """
        return {} if self.retry_after is None else {"Retry-After": whole_seconds(self.retry_after)}


async def say_problem(request: Request, problem: Exception) -> JSONResponse:
    """Answer with a problem.

    Parameters
    ----------
    request : Request
        What was asked.
    problem : Problem
        What to answer.

    Returns
    -------
    JSONResponse
        One sentence under ``"error"``.
    """
    assert isinstance(problem, Problem)
    return JSONResponse({"error": problem.sentence}, problem.status, headers=problem.headers())


class SafeHeaders:
    """Give each answer the headers that keep a browser from doing anything unforeseen.

    Parameters
    ----------
    app : ASGI application
        What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *(pair for pair in message["headers"] if pair[0].decode() not in _HEADERS),
                    *((name.encode(), value.encode()) for name, value in _HEADERS.items()),
                ]
            await send(message)

        await self.app(scope, receive, send_safely)


async def read_body(request: Request, limit: int) -> bytes:
    """Read a body, and stop at the first byte too many.

    Parameters
    ----------
    request : Request
        What was asked.
    limit : int
        Bytes.

    Returns
    -------
    bytes
        The body.

    Raises
    ------
    Problem
        413 if it is larger, 408 if it does not arrive.
    """
    too_large = Problem(413, f"The body is too large; at most {limit} bytes are taken.")
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or len(announced) > 12 or int(announced) > limit:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    raise too_large
    except TimeoutError:
        raise Problem(408, f"The body did not arrive within {BODY_SECONDS:.0f} seconds.") from None
    return bytes(body)
