"""What somebody waits for goes first; the rest waits for it, and not for ever."""

import threading

import pytest

from foundation.precedence import Precedence

LONG = 600.0


def test_nobody_waits_where_nothing_goes_first() -> None:
    precedence = Precedence(LONG)
    precedence.give_way()
    with precedence.first():
        pass
    precedence.give_way()


def test_the_rest_waits_until_the_last_of_several_is_through() -> None:
    precedence, order = Precedence(LONG), list[str]()
    inside = threading.Barrier(3)
    gates = {name: threading.Event() for name in ("one", "two")}

    def go(name: str) -> None:
        with precedence.first():
            inside.wait()
            gates[name].wait()
            order.append(name)

    def rest() -> None:
        precedence.give_way()
        order.append("rest")

    going = [threading.Thread(target=go, args=(name,)) for name in gates]
    for thread in going:
        thread.start()
    inside.wait()
    waiting = threading.Thread(target=rest)
    waiting.start()
    for thread, gate in zip(going, gates.values(), strict=True):
        gate.set()
        thread.join()
    waiting.join()
    assert order == ["one", "two", "rest"]


def test_patience_runs_out() -> None:
    precedence = Precedence(0.01)
    with precedence.first():
        precedence.give_way()


def test_what_fails_holds_nobody_up() -> None:
    precedence = Precedence(LONG)
    with pytest.raises(ZeroDivisionError), precedence.first():
        _ = 1 / 0
    precedence.give_way()
