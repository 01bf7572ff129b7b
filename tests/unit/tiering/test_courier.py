"""Notices reach webhooks and mail at least once, signed, with one id, and are given up in the end."""

import hashlib
import hmac
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from archive_tiering.notices.courier import Courier, Patience
from archive_tiering.notices.mail import Mail, message_of
from archive_tiering.notices.webhook import Webhook
from catalog.model import Notice, NoticeEvent
from catalog.repository import Catalog
from catalog.sql_notices import News, tell
from foundation.errors import NoticeRefused, NoticeUndelivered, RekindleError
from foundation.ids import NoticeId, PrincipalId
from foundation.settings import MailSettings, WebhookSettings
from tests.contract.archive import open_empty
from tests.fakes.clock import FakeClock
from tests.fakes.smtp_server import smtp_server

ADA, BOB = PrincipalId("prn_ada"), PrincipalId("prn_bob")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def catalog(tmp_path: Path, clock: FakeClock) -> Iterator[Catalog]:
    opened = open_empty(tmp_path / "home", clock)
    yield opened
    opened.close()


def write(catalog: Catalog, *keys: str, who: PrincipalId = ADA) -> None:
    with catalog.write() as tx:
        session = tx._session  # type: ignore[attr-defined]
        facts = {"uri": "s3://b/film.mov", "eta": None}
        tell(session, [News(key, NoticeEvent.READY, "rst_1", who, facts) for key in keys])


def notice(seq: int = 1, who: PrincipalId = ADA) -> Notice:
    facts = {"uri": "s3://b/fïlm.mov", "cost": "1.00"}
    return Notice(seq, NoticeId(f"ntc_{seq}"), NoticeEvent.READY, "rst_1", who, facts, FakeClock()())


@dataclass
class Flaky:
    """A channel that fails as it is told to."""

    name: str = "flaky"
    failures: list[RekindleError] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def send(self, notices: Sequence[Notice]) -> list[RekindleError | None]:
        self.sent += [each.id for each in notices]
        return [self.failures.pop(0) if self.failures else None for _ in notices]


def courier(catalog: Catalog, clock: FakeClock, *channels: Flaky, attempts: int = 4) -> Courier:
    patience = Patience(attempts, timedelta(minutes=10))
    return Courier(catalog, channels, patience, clock, random.Random(1))


def test_what_is_told_once_is_delivered_once_per_channel(catalog: Catalog, clock: FakeClock) -> None:
    write(catalog, "a", "b", "a")
    one, two = Flaky("one"), Flaky("two")
    made = courier(catalog, clock, one, two)
    assert made.deliver() == 4
    assert made.deliver() == 0
    assert one.sent == two.sent
    assert len(set(one.sent)) == 2
    write(catalog, "c")
    assert courier(catalog, clock, one).deliver() == 1


def test_what_fails_is_tried_again_later_with_the_same_id(catalog: Catalog, clock: FakeClock) -> None:
    write(catalog, "a")
    channel = Flaky(failures=[NoticeUndelivered("away"), NoticeUndelivered("away")])
    made = courier(catalog, clock, channel)
    made.deliver()
    assert made.deliver() == 0
    for _ in range(2):
        clock.advance(minutes=1)
        made.deliver()
    assert len(channel.sent) == 3
    assert len(set(channel.sent)) == 1
    clock.advance(hours=1)
    assert made.deliver() == 0
    with catalog.read() as view:
        assert view.notices.undelivered(10) == []


@pytest.mark.parametrize(
    ("failures", "tries"),
    [([NoticeUndelivered("away")] * 9, 4), ([NoticeRefused("no such person")], 1)],
)
def test_what_cannot_be_delivered_becomes_a_dead_letter(
    catalog: Catalog, clock: FakeClock, failures: list[RekindleError], tries: int
) -> None:
    write(catalog, "a")
    channel = Flaky(failures=list(failures))
    made = courier(catalog, clock, channel)
    for _ in range(9):
        made.deliver()
        clock.advance(minutes=20)
    assert len(channel.sent) == tries
    with catalog.read() as view:
        (dead,) = view.notices.undelivered(10)
    assert (dead.channel, dead.attempts, dead.error) == ("flaky", tries, failures[0].message)


