"""The catalog as a whole: its transactions."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from catalog.repository.assets import Assets, AssetWriter, Locations
from catalog.repository.facts import Facts, FactWriter, People
from catalog.repository.words import Words
from catalog.repository.work import Audit, Changes, Jobs, Restores, Runs


class CatalogReader(Protocol):
    """A consistent view."""

    locations: Locations
    assets: Assets
    facts: Facts
    words: Words
    people: People
    jobs: Jobs
    runs: Runs
    changes: Changes
    restores: Restores
    audit: Audit

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

    def write(self) -> AbstractContextManager[CatalogWriter]:
        """A transaction under the writer lock; raises CatalogBusy when the lock is not had in time."""

    def check(self) -> list[str]:
        """Sentences about what is wrong with the file; empty when sound."""

    def close(self) -> None:
        """Release files and locks."""
