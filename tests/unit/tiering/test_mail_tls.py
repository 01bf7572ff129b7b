"""Mail goes through STARTTLS: what is told and who is told travel in private, to a server that is trusted."""

import ssl
from pathlib import Path

import pytest

from archive_tiering.notices.mail import Mail
from foundation.errors import NoticeUndelivered
from foundation.settings import MailSettings
from tests.fakes.smtp_server import Box, certified, smtp_server
from tests.unit.tiering.test_courier import notice


def settings(box: Box) -> MailSettings:
    return MailSettings(
        host="localhost",
        port=box.port,
        user="rekindle",
        password="s3cret",  # type: ignore[arg-type]
        addresses={"prn_ada": "ada@example.org"},
    )


def test_everything_but_the_greeting_is_private(tmp_path: Path) -> None:
    shown, trust = certified(tmp_path, "localhost")
    with smtp_server(tls=shown) as box:
        assert Mail(settings(box), trust).send([notice()]) == [None]
    assert [line.split()[0] for line in box.clear] == ["ehlo", "STARTTLS"]
    said = [line.split(" ")[0].upper().partition(":")[0] for line in box.lines[2:]]
    assert said[:5] == ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"]
    assert box.messages == 1


@pytest.mark.parametrize(
    ("name", "is_trusted"),
    [("localhost", False), ("elsewhere.example", True)],
    ids=["self-signed", "another name"],
)
def test_a_server_that_is_not_trusted_hears_nothing(tmp_path: Path, name: str, *, is_trusted: bool) -> None:
    shown, trust = certified(tmp_path, name)
    with smtp_server(tls=shown) as box:
        (result,) = Mail(settings(box), trust if is_trusted else None).send([notice()])
    assert isinstance(result, NoticeUndelivered)
    assert "certificate" in result.message.lower()
    assert [line.split()[0] for line in box.lines] == ["ehlo", "STARTTLS"]


def test_a_session_that_is_no_tls_is_tried_again(tmp_path: Path) -> None:
    shown, _ = certified(tmp_path, "localhost")
    old = ssl.create_default_context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    shown.minimum_version = ssl.TLSVersion.TLSv1_3
    with smtp_server(tls=shown) as box:
        (result,) = Mail(settings(box), old).send([notice()])
    assert result is not None
    assert (result.retryable, box.messages) == (True, 0)
