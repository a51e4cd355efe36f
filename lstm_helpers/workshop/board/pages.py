"""What the board answers to browsers: the page, its stream, and who may see them.

A browser that gave the join code has a cookie; one that came by the instructor's link has a second.
Both are worth nothing to scripts and to other sites. Nothing relies on the name under which the
board was reached: links are relative.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from lstm_helpers.exercises import LESSONS
from lstm_helpers.workshop.board import limits
from lstm_helpers.workshop.board.answers import Problem, read_body
from lstm_helpers.workshop.board.board import Board, EndedError
from lstm_helpers.workshop.board.codes import join_lines
from lstm_helpers.workshop.board.picture import picture

_DAY = 86_400
_NEED_CODE = "Give the join code first."
_WRONG_CODE = "This is not the join code of this board: look at the projector."
_TOO_MANY = "Too many wrong codes came from here: wait a little, then try again."


def require_running(board: Board) -> None:
    """Refuse everything once the workshop has ended.

    Parameters
    ----------
    board : Board
        The workshop.
    """
    if board.ended:
        raise EndedError


def require_code(board: Board, address: str, code: str) -> None:
    """Refuse who does not have the join code, or tries too many.

    Parameters
    ----------
    board : Board
        The workshop.
    address : str
        Who tries.
    code : str
        As it was typed.
    """
    wait = board.guess(address, code)
    if wait is None:
        return
    if wait:
        raise Problem(429, _TOO_MANY, wait)
    raise Problem(403, _WRONG_CODE)


def address_of(request: Request) -> str:
    """Say where a request comes from; headers that claim something else do not count.

    Parameters
    ----------
    request : Request
        What was asked.

    Returns
    -------
    str
        IP address, or the network of it.
    """
    return limits.neighbourhood(request.client.host) if request.client else ""


def may_lead(request: Request, board: Board) -> bool:
    """Say whether a request comes from the instructor's browser.

    Parameters
    ----------
    request : Request
        What was asked.
    board : Board
        The workshop.

    Returns
    -------
    bool
        Whether it brings the instructor's cookie.
    """
    return board.is_instructor(request.cookies.get(_name(board, "instructor"), ""))


async def page(request: Request) -> Response:
    """Show the board, or ask for the join code.

    Parameters
    ----------
    request : Request
        What was asked; may bring the code in its address.

    Returns
    -------
    Response
        A page.
    """
    board: Board = request.app.state.board
    if board.ended:
        return _html("ended.html", 410)
    if "code" in request.query_params:
        return _enter(board, address_of(request), request.query_params["code"])
    if not _may_look(request, board):
        return _html("enter.html", 200, problem="")
    return _html("board.html", 200, board=board, lines=_lines(board), instructor=False)


async def enter(request: Request) -> Response:
    """Take the join code from the form.

    Parameters
    ----------
    request : Request
        With the code.

    Returns
    -------
    Response
        To the board, or the form again.
    """
    board: Board = request.app.state.board
    if board.ended:
        return _html("ended.html", 410)
    body = (await read_body(request, limits.FORM_BYTES)).decode("utf-8", "replace")
    try:
        code = parse_qs(body, max_num_fields=4).get("code", [""])[0]
    except ValueError:
        code = ""
    return _enter(board, address_of(request), code)


async def instructor(request: Request) -> Response:
    """Show the board with its controls to who has the instructor's key.

    Parameters
    ----------
    request : Request
        With the key in its address, or in a cookie.

    Returns
    -------
    Response
        A page.
    """
    board: Board = request.app.state.board
    if board.ended:
        return _html("ended.html", 410)
    key = request.query_params.get("key")
    if key is not None and board.is_instructor(key):
        answer = _to("/instructor")
        _set_cookie(answer, _name(board, "instructor"), board.instructor_key)
        _set_cookie(answer, _name(board, "view"), board.view_key)
        return answer
    if not may_lead(request, board):
        return _html("enter.html", 403, problem="This page needs the instructor's own link.")
    every = [(number, lesson.title) for number, lesson in LESSONS.items() if lesson.exercises]
    lines = _lines(board)
    return _html("board.html", 200, board=board, lines=lines, instructor=True, lessons=every)


async def state(request: Request) -> Response:
    """Give the state as JSON.

    Parameters
    ----------
    request : Request
        What was asked.

    Returns
    -------
    Response
        What the page shows.
    """
    board: Board = request.app.state.board
    _require_look(request, board)
    return JSONResponse(picture(board.state, 0, time.time()))


async def stream(request: Request) -> Response:
    """Give the state as it changes.

    Parameters
    ----------
    request : Request
        What was asked.

    Returns
    -------
    Response
        Server-sent events, without an end.
    """
    board: Board = request.app.state.board
    _require_look(request, board)
    address = address_of(request)
    if not may_lead(request, board) and not board.stream.has_room(address):
        raise Problem(429, "Too many pages look on: close some.", 10)
    return StreamingResponse(board.stream.messages(address), media_type="text/event-stream")


ROUTES = [
    Route("/", page),
    Route("/enter", enter, methods=["POST"]),
    Route("/instructor", instructor),
    Route("/api/state", state),
    Route("/api/stream", stream),
]


def _enter(board: Board, address: str, code: str) -> Response:
    try:
        require_code(board, address, code)
    except Problem as problem:
        answer = _html("enter.html", problem.status, problem=problem.sentence)
        answer.headers.update(problem.headers())
        return answer
    answer = _to("/")
    _set_cookie(answer, _name(board, "view"), board.view_key)
    return answer


def _require_look(request: Request, board: Board) -> None:
    require_running(board)
    if not _may_look(request, board):
        raise Problem(403, _NEED_CODE)


def _may_look(request: Request, board: Board) -> bool:
    return board.is_viewer(request.cookies.get(_name(board, "view"), ""))


def _lines(board: Board) -> tuple[str, ...]:
    return join_lines(board.addresses[0], board.code) if board.addresses else ()


def _name(board: Board, who: str) -> str:
    """Name a cookie; browsers hand it to all ports of a machine, so each board has its own."""
    return f"board-{board.name}-{who}"


def _set_cookie(answer: Response, name: str, key: str) -> None:
    answer.set_cookie(name, key, max_age=_DAY, httponly=True, samesite="lax")


def _to(path: str) -> Response:
    return Response(status_code=303, headers={"Location": path})


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("lstm_helpers.workshop.board"), autoescape=True, trim_blocks=True
    )


def _html(template: str, status: int, **values: Any) -> Response:
    return HTMLResponse(_environment().get_template(template).render(**values), status)
