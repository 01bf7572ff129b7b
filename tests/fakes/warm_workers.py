"""Worker processes that are forks of one which has imported what they need, in place of spawned ones."""

import multiprocessing
from multiprocessing.context import ForkServerContext

import pytest


def forks() -> ForkServerContext:
    """A context whose processes begin at once; each still is a process of its own, killed like any other."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.e2e.warm"])
    return context


@pytest.fixture
def warm_workers(monkeypatch: pytest.MonkeyPatch) -> ForkServerContext:
    """What asks for a way to start processes is given this one."""
    context = forks()
    monkeypatch.setattr(multiprocessing, "get_context", lambda _method=None: context)
    return context
