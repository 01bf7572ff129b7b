"""Turns come in the order of asking."""

import threading
import time

import pytest

from foundation.turns import Turns


def test_whoever_comes_again_at_once_waits_for_those_who_wait() -> None:
    turns, order = Turns(), list[str]()
    waits = threading.Event()

    def ask_once() -> None:
        waits.set()
        with turns.take():
            order.append("once")

    waiting = threading.Thread(target=ask_once)
    with turns.take():
        waiting.start()
        waits.wait()
        while len(turns._line) < 2:
            time.sleep(0.001)
        order.append("busy")
    with turns.take():
        order.append("busy again")
    waiting.join()
    assert order == ["busy", "once", "busy again"]


def test_nobody_goes_at_once_with_another() -> None:
    turns, inside, met = Turns(), list[int](), list[int]()

    def go(number: int) -> None:
        for _ in range(50):
            with turns.take():
                inside.append(number)
                time.sleep(0.0002)
                met.append(len(inside))
                inside.pop()

    going = [threading.Thread(target=go, args=(number,)) for number in range(4)]
    for thread in going:
        thread.start()
    for thread in going:
        thread.join()
    assert set(met) == {1}
    assert len(met) == 200


def test_what_fails_holds_nobody_up() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.take():
        _ = 1 / 0
    with turns.take():
        pass
