"""Full-text search over FTS5."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any

import sqlalchemy as sa

from catalog.filters import Condition, conditions, visible
from catalog.fulltext import (
    DESCRIPTIONS,
    MARK,
    NAMES,
    ONSCREEN,
    SPEECH,
    UNMARK,
    TextIndex,
    found_words,
    joined,
    phrases_of,
    quoted,
    word_expression,
    words_of,
)
from catalog.model import AssetState
from catalog.query import AssetFilter
from catalog.repository import TextMatch, TextQuery
from catalog.rows import Row, frames_of, sound_of
from catalog.session import Session, one_of
from catalog.tables import ROW_BITS, assets
from catalog.tables_facts import names, passages, screen_texts, statements


@dataclass(frozen=True, slots=True)
class _Hit:
    row: int
    score: float
    highlight: str
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One rung of the ladder: the table that ranks, its expression, and what the other one must match.

    Attributes:
        newest: Only so many of the newest rows are ranked; all when None.
    """

    table: sa.TableClause
    expression: str
    other_table: sa.TableClause | None = None
    other_expression: str | None = None
    all_words: bool = True
    exact: bool = False
    newest: int | None = None


_AFFORDABLE = 1_000
"""Rows that are ranked, about, unless more are asked for. Of any words the rarest go first, which weigh most;
of more rows that hold all words, the newest are ranked."""

_COUNTABLE = 30_000
"""Rows up to which frequent words are told apart by how often they occur; counting is quick."""


