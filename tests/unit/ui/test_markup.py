"""Whatever an archive holds is text on the page, never markup."""

from decimal import Decimal

import pytest

from search_api import schemas as s
from ui.components import markup
from ui.components.words import clock, master_words, money_words, wait_words

EVIL = '<img src=x onerror="alert(1)">'


def hit(name: str = "a.mov", **changes: object) -> s.Hit:
    values = {
        "asset": s.AssetRef(id="ast_1", name=name, uri=f"file:///{name}"),
        "in_frame": 10, "out_frame": 20, "start": 0.4, "end": 0.8, "timecode": "10:00:00:10",
        "confidence": "weak", "score": 0.1,
        "matched": [s.Match(signal="speech", score=1.0, why=EVIL)],
        "playback": s.Playback(url="/p", start=0.4),
        "master": s.Master(
            storage_class="DEEP_ARCHIVE", restore="needed", eta_seconds=43200, cost_usd=Decimal("0.42")
        ),
    }  # fmt: skip
    return s.Hit.model_validate(values | changes)


@pytest.mark.parametrize(
    "text",
    [
        markup.card(hit(EVIL), f"http://x/{EVIL}", playing=False),
        markup.about(hit(EVIL)),
        markup.facts({EVIL: EVIL}),
        markup.sentences([EVIL]),
        markup.player("video", EVIL, start=0.0, end=None, poster=EVIL),
        markup.frame(EVIL, EVIL),
        markup.face(EVIL, s.Box(left=0.1, top=0.1, width=0.2, height=0.2), EVIL),
        markup.plain(EVIL),
        markup.cue(
            s.Cue(
                in_frame=None,
                out_frame=None,
                start=0.0,
                end=1.0,
                ordinal=0,
                text=EVIL,
                kind="caption",
                speaker=EVIL,
            )
        ),
    ],
)
def test_foreign_text_is_escaped(text: str) -> None:
    assert "<img src=x" not in text
    assert 'onerror="' not in text


def test_a_sequence_tells_its_steps() -> None:
    match = s.Match(signal="visual", score=0.3, why=f"looks like it {EVIL}")
    step = s.HitStep(in_frame=0, out_frame=9, start=61.0, end=62.0, matched=[match])
    text = markup.about(hit(steps=[step]))
    assert "step 1" in text
    assert "looks like it" in text
    assert "<img src=x" not in text


def test_a_reading_is_escaped_and_left_out_where_it_is_only_words() -> None:
    words = {"words": ["beach"], "phrases": []}
    reply = s.SearchReply.model_validate(
        {"query": "q", "signals": {}, "hits": [], "understood": {**words, "excluded": [EVIL]}}
    )
    assert "beach NOT &lt;img" in markup.reading(reply)
    plain = s.SearchReply.model_validate({"query": "q", "signals": {}, "hits": [], "understood": words})
    assert markup.reading(plain) == ""


def test_a_moment_plays_from_its_fraction_of_a_second() -> None:
    assert "#t=12.480,19.200" in markup.player("video", "/p", start=12.48, end=19.2, poster=None)


def test_a_cold_hit_says_how_long_and_how_much() -> None:
    assert "Deep Archive · 12 h · 0.42 USD" in markup.card(hit(), None, playing=False)


def test_commands_are_set_as_code() -> None:
    assert "<code>rekindle up</code>" in markup.sentences(["Run `rekindle up`."])


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0:00.0"), (59.96, "1:00.0"), (61.25, "1:01.2"), (3661.0, "1:01:01.0")]
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "cost unknown"),
        (Decimal(0), "0.00 USD"),
        (Decimal("0.000012"), "0.000012 USD"),
        (Decimal("3.1"), "3.10 USD"),
    ],
)
def test_money(amount: Decimal | None, text: str) -> None:
    assert money_words(amount) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "time unknown"), (5, "5 s"), (600, "10 min"), (43200, "12 h")]
)
def test_wait(seconds: float | None, text: str) -> None:
    assert wait_words(seconds) == text


@pytest.mark.parametrize(
    ("restore", "text"),
    [
        ("none", "Deep Archive"),
        ("restored", "Deep Archive · readable"),
        ("in progress", "Deep Archive · coming back, 5 s"),
    ],
)
def test_master_words(restore: str, text: str) -> None:
    master = s.Master.model_validate(
        {"storage_class": "DEEP_ARCHIVE", "restore": restore, "eta_seconds": 5, "cost_usd": None}
    )
    assert master_words(master) == text
