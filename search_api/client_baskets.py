"""The client's part for baskets."""

from collections.abc import Callable, Sequence
from datetime import datetime

from search_api import schemas_baskets as b
from search_api import schemas_restores as r
from search_api.client_paths import Send, part


class BasketsClient:
    """Baskets of whoever asks.

    Args:
        send: Sends a request and reads its answer.
        delete: Sends a DELETE that answers nothing.
    """

    def __init__(self, send: Send, delete: Callable[[str], object]) -> None:
        self._send = send
        self._delete = delete

    def all(self) -> list[b.Basket]:
        """By name."""
        return self._send("GET", "/v1/baskets", b.BasketList).baskets

    def get(self, name: str) -> b.BasketDetail:
        """A basket with all that is in it."""
        return self._send("GET", f"/v1/baskets/{part(name)}", b.BasketDetail)

    def put(self, name: str, items: b.NewItems) -> b.Filled:
        """Put things in; the basket is made where there is none."""
        body = items.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return self._send("POST", f"/v1/baskets/{part(name)}/items", b.Filled, body=body)

    def take(self, name: str, items: Sequence[str] = ()) -> b.Basket:
        """Take things out; everything when none is named."""
        query = {"item": list(items)} if items else None
        return self._send("DELETE", f"/v1/baskets/{part(name)}/items", b.Basket, query=query)

    def remove(self, name: str) -> None:
        """Forget a basket."""
        self._delete(f"/v1/baskets/{part(name)}")

    def quote(
        self,
        name: str,
        *,
        retrieval_tier: str | None = None,
        days: int | None = None,
        deadline: datetime | None = None,
    ) -> b.BasketQuote:
        """What the basket costs."""
        request = b.BasketQuoteRequest(retrieval_tier=retrieval_tier, days=days, deadline=deadline)
        body = request.model_dump(mode="json")
        return self._send("POST", f"/v1/baskets/{part(name)}/quote", b.BasketQuote, body=body)

    def approve(self, name: str, approval: b.BasketApproval) -> list[r.Restore]:
        """Agree to the basket's quote."""
        body = approval.model_dump(mode="json", exclude_defaults=True)
        return self._send("POST", f"/v1/baskets/{part(name)}/approve", r.RestoreList, body=body).restores