class SqlWords:
    """Every word first, any word after; phrases always."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def speech(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Passages that hold the words; a phrase may begin in one passage and end in the next."""
        hits = self._search(SPEECH, query, where, limit)
        found = self._sources(passages, hits)
        return [_speech_match(hit, found[hit.row]) for hit in hits]

    def onscreen(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Text on screen."""
        hits = self._search(ONSCREEN, query, where, limit)
        found = self._sources(screen_texts, hits)
        return [_screen_match(hit, found[hit.row]) for hit in hits]

    def names(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Names, titles and file metadata."""
        hits = self._search(NAMES, query, where, limit)
        found = self._sources(names, hits)
        return [_name_match(hit, found[hit.row]) for hit in hits]

    def descriptions(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Statements, human and machine."""
        hits = self._search(DESCRIPTIONS, query, where, limit)
        found = self._sources(statements, hits)
        return [_statement_match(hit, found[hit.row]) for hit in hits]

    def _search(self, index: TextIndex, query: TextQuery, where: AssetFilter, limit: int) -> list[_Hit]:
        words = words_of(query)
        found: dict[int, _Hit] = {}
        restriction: list[tuple[sa.TableClause, Condition]] | None = None
        for attempt in self._ladder(index, words, phrases_of(query), max(limit, _AFFORDABLE)):
            # Most words are in no name and on no screen: without a rung to climb nobody need ask who may see.
            restriction = self._restriction(index, where) if restriction is None else restriction
            for hit in self._attempt(index, attempt, restriction, limit):
                found.setdefault(hit.row, _with_matched(hit, attempt, words, query.phrases))
            if len(found) >= limit:
                break
        return list(found.values())[:limit]

    def _ladder(
        self, index: TextIndex, words: Sequence[str], phrases: Sequence[str], most: int
    ) -> Iterator[_Attempt]:
        """What to look for, the best first, until there is enough; no rung ranks more rows than ``most``."""
        every = joined(_expressions(index, words), "AND")
        exact = joined(map(quoted, phrases), "AND")
        if exact is not None:
            yield from _exact_ladder(index, words, every, exact)
        elif every is not None:
            expressions = _expressions(index, words)
            occurring = self._counted(index.stems, expressions, most + 1)
            if len(occurring) == len(expressions):
                yield _Attempt(index.stems, every, newest=most if occurring[0][0] > most else None)
            if len(words) > 1 and occurring:
                yield self._any_word(index, occurring, most)

    def _any_word(self, index: TextIndex, occurring: Sequence[tuple[int, str]], most: int) -> _Attempt:
        """The words that occur, the rarest first, as many as are quickly ranked together; else the rarest."""
        totals = accumulate(count for count, _ in occurring)
        cheap = [item for (_, item), total in zip(occurring, totals, strict=True) if total <= most]
        if cheap:
            return _Attempt(index.stems, " OR ".join(cheap), all_words=False)
        expressions = [item for _, item in occurring]
        rarest = self._counted(index.stems, expressions, _COUNTABLE)[0][1]
        return _Attempt(index.stems, rarest, all_words=False, newest=most)

    def _counted(self, table: sa.TableClause, expressions: Sequence[str], most: int) -> list[tuple[int, str]]:
        """Expressions that occur with the number of their rows, counted no further than ``most``."""
        asked = {f"word{number}": item for number, item in enumerate(expressions)}
        found = self._session.rows(_counts(table, len(expressions)), {**asked, "most": most})[0]
        return sorted((count, item) for count, item in zip(found, expressions, strict=True) if count)

    def _attempt(
        self,
        index: TextIndex,
        attempt: _Attempt,
        restriction: Sequence[tuple[sa.TableClause, Condition]],
        limit: int,
    ) -> list[_Hit]:
        """Hits of one rung; asks for more until enough remain without echoes of the next passage."""
        if attempt.newest is not None:
            return self._newest(index, attempt, restriction, limit, attempt.newest)
        asked = limit
        while True:
            rows = self._session.rows(_statement(index, attempt, restriction, asked))
            hits = [_Hit(row.rowid, row.score, _shown(row), ()) for row in rows]
            kept = self._own(hits) if attempt.table is SPEECH.exact else hits
            if len(kept) >= limit or len(rows) < asked:
                return kept[:limit]
            asked *= 4

    def _newest(
        self,
        index: TextIndex,
        attempt: _Attempt,
        restriction: Sequence[tuple[sa.TableClause, Condition]],
        limit: int,
        newest: int,
    ) -> list[_Hit]:
        """The best of the newest rows: ranking all would take longer than anybody waits."""
        matching = _matching(index, attempt, restriction)
        ranked = matching.order_by(attempt.table.c.rowid.desc()).limit(newest).subquery()
        best = self._session.rows(sa.select(ranked).order_by(ranked.c.score.desc()).limit(limit))
        ids = [row.rowid for row in best]
        marked = self._session.rows_of(_marked(index, attempt.table), ids, {"match": attempt.expression})
        shown = {row.rowid: _shown(row) for row in marked}
        return [_Hit(row.rowid, row.score, shown[row.rowid], ()) for row in best]

    def _own(self, hits: Sequence[_Hit]) -> list[_Hit]:
        """Passages whose marks begin in their own text: what lies in the tail is the next passage's hit."""
        lengths = {row.row: len(row.text) for row in self._sources(passages, hits).values()}
        return [
            _Hit(hit.row, hit.score, _trimmed(hit.highlight, lengths[hit.row]), ())
            for hit in hits
            if hit.highlight.find(MARK) < lengths[hit.row]
        ]

    def _sources(self, table: sa.Table, hits: Sequence[_Hit]) -> dict[int, Row]:
        return {row.row: row for row in self._session.rows_of(_rows(table), (hit.row for hit in hits))}

    def _restriction(self, index: TextIndex, where: AssetFilter) -> list[tuple[sa.TableClause, Condition]]:
        asked = conditions(where)
        if not asked and not self._any_hidden():
            return []
        allowed = [visible(), *asked]
        return [
            (table, condition)
            for table in (index.stems, index.exact)
            for condition in (_passes(index, table, allowed), *_within_one(index, table, where))
        ]

    def _any_hidden(self) -> bool:
        hidden = sa.text("assets.state IN ('withdrawn', 'erased')")
        withdrawn = assets.c.state == AssetState.WITHDRAWN
        return self._session.value(sa.select(assets.c.row).where(hidden, withdrawn).limit(1)) is not None


def _passes(index: TextIndex, table: sa.TableClause, asked: Sequence[Condition]) -> Condition:
    """The row's asset passes; looked up by primary key, because row numbers begin with the asset's."""
    rowid: sa.ColumnElement[int] = table.c.rowid
    asset_row = rowid if index is NAMES else rowid.bitwise_rshift(ROW_BITS)
    return sa.exists().where(assets.c.row == asset_row, *asked)


def _within_one(index: TextIndex, table: sa.TableClause, where: AssetFilter) -> Iterator[Condition]:
    """A range of row numbers, when one asset is asked for: FTS5 then reads no others."""
    if len(where.assets) == 1 and index is not NAMES:
        first = sa.select(assets.c.row).where(assets.c.id == where.assets[0]).scalar_subquery()
        rowid = table.c.rowid
        yield rowid >= first * (1 << ROW_BITS)
        yield rowid < (first + 1) * (1 << ROW_BITS)


@cache
def _rows(table: sa.Table) -> sa.Select[Any]:
    return sa.select(table).where(one_of(table.c.row))


@cache
def _counts(table: sa.TableClause, words: int) -> sa.Select[Any]:
    """Counts rows of so many expressions ``word0``, ``word1`` …, each up to ``most``; built once."""
    most = sa.bindparam("most", type_=sa.Integer)
    counts: list[sa.ColumnElement[Any]] = []
    for number in range(words):
        matches = table.c[table.name].op("MATCH")(sa.bindparam(f"word{number}", type_=sa.String))
        rows = sa.select(table.c.rowid).where(matches).limit(most).subquery()
        counts.append(sa.select(sa.func.count()).select_from(rows).scalar_subquery())
    return sa.select(*counts)


def _expressions(index: TextIndex, words: Sequence[str]) -> list[str]:
    return [word_expression(word, split=index is NAMES) for word in words]


def _exact_ladder(
    index: TextIndex, words: Sequence[str], every: str | None, exact: str
) -> Iterator[_Attempt]:
    either = joined(_expressions(index, words), "OR")
    if every is not None:
        yield _Attempt(index.exact, exact, index.stems, every, exact=True)
    if either is not None and either != every:
        yield _Attempt(index.exact, exact, index.stems, either, all_words=False, exact=True)
    yield _Attempt(index.exact, exact, all_words=False, exact=True)


def _statement(
    index: TextIndex, attempt: _Attempt, restriction: Sequence[tuple[sa.TableClause, Condition]], limit: int
) -> sa.Select[tuple[int, float, str]]:
    matching = _matching(index, attempt, restriction).add_columns(*_highlights(index, attempt.table))
    return matching.order_by(attempt.table.c.rank).limit(limit)


def _highlights(index: TextIndex, table: sa.TableClause) -> list[sa.ColumnElement[str]]:
    return [
        sa.func.highlight(sa.literal_column(table.name), number, MARK, UNMARK).label(f"shown{number}")
        for number in range(len(index.columns))
    ]


@cache
def _marked(index: TextIndex, table: sa.TableClause) -> sa.Select[Any]:
    """Highlights of the rows ``ids`` for the expression ``match``; built once.

    Each is looked up by itself: as a list, FTS5 would walk all rows that match.
    """
    ids = sa.func.json_each(sa.bindparam("ids", type_=sa.String)).table_valued("value", name="ids")
    here = (
        table.c[table.name].op("MATCH")(sa.bindparam("match", type_=sa.String)),
        table.c.rowid == ids.c.value,
    )
    texts = (sa.select(text).where(*here).scalar_subquery() for text in _highlights(index, table))
    return sa.select(ids.c.value.label("rowid"), sa.literal(0.0), *texts)


def _matching(
    index: TextIndex, attempt: _Attempt, restriction: Sequence[tuple[sa.TableClause, Condition]]
) -> sa.Select[Any]:
    """Rows of one rung with their scores, unordered."""
    table = attempt.table
    query = sa.select(table.c.rowid, (-table.c.rank).label("score")).where(
        table.c[table.name].op("MATCH")(attempt.expression)
    )
    if attempt.other_table is not None:
        other = attempt.other_table
        also = sa.select(other.c.rowid).where(other.c[other.name].op("MATCH")(attempt.other_expression))
        # The plus keeps SQLite from running the first expression anew for every row of the second.
        query = query.where(sa.literal_column(f"+{table.name}.rowid").in_(also))
    return query.where(*(condition for place, condition in restriction if place is table))


def _shown(row: Row) -> str:
    texts = [str(row[place]) for place in range(2, len(row))]
    return next((text for text in texts if MARK in text), texts[0] if texts else "")


def _with_matched(hit: _Hit, attempt: _Attempt, words: Sequence[str], phrases: Sequence[str]) -> _Hit:
    found = tuple(words) if attempt.all_words else found_words(words, hit.highlight)
    if attempt.exact:
        found = (*phrases, *(found if attempt.all_words else ()))
    return _Hit(hit.row, hit.score, hit.highlight, found)


def _trimmed(highlight: str, length: int) -> str:
    """A passage's text with its marks; of the tail only what a phrase that began before it covers."""
    position, inside = 0, False
    for index, character in enumerate(highlight):
        if character == MARK:
            inside = True
        elif character == UNMARK:
            inside = False
        elif position >= length and not inside:
            return highlight[:index].rstrip()
        else:
            position += 1
    return highlight


def _speech_match(hit: _Hit, row: Row) -> TextMatch:
    return TextMatch(
        row.asset_id,
        row.ordinal,
        hit.score,
        row.text,
        hit.highlight,
        hit.matched,
        sound=sound_of(row),
        source=row.kind,
    )


def _screen_match(hit: _Hit, row: Row) -> TextMatch:
    return TextMatch(
        row.asset_id, row.ordinal, hit.score, row.text, hit.highlight, hit.matched, frames=frames_of(row)
    )


def _name_match(hit: _Hit, row: Row) -> TextMatch:
    return TextMatch(row.asset_id, 0, hit.score, row.name, hit.highlight, hit.matched)


def _statement_match(hit: _Hit, row: Row) -> TextMatch:
    return TextMatch(
        asset_id=row.asset_id,
        row=row.row & ((1 << ROW_BITS) - 1),
        score=hit.score,
        text=hit.highlight.replace(MARK, "").replace(UNMARK, ""),
        highlight=hit.highlight,
        matched=hit.matched,
        sound=sound_of(row),
        frames=frames_of(row),
        source=row.source,
    )
