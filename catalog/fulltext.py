"""FTS5 tables: what each indexes, how its rows are kept, how a person's words become a match expression."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from catalog.repository import TextQuery
from catalog.session import Session
from catalog.tables import ROW_BITS
from catalog.tables_facts import names, passages, screen_texts

MARK, UNMARK = "\x02", "\x03"
"""Around matched words in highlights."""

_MOST_WORDS = 64
_UNWRITABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_POSSESSIVE = re.compile("['\u2019]s$", re.IGNORECASE)
_SEPARATOR = re.compile(r"[\W_]+")
# Words that say nothing alone; they stay in phrases, and in queries that hold nothing else.
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been but by did do does for from had has have he her him his i if in "
        "into is it its me my no not of on or our she so some than that the their them then there "
        "these they this those to was we were what when where which who whom why will with would you "
        "your ",
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class TextIndex:
    """A stemmed and an unstemmed FTS5 table over the same rows.

    Attributes:
        stems: The stemmed table.
        exact: The unstemmed one.
        source: Table or view whose text the stemmed one indexes.
        exact_source: The same for the unstemmed one.
        columns: Indexed columns, the one to show first.
    """

    stems: sa.TableClause
    exact: sa.TableClause
    source: sa.FromClause
    exact_source: sa.FromClause
    columns: tuple[str, ...]

    def forget(self, session: Session, first: int, last: int) -> None:
        """Drop the rows first..last; their source rows must still be as they were indexed."""
        for table, source in self._tables():
            values = self._source_rows(source, first, last, sa.literal("delete"))
            session.run(sa.insert(table).from_select([table.name, "rowid", *self.columns], values))

    def learn(self, session: Session, first: int, last: int) -> None:
        """Index the source rows first..last."""
        for table, source in self._tables():
            values = self._source_rows(source, first, last)
            session.run(sa.insert(table).from_select(["rowid", *self.columns], values))

    def _tables(self) -> tuple[tuple[sa.TableClause, sa.FromClause], ...]:
        return (self.stems, self.source), (self.exact, self.exact_source)

    def _source_rows(self, source: sa.FromClause, first: int, last: int, *extra: Any) -> sa.Select[Any]:
        texts = (source.c[column] for column in self.columns)
        return sa.select(*extra, source.c.row, *texts).where(source.c.row.between(first, last))


# Views of the schema: a passage runs on into the next one's first words; a superseded statement says nothing.
_exact_passages = sa.table("exact_passages", sa.column("row", sa.Integer), sa.column("text"))
_current_statements = sa.table("current_statements", sa.column("row", sa.Integer), sa.column("value"))


def _index(name: str, source: sa.FromClause, exact_source: sa.FromClause, *columns: str) -> TextIndex:
    stems, exact = _fts_table(f"{name}_stems", columns), _fts_table(f"{name}_exact", columns)
    return TextIndex(stems, exact, source, exact_source, columns)


def _fts_table(name: str, columns: Sequence[str]) -> sa.TableClause:
    """An FTS5 table with the hidden columns it answers through; that of its own name takes expressions."""
    hidden: list[sa.ColumnClause[Any]] = [
        sa.column("rowid", sa.Integer),
        sa.column("rank", sa.Float),
        sa.column(name),
    ]
    return sa.table(name, *hidden, *(sa.column(column) for column in columns))


SPEECH = _index("passage", passages, _exact_passages, "text")
ONSCREEN = _index("screen", screen_texts, screen_texts, "text")
DESCRIPTIONS = _index("statement", _current_statements, _current_statements, "value")
NAMES = _index("name", names, names, "name", "words", "facts")


def rows_of(asset_row: int) -> tuple[int, int]:
    """First and last full-text row number of an asset."""
    first = asset_row << ROW_BITS
    return first, first + (1 << ROW_BITS) - 1


def split_name(name: str) -> str:
    """A path as words: parted at separators, camelCase seams and between letters and digits."""
    return " ".join(_SEAM.sub(" ", _SEPARATOR.sub(" ", name)).split())


def words_of(query: TextQuery) -> tuple[str, ...]:
    """The free words worth looking for, each once, in order."""
    parts = (_POSSESSIVE.sub("", word) for term in query.terms for word in clean(term).split())
    words = list(dict.fromkeys(word for word in parts if _speaks(word)))
    telling = [word for word in words if word.casefold() not in _FUNCTION_WORDS]
    return tuple((telling or words)[:_MOST_WORDS])


def phrases_of(query: TextQuery) -> tuple[str, ...]:
    """The phrases that hold at least one word."""
    return tuple(phrase for phrase in map(clean, query.phrases[:_MOST_WORDS]) if _speaks(phrase))


def clean(text: str) -> str:
    """Without what UTF-8 or FTS5 cannot carry: lone surrogates, NUL and other controls."""
    return _UNWRITABLE.sub(" ", text).strip()


def quoted(text: str) -> str:
    """A string in FTS5's grammar: nothing inside it is an operator."""
    return '"' + text.replace('"', '""') + '"'


def word_expression(word: str, *, split: bool = False) -> str:
    """One word, or all that begin so where it ends with ``*``; ``split`` also parts it like a name."""
    stem = word.rstrip("*")
    whole = quoted(stem) + ("*" if stem != word else "")
    parts = split_name(stem) if split else stem
    return whole if parts in ("", stem) else f"({whole} OR {quoted(parts)})"


def joined(expressions: Iterable[str], operator: str) -> str | None:
    """Expressions under one operator; None without any."""
    return f" {operator} ".join(expressions) or None


def marked(highlight: str) -> list[str]:
    """The matched stretches of a highlight."""
    return [part.partition(UNMARK)[0] for part in highlight.split(MARK)[1:]]


def found_words(words: Sequence[str], highlight: str) -> tuple[str, ...]:
    """Which of the query's words a highlight marks.

    A stem is a beginning of the word it stands for, so of all words the one that shares the longest beginning
    with a marked stretch is the one that matched it.
    """
    hits = {_matching(tuple(words), stretch.casefold()) for stretch in marked(highlight)}
    return tuple(word for word in words if word in hits)


@lru_cache(maxsize=1024)
def _matching(words: tuple[str, ...], stretch: str) -> str:
    return max(words, key=lambda word: (_shared(word, stretch), -len(word)), default="")


def _shared(word: str, stretch: str) -> int:
    pairs = zip(word.rstrip("*").casefold(), stretch, strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), min(len(word), len(stretch)))


def _speaks(text: str) -> bool:
    return any(character.isalnum() for character in text)
