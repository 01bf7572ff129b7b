"""What words that were found are worth: how much of the query they hold. Pure."""

import math
from collections.abc import Sequence

from catalog.model import CueKind, is_draft
from catalog.repository import TextMatch
from search_api.services.parse import ParsedText, read_words

_DRAFT = 0.5


def trust_in_words(match: TextMatch, text: ParsedText, scoped: Sequence[str]) -> float:
    """Coverage; half of it where what holds the words is a draft, since many of those are wrong."""
    drafted = match.source == CueKind.DRAFT or is_draft(match.source)
    return _coverage(match, text, scoped) * (_DRAFT if drafted else 1.0)


def _coverage(match: TextMatch, text: ParsedText, scoped: Sequence[str]) -> float:
    """How much of the query the text holds: a few of many words say little, all phrases say it all."""
    if not text.telling:
        return 1.0
    share = len({word.casefold() for word in match.matched} & _folded(text.telling)) / len(text.telling)
    return max(share * math.sqrt(share), 0.5 if scoped or text.phrases else 0.02)


def _folded(words: Sequence[str]) -> set[str]:
    return {word.casefold() for word in words}


def has_phrases(match: TextMatch, text: ParsedText, scoped: Sequence[str]) -> bool:
    """Phrases that were asked of full text are there; others only if the text itself holds them."""
    if not scoped:
        return bool(text.phrases)
    heard = f" {' '.join(read_words(match.text).spoken)} "
    return all(f" {' '.join(read_words(phrase).spoken)} " in heard for phrase in text.phrases)
