"""Markup of what Streamlit has no widget for; every text that comes from outside is escaped here."""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from search_api.schemas import Box, Cue, Face, Hit, HitStep, Master, SearchReply
from ui.components.words import class_words, clock, master_words

_MARGIN = 1.6
"""Side of the square around a face, in widths of its box."""


def mark() -> str:
    """The name of the house."""
    return (
        '<p class="rk-mark">Re<b>kindle</b></p>'
        '<p class="rk-sub">Describe what is seen, said or written. '
        "Moments play at once; masters come back on demand.</p>"
    )


def signals(reply: SearchReply) -> str:
    """Which signals took part; the reason why one is off is its tooltip."""
    parts = [
        f'<span class="{"on" if state == "on" else "off"}" title="{escape(state)}">{escape(name)}</span>'
        for name, state in reply.signals.items()
    ]
    return f'<div class="rk-signals">{"".join(parts)}</div>'


def reading(reply: SearchReply) -> str:
    """How the query was read, where that is more than words."""
    told = reply.understood.told
    return f'<p class="rk-sub">Understood: <code>{escape(told)}</code></p>' if told else ""


def card(hit: Hit, picture: str | None, *, playing: bool) -> str:
    """A hit: its keyframe, moment, storage class, name and reasons."""
    shown = (
        f'<img src="{escape(picture)}" alt="" loading="lazy">'
        if picture
        else '<div class="rk-none">no picture</div>'
    )
    why = "".join(
        f'<div class="rk-why"><b>{escape(match.signal)}</b> {escape(match.why)}</div>'
        for match in hit.matched[:3]
    )
    label, name, uri = escape(moment(hit)), escape(hit.asset.name), escape(hit.asset.uri)
    return (
        f'<div class="rk-card{" playing" if playing else ""}">'
        f'<div class="rk-frame">{shown}{_badge(hit.master)}<span class="rk-time">{label}</span></div>'
        f'<div class="rk-text"><div class="rk-name" title="{uri}">{sureness(hit)}{name}</div>'
        f"{why}</div></div>"
    )


def sureness(hit: Hit) -> str:
    """How sure a hit is, as a mark."""
    return f'<span class="rk-sure {hit.confidence}">{hit.confidence}</span>'


def moment(place: Hit | HitStep | Face) -> str:
    """Where in the asset, as its timecode or its clock."""
    if place.start is None:
        return "still"
    return place.timecode or clock(place.start)


def _step(step: HitStep) -> str:
    return f"{moment(step)}: {'; '.join(match.why for match in step.matched)}"


def player(kind: str, url: str, *, start: float, end: float | None, poster: str | None) -> str:
    """The proxy, playing from ``start`` seconds; a still is shown whole."""
    until = "" if end is None else f",{end:.3f}"
    source = f"{escape(url)}#t={start:.3f}{until}"
    if kind == "still":
        inner = f'<img src="{escape(url)}" alt="">'
    elif kind == "sound":
        inner = f'<audio controls autoplay src="{source}"></audio>'
    else:
        cover = f' poster="{escape(poster)}"' if poster else ""
        inner = f'<video controls autoplay playsinline preload="auto"{cover} src="{source}"></video>'
    return f'<div class="rk-player">{inner}</div>'


def facts(rows: Mapping[str, str | None]) -> str:
    """A table of facts; those that are not known are left out."""
    cells = "".join(
        f"<tr><td>{escape(name)}</td><td>{_told(value)}</td></tr>" for name, value in rows.items() if value
    )
    return f'<table class="rk-facts">{cells}</table>'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows below named columns."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{_told(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table class="rk-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def frame(picture: str, label: str) -> str:
    """A keyframe with its label."""
    return (
        f'<div class="rk-card"><div class="rk-frame"><img src="{escape(picture)}" alt="" loading="lazy">'
        f'<span class="rk-time">{escape(label)}</span></div></div>'
    )


def face(picture: str, box: Box, label: str) -> str:
    """A face cut out of its picture, a square around it with a margin, by style alone."""
    across, down = box.left + box.width / 2, box.top + box.height / 2
    # A translation counts in the picture's own size, so that its shape need not be known.
    style = (
        f"width:{100 / (_MARGIN * max(box.width, 0.01)):.1f}%;"
        f"transform:translate({-100 * across:.2f}%,{-100 * down:.2f}%)"
    )
    return (
        f'<div class="rk-face"><img src="{escape(picture)}" alt="" loading="lazy" style="{style}">'
        f'<span class="rk-time">{escape(label)}</span></div>'
    )


def cue(item: Cue) -> str:
    """Words of the transcript; drafts say so."""
    marks = [item.speaker, "draft" if item.kind == "draft" else None, item.language]
    told = " · ".join(escape(mark) for mark in marks if mark)
    return f'<div class="rk-cue">{escape(item.text)} <i>{told}</i></div>'


def sentences(lines: Iterable[str]) -> str:
    """Sentences below each other."""
    return "".join(f'<p class="rk-sub">{_told(line)}</p>' for line in lines)


def about(hit: Hit) -> str:
    """What there is to say of a hit beside the player."""
    rows: dict[str, str | None] = {
        "moment": moment(hit), "sure": hit.confidence, "master": master_words(hit.master)
    }  # fmt: skip
    rows |= {f"step {number}": _step(step) for number, step in enumerate(hit.steps, start=1)}
    rows |= {str(match.signal): f"{match.why} ({match.contribution:.0%})" for match in hit.matched}
    if hit.duplicates:
        rows["same pictures"] = f"in {hit.duplicates} more assets; this is the best master"
    return f'<p class="rk-name">{escape(hit.asset.name)}</p>{facts(rows)}'


def _told(text: str) -> str:
    """Escaped text, commands between backticks set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _badge(master: Master) -> str:
    cold = master.restore in {"needed", "in progress"}
    told = master_words(master) if cold else class_words(master.storage_class)
    return f'<span class="rk-class{" cold" if cold else ""}">{escape(told)}</span>'


def plain(text: str) -> str:
    """Text that is text."""
    return escape(text)
