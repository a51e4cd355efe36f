"""Notebook and board together: what `join` and `check` send is what the real board shows."""

from __future__ import annotations

import threading

import pytest
from answers_to_sigmoid import right, wrong

from lstm_helpers.notebook import (
    check,
    hint,
    join,
    leave,
    lower_hand,
    membership,
    raise_hand,
    sending,
    skip,
)
from lstm_helpers.notebook.membership import Membership
from lstm_helpers.workshop.board.controls import CONFIRMATION
from tests.workshop.board_server import running


@pytest.fixture
def board(tmp_path, home, page):
    with running(tmp_path / "board") as real:
        yield real
        membership.forget(home)
        sending.sender(home).wake()
        assert sending.sender(home).wait(30)


def settle(home):
    sending.sender(home).wake()
    assert sending.sender(home).wait(30)


def test_a_workshop_from_joining_to_its_end(board, home, page):
    spaced = " ".join(board.board.code).lower()
    join(board.address, spaced, "ada")
    assert page[-1]["text/plain"].startswith("✓ Joined")
    check(wrong, "sigmoid")
    hint("sigmoid")
    skip("rnn_step")
    raise_hand()
    settle(home)
    state = board.board.state
    before = state.events
    assert before == 4
    assert membership.look(home).after.number == 4
    # Everything is sent a second time: nothing changes.
    membership.change(home, membership.look(home), after=membership.Mark(0, ""))
    settle(home)
    assert state.events == before
    check(right, "sigmoid")
    lower_hand()
    settle(home)
    assert state.events == 6
    shown = board.state()
    assert "ada" in str(shown)
    # The board knows the token no more, as if it had lost it: the notebook joins again.
    membership.change(home, membership.look(home), token="unknown")
    check(right, "sigmoid")
    settle(home)
    assert state.events == 7
    assert len(state.learners) == 1
    raise_hand()
    leave()
    assert page[-1]["text/plain"].startswith("✓ Left")
    assert "no longer counts you" in page[-1]["text/plain"]
    shown = board.state()
    assert (shown["count"], shown["left"], shown["stuck"], shown["hands"]) == (0, 1, [], [])
    join(board.address, board.board.code, "ada l.")  # the same folder is the same learner
    assert page[-1]["text/plain"].startswith("✓ Joined")
    assert len(state.learners) == 1
    assert board.state()["count"] == 1
    ended = board.control(board.instructor(), "end", confirm=CONFIRMATION)
    assert ended.status_code == 200, ended.text
    check(right, "sigmoid")
    settle(home)
    assert not isinstance(membership.look(home), Membership)
    check(right, "sigmoid")
    assert "The workshop's board has ended" in page[-1]["text/plain"]
    join(board.address, "KFWM-7Q2P", "ada")
    assert page[-1]["text/plain"].startswith("○ Not joined")
    assert threading.active_count() < 20


def test_refusals_of_the_real_board_are_cards(board, home, page):
    join(board.address, "0000-0000", "ada")
    assert "did not accept the code" in page[-1]["text/plain"]
    board.token("bob")
    join(board.address, board.board.code, "Bob")
    assert "is taken by somebody else" in page[-1]["text/plain"]
    join(board.address, board.board.code, "learner 7")
    assert 'It says: "`learner` with a number' in page[-1]["text/plain"]
    assert membership.look(home) is None
