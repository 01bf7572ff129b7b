"""The encoders a search needs: loaded once, in the background, and again when the active pack changes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Generic, NoReturn, Protocol, TypeVar

import numpy as np

from embeddings.encoder import EncoderSpec, TextEncoder, Vectors, VisualEncoder
from foundation import logging
from foundation.errors import ModelError, PackMissing

KEPT_ENCODERS = 3
"""Encoders of a kind that stay open: in use, on trial, and what served before."""

KEPT_QUERIES = 256
"""Encoded queries kept, so that the next page need not encode again."""


class _Specified(Protocol):
    @property
    def spec(self) -> EncoderSpec:
        """Which model it is."""


E = TypeVar("E", bound=_Specified)


@dataclass
class Slot(Generic[E]):
    """One encoder that is opened when first needed, and again when ``choice`` was rewritten.

    Args:
        open: Opens the active pack; raises ModelError.
        choice: File that says which pack is active.
    """

    open: Callable[[], E]
    choice: Path
    _stamp: int | None = None
    _opened: E | None = None
    _problem: ModelError | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self) -> E:
        """The encoder of the active pack.

        Raises:
            PackMissing, PackInvalid: There is none, or it cannot be loaded; a new choice is tried again.
        """
        with self._lock:
            stamp = _stamp_of(self.choice)
            if stamp != self._stamp:
                self._load(stamp)
            if self._opened is None:
                raise self._problem or ModelError("No encoder was opened.")
            return self._opened

    def _load(self, stamp: int) -> None:
        self._opened, self._problem = None, None
        try:
            self._opened = self.open()
        except ModelError as error:
            self._problem = error
        self._stamp = stamp


class RememberingText:
    """A text encoder that keeps the vectors of the sentences it encoded last.

    A visual pack that continues the sentence model encodes the same query again, and so does the next page.

    Args:
        encoder: What encodes; one sentence at a time, since it uses every core by itself.
    """

    def __init__(self, encoder: TextEncoder) -> None:
        self.spec = encoder.spec
        self._encoder = encoder
        self._recent = _Recent()

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] for n texts."""
        if not texts:
            return self._encoder.encode_texts(texts)
        return np.stack([self._recent.get(text, self._encoder.encode_texts) for text in texts])


@dataclass
class Shelf(Generic[E]):
    """Encoders that are open: the one that serves, and those it is compared with or exchanged for.

    Args:
        find: Spec of the pack of a name, of the active one for None; raises ModelError.
        open: Opens the pack of a name, or the active one; raises ModelError.
    """

    find: Callable[[str | None], EncoderSpec]
    open: Callable[[str | None], E]
    _kept: OrderedDict[EncoderSpec, E] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, name: str | None = None) -> E:
        """The encoder of this pack, opened when it is not yet.

        Raises:
            PackMissing, PackInvalid: There is none, or it cannot be loaded.
        """
        spec = self.find(name)
        with self._lock:
            if spec not in self._kept:
                self._kept[spec] = self.open(name)
            self._kept.move_to_end(spec)
            if len(self._kept) > KEPT_ENCODERS:
                self._kept.popitem(last=False)
            return self._kept[spec]


def _no_other(name: str | None) -> NoReturn:
    raise PackMissing(f"There is no pack called {name}.")


@dataclass
class Encoders:
    """Query sides of the active visual and text packs.

    Attributes:
        open_visual: Opens another visual pack by name; raises ModelError.
        open_text: Likewise for text packs.
    """

    visual: Slot[VisualEncoder]
    text: Slot[TextEncoder]
    open_visual: Callable[[str], VisualEncoder] = _no_other
    open_text: Callable[[str], TextEncoder] = _no_other
    _recent: "_Recent" = field(default_factory=lambda: _Recent())

    def picture_query(self, text: str) -> tuple[EncoderSpec, Vectors]:
        """[dim] vector of a sentence among pictures; raises PackMissing, PackInvalid."""
        encoder = self.visual.get()
        return encoder.spec, self._recent.get(text, encoder.encode_queries, encoder.spec.space)

    def meaning_query(self, text: str) -> tuple[EncoderSpec, Vectors]:
        """[dim] vector of a sentence among passages; raises PackMissing, PackInvalid."""
        encoder = self.text.get()
        return encoder.spec, self._recent.get(text, encoder.encode_texts, encoder.spec.space)

    def encode_for_pictures(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] vectors of sentences among pictures; raises PackMissing, PackInvalid."""
        return self.visual.get().encode_queries(texts)

    def encode_for_passages(self, texts: Sequence[str]) -> Vectors:
        """[n, dim] vectors of sentences among passages; raises PackMissing, PackInvalid."""
        return self.text.get().encode_texts(texts)

    def with_packs(self, visual: str | None, text: str | None) -> "Encoders":
        """The same with other packs than those in use, by name; None keeps the one in use."""
        visuals, texts = self.visual, self.text
        if visual is not None:
            visuals = Slot(partial(self.open_visual, visual), self.visual.choice)
        if text is not None:
            texts = Slot(partial(self.open_text, text), self.text.choice)
        return replace(self, visual=visuals, text=texts)

    def rehearse(self, kind: str, name: str) -> None:
        """Load a pack that is about to serve, so that no search waits for it; raises ModelError leaves."""
        if kind == "visual":
            self.open_visual(name).encode_queries(["rehearsal"])
        else:
            self.open_text(name).encode_texts(["rehearsal"])

    def warm(self) -> None:
        """Load both now, so that no search has to wait; a pack that is missing stays missing."""
        log = logging.get(__name__)
        for name, slot in (("visual", self.visual), ("text", self.text)):
            try:
                slot.get()
            except ModelError as error:
                log.warning("encoder_missing", kind=name, code=error.code)


@dataclass
class _Recent:
    """Vectors of the sentences encoded last; who asks for one that is being encoded waits for it."""

    _kept: OrderedDict[tuple[str, str], Vectors] = field(default_factory=OrderedDict)
    _encoding: threading.Lock = field(default_factory=threading.Lock)

    def get(self, text: str, encode: Callable[[list[str]], Vectors], space: str = "") -> Vectors:
        key = (space, text)
        with self._encoding:
            if key not in self._kept:
                self._kept[key] = encode([text])[0]
            self._kept.move_to_end(key)
            if len(self._kept) > KEPT_QUERIES:
                self._kept.popitem(last=False)
            return self._kept[key]


def _stamp_of(choice: Path) -> int:
    try:
        return choice.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
