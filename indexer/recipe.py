"""Which stages an asset goes through, and at which version: decided without loading a model.

A version holds what would change the stage's results: its code's own number, settings that matter, and the
revision of the encoder. Settings of the proxy are left out on purpose: new ones are for new assets, since
making every proxy again would read every master again.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from embeddings.encoder import EncoderKind
from embeddings.packs import Pack, PackStore
from foundation import logging
from foundation.descriptors import SHOT_SIZE, chosen
from foundation.errors import ModelError
from foundation.settings import Settings

WALK = "walk"
"""The stage run that says the whole walk is done; its version is the recipe's digest."""

PROXY, SHOTS, FINGERPRINT = "proxy", "shots", "fingerprint"
"""The stages that make renditions, keyframes, and what duplicates are found by."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A stage that makes vectors with one pack.

    Attributes:
        stage: Its name; each pack has its own, so that what one made stays done while another one serves.
        kind: ``visual`` or ``text``.
        pack: Name of the pack.
        revision: Of the pack.
        is_trial: The pack is tried beside the one in use.
    """

    stage: str
    kind: EncoderKind
    pack: str
    revision: str
    is_trial: bool


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an asset goes through.

    Attributes:
        versions: Versions of the stages that are switched on and have a model, by stage name.
        recognises: Speech is recognised where there are no captions.
        encodings: Those of the stages that make vectors side by side with other packs.
        describes: Descriptors that are wanted and can be had.
    """

    versions: Mapping[str, str]
    recognises: bool
    encodings: tuple[Encoding, ...] = ()
    describes: frozenset[str] = frozenset()

    @property
    def digest(self) -> str:
        """Names this set of versions; assets walked with another one are looked at again.

        A trial is left out: it fills up by itself, and no walk is repeated for it.
        """
        trials = {encoding.stage for encoding in self.encodings if encoding.is_trial}
        kept = {name: version for name, version in self.versions.items() if name not in trials}
        lines = sorted(f"{name}={version}" for name, version in kept.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def recipe_of(settings: Settings, packs: PackStore) -> Recipe:
    """The recipe that the settings, the active packs and those on trial ask for."""
    signals, shots = settings.signals, f"1+{settings.media.shot_threshold:g}"
    sampled = f"{shots}+{signals.frames_per_second:g}"
    revisions = {kind: found for kind in _wanted(settings) if (found := _revision(packs, kind))}
    versions = {"probe": "1", "proxy": "1", "about": "1", "shots": sampled, "words": "1+captions"}
    describes = signals.described if "face" in revisions else signals.described - {SHOT_SIZE}
    if describes:
        versions["descriptors"] = f"1+{shots}{_choice(describes, sampled, revisions)}"
    if signals.duplicates:
        versions[FINGERPRINT] = "2"
    if "speech" in revisions:
        versions["words"] = f"1+{revisions['speech']}"
    for stage, kind in _MODEL_STAGES.items():
        if kind in revisions:
            versions[stage] = f"1+{sampled}+{revisions[kind]}"
    encodings = tuple(_encodings(packs))
    for encoding in encodings:
        basis = f"1+{sampled}" if encoding.kind == "visual" else "1"
        versions[encoding.stage] = f"{basis}+{encoding.revision}"
    return Recipe(versions, "speech" in revisions, encodings, describes)


def _choice(describes: frozenset[str], sampled: str, revisions: Mapping[EncoderKind, str]) -> str:
    """What tells a choice of descriptors from the default one, which is not spelled out."""
    if describes == chosen(True):
        return ""
    seen = f"+{sampled}+{revisions['face']}" if SHOT_SIZE in describes else ""
    return f"+{','.join(sorted(describes))}{seen}"


_MODEL_STAGES: Mapping[str, EncoderKind] = {"faces": "face", "onscreen": "ocr"}
_SIDE_BY_SIDE: tuple[EncoderKind, ...] = ("visual", "text")


def _encodings(packs: PackStore) -> Iterator[Encoding]:
    for kind in _SIDE_BY_SIDE:
        for is_trial, find in ((False, packs.active), (True, packs.trial)):
            pack = _usable(find, kind)
            if pack is not None:
                spec = pack.spec
                yield Encoding(spec.stage, kind, spec.name, spec.revision, is_trial)


def _wanted(settings: Settings) -> list[EncoderKind]:
    signals = settings.signals
    switched: list[tuple[EncoderKind, bool]] = [
        ("face", signals.faces),
        ("ocr", signals.onscreen),
        ("speech", signals.speech),
    ]
    return [kind for kind, on in switched if on]


def _revision(packs: PackStore, kind: EncoderKind) -> str | None:
    pack = _usable(packs.active, kind)
    return None if pack is None else pack.spec.revision


def _usable(find: Callable[[EncoderKind], Pack | None], kind: EncoderKind) -> Pack | None:
    """The pack of a kind; None where there is none that could be used: that signal is off."""
    try:
        return find(kind)
    except ModelError as error:
        logging.get(__name__).warning("pack.unusable", kind=kind, code=error.code, reason=error.message)
        return None
