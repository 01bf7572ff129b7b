"""A listing cut into ranges of keys that are read side by side and handed on in key order, each key once."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise

from archive_tiering.s3.pages import Entry, Page

PageAfter = Callable[[str], Page]
"""The page of keys that come after one; empty for the first."""


def cuts(bounds: Sequence[str], after: str) -> list[tuple[str, str | None]]:
    """Return ranges ``(after, up to]`` that cover everything behind ``after``; None is the end."""
    inside = sorted({bound for bound in bounds if bound > after}, key=order)
    points: list[str | None] = [after, *inside, None]
    return [(str(low or ""), high) for low, high in pairwise(points)]


def order(key: str) -> bytes:
    """S3 lists keys by their UTF-8 bytes."""
    return key.encode("utf-8", "surrogateescape")


def entries_of(page_after: PageAfter, after: str, until: str | None) -> Iterator[list[Entry]]:
    """Yield a range page by page: keys behind ``after``, up to and with ``until``."""
    last = None if until is None else order(until)
    while True:
        page = page_after(after)
        found = page.entries
        if last is not None and found and order(found[-1].key) > last:
            yield [entry for entry in found if order(entry.key) <= last]
            return
        yield found
        if page.is_last or not found:
            return
        after = found[-1].key


def side_by_side(
    page_after: PageAfter, ranges: Sequence[tuple[str, str | None]], ahead: int
) -> Iterator[list[Entry]]:
    """Yield all ranges in order while the first pages of those that follow are fetched already.

    Memory is bounded by one page for each range ahead. Where one range holds most keys it is read page by
    page, like the whole would be.

    Args:
        page_after: Fetches a page; called from several threads.
        ranges: In order, see :func:`cuts`.
        ahead: How many ranges are fetched at the same time.
    """
    with ThreadPoolExecutor(max(1, ahead), thread_name_prefix="lister") as pool:
        waiting: deque[tuple[Iterator[list[Entry]], Future[list[Entry] | None]]] = deque()
        pending = iter(ranges)

        def begin() -> None:
            span = next(pending, None)
            if span is not None:
                pages = entries_of(page_after, *span)
                waiting.append((pages, pool.submit(next, pages, None)))

        try:
            for _ in range(max(1, ahead)):
                begin()
            while waiting:
                pages, first = waiting.popleft()
                found = first.result()
                begin()
                if found is not None:
                    yield found
                yield from pages
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
