"""Ranges of keys: every key exactly once and in order, wherever keys and cuts lie."""

from bisect import bisect_right
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_tiering.s3.key_ranges import cuts, order, side_by_side
from archive_tiering.s3.pages import Entry, Page, parse_page
from foundation.errors import StorageUnreachable

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=4)
FEW = st.text("ab/\x7f", min_size=1, max_size=6)


def _server(keys: list[str], page_size: int):
    ordered = sorted(keys, key=order)
    raw = [order(key) for key in ordered]

    def page_after(after: str) -> Page:
        at = bisect_right(raw, order(after)) if after else 0
        found = [Entry(key, 1, "e", "", "STANDARD", False, None) for key in ordered[at : at + page_size]]
        return Page(found, [], at + page_size >= len(ordered))

    return page_after


@given(
    keys=st.sets(NAMES | FEW, max_size=60),
    bounds=st.lists(NAMES | FEW, max_size=12),
    after=st.just("") | FEW,
    page_size=st.integers(1, 9),
    ahead=st.integers(1, 5),
)
def test_every_key_behind_the_start_comes_once_and_in_order(
    keys: set[str], bounds: list[str], after: str, page_size: int, ahead: int
) -> None:
    pages = side_by_side(_server(list(keys), page_size), cuts(bounds, after), ahead)
    found = [entry.key for page in pages for entry in page]
    assert found == sorted((key for key in keys if order(key) > order(after)), key=order)


def test_a_failing_range_is_not_left_out() -> None:
    def page_after(after: str) -> Page:
        if after == "m":
            raise StorageUnreachable("gone")
        return Page([], [], True)

    with pytest.raises(StorageUnreachable):
        list(side_by_side(page_after, cuts(["m"], ""), 3))


def _listing(*contents: str, more: str = "", namespace: str = "") -> bytes:
    body = f"<IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>{''.join(contents)}{more}"
    return f'<?xml version="1.0"?><ListBucketResult{namespace}>{body}</ListBucketResult>'.encode()


def _contents(key: str, more: str = "") -> str:
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
        f"<ETag>&quot;abc-2&quot;</ETag><Size>12</Size>{more}</Contents>"
    )


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'])
def test_a_page_is_read_with_class_and_restore_state(namespace: str) -> None:
    restored = (
        "<StorageClass>GLACIER</StorageClass><RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"
        "<RestoreExpiryDate>2026-03-04T00:00:00Z</RestoreExpiryDate></RestoreStatus>"
    )
    page = parse_page(_listing(_contents("a%2Fb+c%2B.mov"), _contents("z", restored), namespace=namespace))
    assert page.is_last
    plain, cold = page.entries
    assert (plain.key, plain.etag, plain.size, plain.storage_class) == ("a/b c+.mov", "abc-2", 12, "STANDARD")
    assert (cold.storage_class, cold.in_progress, str(cold.expiry)) == (
        "GLACIER",
        False,
        "2026-03-04 00:00:00+00:00",
    )


_SPELLINGS = (
    _contents("plain.mov"),
    _contents("a%2Fb+c.mov", "<StorageClass>DEEP_ARCHIVE</StorageClass>"),
    _contents("t.mov", "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>"),
    _contents("&lt;.mov"),
    _contents("o.mov", "<Owner><ID>7</ID></Owner>"),
    _contents("ü.mov").replace("&quot;", '"'),
    _contents("n.mov").replace("<ETag>", "\n <ETag>"),
    _contents("c.mov").replace("abc-2", "<![CDATA[abc-2]]>"),
)


@given(st.lists(st.sampled_from(_SPELLINGS), max_size=5), st.sampled_from(["", "<!-- <Contents> -->"]))
def test_however_a_page_is_spelled_it_says_the_same(contents: list[str], between: str) -> None:
    body = _listing(between.join(contents))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("archive_tiering.s3.pages._spelled", lambda block: None)
        slow = parse_page(body)
    assert parse_page(body) == slow
    assert len(slow.entries) == len(contents)


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_page_that_was_cut_off_is_an_error(cut: int) -> None:
    body = _listing(_contents("a.mov"), _contents("b.mov"))
    with pytest.raises(StorageUnreachable):
        parse_page(body[: -cut * len(body) // 40])


def test_what_is_no_listing_is_an_error_and_no_empty_bucket() -> None:
    for body in (b"", b"<html>", b"<a><b></a>"):
        with pytest.raises(StorageUnreachable):
            parse_page(body)
    with pytest.raises(StorageUnreachable):
        parse_page(b"<html><body>captive portal</body></html>")
