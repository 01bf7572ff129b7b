"""The catalog as a whole: its transactions."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from catalog.repository.assets import Assets, AssetWriter, Locations
from catalog.repository.facts import Facts, FactWriter
from catalog.repository.fixity import Fixity
from catalog.repository.keeping import Keeps
from catalog.repository.links import Links
from catalog.repository.money import Approvals, Restores, Spending
from catalog.repository.notices import Baskets, Notices
from catalog.repository.people import Clusters, People, Prohibitions
from catalog.repository.rights import Rights
from catalog.repository.standing import Arrivals, Demands, SavedSearches
from catalog.repository.tiering import Holds, Leases, Moves, Projects, TierPlans
from catalog.repository.words import Words
from catalog.repository.work import Audit, Changes, Jobs, Runs
from foundation.ids import LOCAL_PRINCIPAL, PrincipalId


class CatalogReader(Protocol):
    """A consistent view."""

    locations: Locations
    assets: Assets
    facts: Facts
    rights: Rights
    words: Words
    people: People
    clusters: Clusters
    prohibitions: Prohibitions
    jobs: Jobs
    runs: Runs
    changes: Changes
    restores: Restores
    spending: Spending
    approvals: Approvals
    notices: Notices
    baskets: Baskets
    audit: Audit
    links: Links
    arrivals: Arrivals
    saved: SavedSearches
    demands: Demands
    projects: Projects
    holds: Holds
    keeps: Keeps
    leases: Leases
    plans: TierPlans
    moves: Moves
    fixity: Fixity

    @property
    def now(self) -> datetime:
        """The catalog's clock (UTC)."""


class CatalogWriter(CatalogReader, Protocol):
    """A transaction that may write; sees its own changes."""

    assets_writer: AssetWriter
    facts_writer: FactWriter


class Catalog(Protocol):
    """The truth."""

    def read(self) -> AbstractContextManager[CatalogReader]:
        """A snapshot; never waits for a writer."""

    def write(self, principal: PrincipalId = LOCAL_PRINCIPAL) -> AbstractContextManager[CatalogWriter]:
        """A transaction under the writer lock, on behalf of ``principal``.

        Raises:
            CatalogBusy: The lock was not had in time.
            StateConflict: This thread is inside a write already.
        """

    def check(self) -> list[str]:
        """Sentences about what is wrong with the file; empty when sound."""

    def mend(self) -> list[str]:
        """Put back single bits that flipped in the file; says where.

        Raises:
            CatalogBusy: Another writer did not make way in time.
            CatalogCorrupt: The file is too damaged to be opened.
        """

    def unknown_pages(self) -> int:
        """How many pages of the file have no digest yet, about; the next check learns them."""

    def copy(self, target: Path, progress: Callable[[int, int], object]) -> None:
        """Copy what is committed at this moment to a file that does not exist yet; nobody is kept waiting.

        Args:
            target: The copy.
            progress: Told how much of how much is copied, in pages; what it raises ends the copy.

        Raises:
            CatalogCorrupt: Pages are not as they were written; nothing was copied.
            NoSpace: There is no room for the copy.
        """

    def compact(self) -> None:
        """Rewrite the file so that nothing deleted can be read from it; takes as long as copying it.

        Raises:
            CatalogBusy: Readers or another writer did not make way in time; nothing is lost.
            NoSpace: There is no room for the copy.
        """

    def close(self) -> None:
        """Release files and locks."""
