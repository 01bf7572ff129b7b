"""What a cold backfill is forecast for: all that nobody looked at yet, read a page at a time."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from catalog.model import Location, LocationKind
from catalog.repository import KnownInstance
from foundation.ids import AssetId, InstanceId, LocationId
from search_api.services.forecasts import unindexed
from search_api.services.targets import Target

VAULT = Location(LocationId("loc_v"), "vault", "vault:/v", LocationKind.VAULT)


@dataclass
class Names:
    """Known instances in the order of their names; remembers how many a page held at most."""

    known: dict[str, KnownInstance]
    largest: int = field(default=0)

    def known_page(
        self, location: LocationId, *, first: str = "", after: str | None = None, limit: int
    ) -> list[tuple[str, KnownInstance]]:
        assert location == VAULT.id
        names = sorted(n for n in self.known if n >= first and (after is None or n > after))
        page = [(name, self.known[name]) for name in names[:limit]]
        self.largest = max(self.largest, len(page))
        return page


def known(name: str, *, available: bool = True, complete: bool = False) -> KnownInstance:
    return KnownInstance(
        InstanceId(f"ins_{name}"), AssetId(f"ast_{name}"), "", "GLACIER", available, complete
    )


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [(None, 2502), ("films/", 2501), ("films/0001", 10), ("films/seen", 0), ("nowhere", 0), ("tapes/", 1)],
)
def test_a_target_is_read_in_pages_up_to_its_end(prefix: str | None, expected: int) -> None:
    names = [f"films/{number:05}.mxf" for number in range(2500)]
    films = {name: known(name) for name in [*names, "tapes/one", "films/zz"]}
    films["films/seen"] = known("films/seen", complete=True)
    films["films/gone"] = known("films/gone", available=False)
    assets = Names(films)
    found = unindexed(SimpleNamespace(assets=assets), Target(VAULT, prefix))  # type: ignore[arg-type]
    assert len(found) == expected
    assert len(set(found)) == len(found)
    assert assets.largest <= 1000
