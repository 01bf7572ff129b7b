"""`rekindle demo` does what it promises on a fresh home, and again on the same one."""

from pathlib import Path

import pytest

from tests.e2e.command import Rekindle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_the_demo_does_the_whole_job_twice(tmp_path: Path) -> None:
    rekindle = Rekindle(tmp_path / "home")
    for _ in range(2):
        told = rekindle.json("demo", "--no-serve")
        assert [answer["words"] for answer in told["answers"] if not answer["right"]] == []
        assert told["played"]["decoded"]
        assert told["played"]["first_byte"] > 0
        assert told["returned"]["verified"]
    assert rekindle.json("status")["counts"] == {"assets": 14, "video": 14, "still": 0, "sound": 0, "cold": 7}
