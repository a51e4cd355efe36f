"""What the board answers to learners' notebooks: the wire protocol, version 1."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from lstm_helpers.workshop.board import controls, limits, pages
from lstm_helpers.workshop.board.answers import Problem, SafeHeaders, read_body, say_problem
from lstm_helpers.workshop.board.board import Board, EndedError
from lstm_helpers.workshop.board.nicknames import RefusedError
from lstm_helpers.workshop.board.rules import VERSION, read_events, read_join, read_json
from lstm_helpers.workshop.board.store import BoardFullError, NickTakenError

ENDED = "This workshop has ended, and its data are deleted."


def make_app(board: Board) -> ASGIApp:
    """Make the application of one board.

    Parameters
    ----------
    board : Board
        The workshop.

    Returns
    -------
    ASGI application
        To be served by one process.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        publisher = asyncio.create_task(board.stream.run())
        yield
        board.stream.close()
        await publisher
        board.close()

    app = Starlette(
        routes=[
            Route("/api/join", join, methods=["POST"]),
            Route("/api/events", events, methods=["POST"]),
            Route("/api/control", controls.control, methods=["POST"]),
            *pages.ROUTES,
            Mount("/static", StaticFiles(directory=Path(__file__).with_name("static"))),
        ],
        exception_handlers={
            Problem: say_problem,
            RefusedError: _say_refused,
            EndedError: _say_ended,
            HTTPException: _say_http,
            sqlite3.Error: _say_unstored,
            ClientDisconnect: _say_nothing,
        },
        lifespan=lifespan,
    )
    app.state.board = board
    return SafeHeaders(app)


async def join(request: Request) -> Response:
    """Let a learner in.

    Parameters
    ----------
    request : Request
        With code, nickname and client.

    Returns
    -------
    Response
        Number and token of the learner.
    """
    board: Board = request.app.state.board
    wish = read_join(read_json(await read_body(request, limits.JOIN_BYTES)))
    pages.require_running(board)
    address = pages.address_of(request)
    pages.require_code(board, address, wish.code)
    if not board.knows(wish.client) and (seconds := board.new_learners.take(address)):
        raise Problem(429, "Too many learners join from here at once: wait.", seconds)
    try:
        learner = await board.join(wish)
    except NickTakenError:
        raise Problem(409, "Somebody else has this nickname: choose another.") from None
    except BoardFullError:
        raise Problem(
            429, f"The board is full: it takes {limits.MOST_LEARNERS} learners.", 60
        ) from None
    return JSONResponse(
        {"version": VERSION, "learner": str(learner.number), "token": learner.token}
    )


async def events(request: Request) -> Response:
    """Keep events of a learner.

    Parameters
    ----------
    request : Request
        With the learner's token, and a batch of events.

    Returns
    -------
    Response
        Which of them are kept, once they are on the disk, and why others are not.
    """
    board: Board = request.app.state.board
    pages.require_running(board)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    learner = board.whose(token.strip()) if scheme.lower() == "bearer" else None
    if learner is None:
        raise Problem(401, "The board does not know this token: join again.")
    if seconds := board.requests.take(learner):
        raise Problem(429, "Too many requests at once: wait, then send again.", seconds)
    found = read_json(await read_body(request, limits.EVENTS_BYTES))
    wanted, refused = read_events(found, board.lesson_of)
    if seconds := board.flood.take(learner, len(wanted) + len(refused)):
        raise Problem(429, "Too many events at once: wait, then send again.", seconds)
    if wanted:
        refused |= await board.add(learner, wanted)
    accepted = [event.key for event in wanted if event.key not in refused]
    return JSONResponse({"version": VERSION, "accepted": accepted, "refused": refused})


async def _say_refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 422)


async def _say_ended(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": ENDED}, 410)


async def _say_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse(
        {"error": f"{error.detail}."}, error.status_code, headers=error.headers or {}
    )


async def _say_unstored(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "The board could not store this: send it again later."}, 503)


async def _say_nothing(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # to nobody: who asked is gone
