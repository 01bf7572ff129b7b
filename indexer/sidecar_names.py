"""What a sidecar's name says: whose it is, in which language, of which kind (``film.en.sdh.srt``)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from catalog.model import CueKind
from media.formats import CAPTION_SUFFIXES

METADATA_SUFFIXES = frozenset({".xmp", ".json"})

_TAG = re.compile(r"[a-z]{2}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?\Z", re.IGNORECASE)
_ISO_639_2 = """
eng=en deu=de ger=de fra=fr fre=fr spa=es ita=it por=pt nld=nl dut=nl swe=sv nor=no dan=da fin=fi rus=ru
pol=pl ces=cs cze=cs ell=el gre=el tur=tr ara=ar heb=he hin=hi jpn=ja kor=ko zho=zh chi=zh hun=hu
ron=ro rum=ro ukr=uk vie=vi tha=th und=und
"""
_THREE_LETTERS = dict(pair.split("=") for pair in _ISO_639_2.split())
_KINDS = {
    "sdh": CueKind.SDH,
    "cc": CueKind.SDH,
    "hi": CueKind.SDH,
    "forced": CueKind.FORCED,
    "translation": CueKind.TRANSLATION,
}


@dataclass(frozen=True, slots=True)
class SidecarName:
    """One way to read a sidecar's name; ``caption_kind`` is None for metadata."""

    owner: str
    language: str | None = None
    caption_kind: CueKind | None = None


def sidecar_of(key: str) -> Iterator[SidecarName]:
    """Ways to read a key as a sidecar's, the most literal first; none when the suffix is no sidecar's."""
    path = PurePosixPath(key)
    suffix = path.suffix.lower()
    if suffix in METADATA_SUFFIXES:
        yield SidecarName(str(path.with_suffix("")))
    elif suffix in CAPTION_SUFFIXES:
        yield from _captions(path.with_suffix(""))


def _captions(path: PurePosixPath) -> Iterator[SidecarName]:
    language, kind = None, CueKind.CAPTION
    yield SidecarName(str(path), language, kind)
    for token in _tokens(path):
        named = _KINDS.get(token.lower())
        if named is not None and kind is CueKind.CAPTION and not _is_hindi(path, token):
            kind = named
        elif language is None and (tag := language_tag(token)) is not None:
            language = tag
        else:
            return
        path = path.with_suffix("")
        yield SidecarName(str(path), language, kind)


def _tokens(path: PurePosixPath) -> Iterator[str]:
    for suffix in reversed(path.suffixes):
        yield suffix[1:]


def _is_hindi(path: PurePosixPath, token: str) -> bool:
    """``film.hi.srt`` is in Hindi; ``film.en.hi.srt`` is for the hard of hearing."""
    before = path.with_suffix("").suffix[1:]
    return token.lower() == "hi" and language_tag(before) is None


def language_tag(token: str) -> str | None:
    """BCP-47 tag of a token such as ``en``, ``pt-BR``, ``zh_Hant`` or ``ger``; None when it is none."""
    token = token.replace("_", "-")
    if token.lower() in _THREE_LETTERS:
        return _THREE_LETTERS[token.lower()]
    if not _TAG.match(token):
        return None
    first, *rest = token.split("-")
    return "-".join([first.lower(), *(p.title() if len(p) == 4 else p.upper() for p in rest)])