def test_a_channel_that_dies_before_it_is_recorded_sends_again(catalog: Catalog, clock: FakeClock) -> None:
    write(catalog, "a")

    class Dying(Flaky):
        def send(self, notices: Sequence[Notice]) -> list[RekindleError | None]:
            super().send(notices)
            raise SystemExit

    dying = Dying()
    with pytest.raises(SystemExit):
        courier(catalog, clock, dying).deliver()
    again = Flaky()
    courier(catalog, clock, again).deliver()
    assert dying.sent == again.sent


def test_a_new_channel_is_told_of_the_last_day_only(catalog: Catalog, clock: FakeClock) -> None:
    write(catalog, "old")
    clock.advance(days=2)
    write(catalog, "new")
    channel = Flaky()
    assert courier(catalog, clock, channel).deliver() == 1


def _receiver(seen: list[httpx.Request], *statuses: int) -> httpx.MockTransport:
    left = list(statuses)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(left.pop(0) if left else 200, headers={"Location": "http://169.254.169.254/"})

    return httpx.MockTransport(answer)


def test_a_webhook_can_be_verified_as_the_docs_say() -> None:
    seen: list[httpx.Request] = []
    settings = WebhookSettings(url="https://ops.example/hook", secret="s3cret")  # type: ignore[arg-type]
    hook = Webhook("ops", settings, FakeClock(), _receiver(seen))
    assert hook.send([notice()]) == [None]
    (request,) = seen
    signed = f"{request.headers['Rekindle-Id']}.{request.headers['Rekindle-Timestamp']}.".encode()
    expected = hmac.new(b"s3cret", signed + request.content, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(request.headers["Rekindle-Signature"], f"v1={expected}")
    assert json.loads(request.content)["facts"]["uri"] == "s3://b/fïlm.mov"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, NoticeUndelivered), (429, NoticeUndelivered), (404, NoticeRefused), (302, NoticeRefused)],
)
def test_answers_of_webhooks_are_sorted_and_redirects_never_followed(
    status: int, kind: type[RekindleError]
) -> None:
    seen: list[httpx.Request] = []
    settings = WebhookSettings(url="https://ops.example/hook", secret="s")  # type: ignore[arg-type]
    (result,) = Webhook("ops", settings, FakeClock(), _receiver(seen, status)).send([notice()])
    assert type(result) is kind
    assert [str(request.url) for request in seen] == ["https://ops.example/hook"]


def test_mail_is_one_message_per_person() -> None:
    with smtp_server() as box:
        addresses = {"prn_ada": "ada@example.org", "prn_bob": "bob@example.org"}
        settings = MailSettings(host="127.0.0.1", port=box.port, starttls=False, addresses=addresses)
        who = [notice(1), notice(2), notice(3, BOB), notice(4, PrincipalId("prn_nobody"))]
        assert Mail(settings).send(who) == [None] * 4
    assert box.messages == 2
    assert any("ready and 1 more" in line for line in box.lines)


def test_an_address_that_is_refused_is_given_up_and_others_are_not() -> None:
    with smtp_server(refuse="bob@") as box:
        addresses = {"prn_ada": "ada@example.org", "prn_bob": "bob@example.org"}
        settings = MailSettings(host="127.0.0.1", port=box.port, starttls=False, addresses=addresses)
        fine, refused = Mail(settings).send([notice(1), notice(2, BOB)])
    assert fine is None
    assert type(refused) is NoticeRefused


def test_a_server_without_tls_gets_nothing() -> None:
    with smtp_server() as box:
        settings = MailSettings(host="127.0.0.1", port=box.port, addresses={"prn_ada": "ada@example.org"})
        (result,) = Mail(settings).send([notice()])
    assert type(result) is NoticeUndelivered
    assert box.messages == 0


def test_a_server_that_is_away_is_tried_again() -> None:
    settings = MailSettings(host="127.0.0.1", port=1, addresses={"prn_ada": "ada@example.org"})
    (result,) = Mail(settings).send([notice()])
    assert result is not None
    assert result.retryable


def test_nothing_in_a_notice_becomes_a_header() -> None:
    evil = Notice(
        1, NoticeId("ntc_1"), NoticeEvent.READY, "rst", ADA, {"uri": "x\r\nBcc: y@z"}, FakeClock()()
    )
    message = message_of([evil], "r@example.org", "ada@example.org")
    assert message["Bcc"] is None
    assert "ready: x Bcc: y@z" in message.get_content()
