"""Which stages an asset goes through, and at which version: decided without loading a model.

A version holds what would change the stage's results: its code's own number, settings that matter, and the
revision of the encoder. Settings of the proxy are left out on purpose: new ones are for new assets, since
making every proxy again would read every master again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from embeddings.encoder import EncoderKind
from embeddings.packs import PackStore
from foundation import logging
from foundation.errors import ModelError
from foundation.settings import Settings

WALK = "walk"
"""The stage run that says the whole walk is done; its version is the recipe's digest."""

PROXY, SHOTS = "proxy", "shots"
"""The stages that make renditions, and keyframes."""

STAGE_OF_VECTORS: Mapping[str, str] = {"visual": "visual", "text": "meaning", "face": "faces"}
"""Which stage writes the vectors of a kind of encoder."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an asset goes through.

    Attributes:
        versions: Versions of the stages that are switched on and have a model, by stage name.
        recognises: Speech is recognised where there are no captions.
    """

    versions: Mapping[str, str]
    recognises: bool

    @property
    def digest(self) -> str:
        """Names this set of versions; assets walked with another one are looked at again."""
        lines = sorted(f"{name}={version}" for name, version in self.versions.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def recipe_of(settings: Settings, packs: PackStore) -> Recipe:
    """The recipe that the settings and the active packs ask for."""
    signals, shots = settings.signals, f"1+{settings.media.shot_threshold:g}"
    sampled = f"{shots}+{signals.frames_per_second:g}"
    revisions = {kind: found for kind in _wanted(settings) if (found := _revision(packs, kind))}
    versions = {"probe": "1", "proxy": "1", "about": "1", "shots": sampled, "words": "1+captions"}
    if signals.descriptors:
        versions["descriptors"] = f"1+{shots}"
    if "speech" in revisions:
        versions["words"] = f"1+{revisions['speech']}"
    for stage, kind in _MODEL_STAGES.items():
        if kind in revisions:
            revision = revisions[kind]
            versions[stage] = f"1+{revision}" if stage == "meaning" else f"1+{sampled}+{revision}"
    return Recipe(versions, recognises="speech" in revisions)


_MODEL_STAGES: Mapping[str, EncoderKind] = {
    "visual": "visual",
    "faces": "face",
    "onscreen": "ocr",
    "meaning": "text",
}


def _wanted(settings: Settings) -> list[EncoderKind]:
    signals = settings.signals
    switched: list[tuple[EncoderKind, bool]] = [
        ("visual", True),
        ("text", True),
        ("face", signals.faces),
        ("ocr", signals.onscreen),
        ("speech", signals.speech),
    ]
    return [kind for kind, on in switched if on]


def _revision(packs: PackStore, kind: EncoderKind) -> str | None:
    """Revision of the active pack; None where there is none that could be used: that signal is off."""
    try:
        pack = packs.active(kind)
    except ModelError as error:
        logging.get(__name__).warning("pack.unusable", kind=kind, code=error.code, reason=error.message)
        return None
    return None if pack is None else pack.spec.revision
