"""What a basket's quote shows of a kept quote's lines."""

from datetime import UTC, datetime
from decimal import Decimal

from catalog.model import Quote
from foundation.ids import AssetId, QuoteId
from search_api.schemas_baskets import Unasked
from search_api.services.basket_quotes import basket_quote

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_copy_that_could_not_be_asked_is_shown_apart() -> None:
    told = {"asset": "ast_1", "uri": "s3://films/a.mov", "code": "throttled", "reason": "Slow down."}
    lines = ({"kind": "unasked", **told}, {"kind": "source", "table": "t", "date": "d", "source": "s"})
    made = Quote(
        QuoteId("quo_1"), (AssetId("ast_1"),), "standard", 2, 0, 0, 0, Decimal(0), "USD", lines, NOW, NOW
    )
    shown = basket_quote(made)
    assert shown.unasked == [Unasked(**told)]
    assert [line["kind"] for line in shown.quote.lines] == ["source"]
