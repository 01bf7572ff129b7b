"""Locks and sockets of a home."""

import socket
import stat
from pathlib import Path

import pytest

from foundation.errors import AlreadyOwned
from scripts.locks import Lock, held, listen_tcp, listen_unix, reachable


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "run" / "lock"), Lock(tmp_path / "run" / "lock")
    assert first.take()
    assert not second.take()
    first.close()
    assert second.take()
    second.close()


def test_holding_a_held_lock_is_refused(tmp_path: Path) -> None:
    with held(tmp_path / "lock"), pytest.raises(AlreadyOwned), held(tmp_path / "lock"):
        pass
    with held(tmp_path / "lock"):
        pass


def test_a_socket_is_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    with listen_unix(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("depth", [1, 30])
def test_a_deep_home_can_be_reached(tmp_path: Path, depth: int) -> None:
    path = tmp_path.joinpath(*["deep-folder"] * depth) / "api.sock"
    path.parent.mkdir(parents=True)
    with listen_unix(path), socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(reachable(path)))
    assert reachable(path).resolve() == path.resolve()


def test_a_stolen_link_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path.joinpath(*["deep-folder"] * 30) / "api.sock"
    path.parent.mkdir(parents=True)
    link = reachable(path).parent
    link.unlink()
    link.symlink_to(tmp_path)
    with pytest.raises(AlreadyOwned):
        reachable(path)
    link.unlink()


def test_a_dead_process_leaves_no_socket_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    listen_unix(path).close()
    assert path.exists()
    with listen_unix(path):
        pass


def test_a_taken_port_is_told_with_a_remedy() -> None:
    with listen_tcp("127.0.0.1", 0) as listener:
        with pytest.raises(AlreadyOwned) as caught:
            listen_tcp("127.0.0.1", listener.getsockname()[1])
        assert "REKINDLE_API__PORT" in caught.value.remedy
