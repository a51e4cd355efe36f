"""What only the instructor may do: hide names, lower hands, choose lessons, end the workshop.

Each of these asks, besides the instructor's cookie, for a header that only our own page can send,
so that no other site can make the instructor's browser do it.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lstm_helpers.workshop.board import limits
from lstm_helpers.workshop.board.answers import Problem, read_body
from lstm_helpers.workshop.board.board import Board
from lstm_helpers.workshop.board.codes import same_key
from lstm_helpers.workshop.board.nicknames import RefusedError
from lstm_helpers.workshop.board.pages import may_lead, require_running
from lstm_helpers.workshop.board.rules import read_json

CONFIRMATION = "delete everything"


async def control(request: Request) -> Response:
    """Do what the instructor asks for.

    Parameters
    ----------
    request : Request
        With the instructor's cookie, the header that only our page sends, and a JSON object.

    Returns
    -------
    Response
        An empty object.
    """
    board: Board = request.app.state.board
    require_running(board)
    token = request.headers.get("x-board-token", "")
    if not (may_lead(request, board) and same_key(token, board.csrf)):
        raise Problem(403, "Only the instructor may do this: open the instructor's link.")
    found = read_json(await read_body(request, limits.CONTROL_BYTES))
    action = found.get("action")
    if action == "nicknames":
        await board.show(nicknames=_boolean(found.get("shown")))
    elif action == "mask":
        await board.mask(_number(found.get("learner")), _boolean(found.get("masked")))
    elif action == "lessons":
        numbers = found.get("lessons")
        if not isinstance(numbers, list) or not all(isinstance(n, str) for n in numbers):
            raise RefusedError("`lessons` is not a list of numbers such as '03'.")
        await board.show(lessons=numbers)
    elif action == "lower":
        await board.lower(_number(found.get("learner")))
    elif action == "end":
        if found.get("confirm") != CONFIRMATION:
            raise RefusedError(f"To end the workshop, confirm with '{CONFIRMATION}'.")
        await board.end()
    else:
        raise RefusedError("There is no such action.")
    return JSONResponse({})


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise RefusedError("Neither true nor false where one of them is needed.")
    return value


def _number(value: Any) -> int:
    if type(value) is not int:
        raise RefusedError("`learner` is not a number.")
    return value
