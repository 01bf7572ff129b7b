"""A folder that behaves as cold storage: its objects sleep until they are restored, and fall asleep again.

``.vault.json`` in the folder's root says how it behaves; without it, the defaults of :class:`VaultTerms`
hold. Nothing is ever written into the vault: which objects are awake is kept in a ledger beside the catalog,
written under a lock and replaced as a whole, so that several processes see the same.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from archive_tiering.clock import Clock
from archive_tiering.prices.storage_class import RETRIEVAL_TIERS, copy_expiry, facts_of
from archive_tiering.stores.local import LocalFolder
from archive_tiering.stores.names import to_key
from archive_tiering.stores.object_store import ObjectInfo, Unreadable
from catalog.model import RestoreState
from foundation.errors import BadRange, BadSettings, NeedsRestore, StorageUnreachable, TierUnavailable
from foundation.ids import mint

CONFIG = ".vault.json"
_FACTS = facts_of("VAULT_COLD")


class VaultPrices(BaseModel):
    """What one GB costs, in the price table's currency: brought back by retrieval tier, kept, and written."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    expedited: Decimal = Field(Decimal(0), ge=0)
    standard: Decimal = Field(Decimal(0), ge=0)
    bulk: Decimal = Field(Decimal(0), ge=0)
    per_gb_month: Decimal = Field(Decimal(0), ge=0)
    write_per_gb: Decimal = Field(Decimal(0), ge=0)


class RecallTerms(BaseModel):
    """The command that has a tape robot fetch a file; ``{path}`` stands for it. There is no shell."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    command: list[Annotated[str, Field(min_length=1)]] = Field(min_length=1)
    timeout_seconds: float = Field(60.0, gt=0, le=3600)


class VaultTerms(BaseModel):
    """The contents of ``.vault.json``; every field may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    storage_class: str = _FACTS.name
    retrieval: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default_factory=lambda: {tier: float(s) for tier, s in _FACTS.retrieval_seconds.items()}
    )
    prices: VaultPrices = VaultPrices()
    recall: RecallTerms | None = None

    @property
    def seconds(self) -> Mapping[str, float]:
        """Delays of the retrieval tiers on offer, fastest kind first."""
        return MappingProxyType({t: self.retrieval[t] for t in RETRIEVAL_TIERS if t in self.retrieval})


def load_terms(root: Path) -> VaultTerms:
    """Read a vault's terms.

    Raises:
        BadSettings: ``.vault.json`` is not what it should be.
    """
    try:
        text = (root / CONFIG).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return VaultTerms()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{root / CONFIG} cannot be read: {error}.") from error
    try:
        terms = VaultTerms.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadSettings(f"{root / CONFIG}: {where}: {first['msg']}.") from error
    if not facts_of(terms.storage_class).is_cold or set(terms.retrieval) - set(RETRIEVAL_TIERS):
        raise BadSettings(f"{root / CONFIG} names a class that never sleeps or an unknown retrieval tier.")
    return terms


@dataclass(frozen=True, slots=True)
class _Waking:
    """One object's restore in the ledger; moments are seconds since 1970, UTC."""

    etag: str
    ready: float
    expires: float

    def state(self, etag: str, now: float) -> RestoreState:
        if etag != self.etag or now >= self.expires:
            return RestoreState.NEEDED
        return RestoreState.RESTORED if now >= self.ready else RestoreState.IN_PROGRESS


class FolderVault:
    """Objects of a folder, asleep unless the ledger says otherwise.

    Args:
        root: The vault's folder.
        ledger: Folder of the ledger, outside the vault; made when it is first written.
        terms: How the vault behaves.
        clock: The time; delays run on it.
        recall: Has a sleeping file fetched when its restore is asked for; None where the vault is a disk.
    """

    def __init__(
        self,
        root: Path,
        ledger: Path,
        terms: VaultTerms,
        clock: Clock,
        recall: Callable[[Path], object] | None = None,
    ) -> None:
        self._recall = recall
        self._folder = LocalFolder(root, scheme="vault:")
        self._ledger = ledger
        self._terms = terms
        self._clock = clock

    def list(self, prefix: str = "") -> Iterator[ObjectInfo | Unreadable]:
        """See the port."""
        awake = self._load()
        for found in self._folder.list(prefix):
            yield found if isinstance(found, Unreadable) else self._dressed(found, awake)

    def head(self, key: str, version: str = "") -> ObjectInfo:
        """See the port."""
        return self._dressed(self._folder.head(key), self._load())

    def read(self, key: str, start: int = 0, end: int | None = None, version: str = "") -> Iterator[bytes]:
        """See the port; whether the object is awake is asked again before every chunk."""
        self._demand_awake(key)
        for chunk in self._folder.read(key, start, end):
            self._demand_awake(key)
            yield chunk

    def local_path(self, key: str) -> Path | None:
        """None: what comes out of a vault is copied, as from tape."""
        return None

    def request_restore(self, key: str, *, retrieval_tier: str, days: int | None, version: str = "") -> None:
        """See the port; asking for an awake object keeps it awake for ``days`` from now.

        A faster tier makes a restore that runs faster, as S3 does it.
        """
        seconds = self._terms.seconds
        if retrieval_tier not in seconds:
            offered = ", ".join(seconds)
            raise TierUnavailable(
                f"The vault has no retrieval tier {retrieval_tier!r} (on offer: {offered})."
            )
        if days is None or days < 1:
            raise BadRange("A copy is kept for one day at least.", remedy="Give a number of days from 1 up.")
        if self._recall is not None and self.head(key).restore is RestoreState.NEEDED:
            path = self._folder.local_path(key)
            if path is not None:
                self._recall(path)
        with self._locked() as awake:
            found = self._folder.head(key)
            state = self._state(found, awake)
            delay = 0.0 if state is RestoreState.RESTORED else seconds[retrieval_tier]
            ready = self._clock() + timedelta(seconds=delay)
            if state is RestoreState.IN_PROGRESS and awake[key].ready <= ready.timestamp():
                return
            awake[key] = _Waking(found.etag, ready.timestamp(), copy_expiry(ready, days).timestamp())

    def _demand_awake(self, key: str) -> None:
        state = self.head(key).restore
        if state is not RestoreState.RESTORED:
            raise NeedsRestore(f"{key!r} sleeps in a vault ({state}).")

    def _dressed(self, found: ObjectInfo, awake: Mapping[str, _Waking]) -> ObjectInfo:
        state = self._state(found, awake)
        expiry = None
        if state is RestoreState.RESTORED:
            expiry = datetime.fromtimestamp(awake[found.key].expires, UTC)
        cold = self._terms.storage_class
        return replace(found, storage_class=cold, restore=state, restore_expiry=expiry)

    def _state(self, found: ObjectInfo, awake: Mapping[str, _Waking]) -> RestoreState:
        waking = awake.get(found.key)
        return waking.state(found.etag, self._now()) if waking else RestoreState.NEEDED

    def _now(self) -> float:
        return self._clock().timestamp()

    def _load(self) -> dict[str, _Waking]:
        try:
            stored = json.loads((self._ledger / "awake.json").read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise StorageUnreachable(f"The vault's ledger {self._ledger} cannot be read: {error}.") from error
        return {key: _Waking(*facts) for key, facts in stored.items()}

    @contextmanager
    def _locked(self) -> Iterator[dict[str, _Waking]]:
        """The ledger for a change: one process at a time, forgotten where expired, replaced as a whole."""
        try:
            self._ledger.mkdir(parents=True, exist_ok=True)
            with (self._ledger / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                awake = self._load()
                yield awake
                self._store({key: item for key, item in awake.items() if item.expires > self._now()})
        except OSError as error:
            place = to_key(str(self._ledger))
            raise StorageUnreachable(f"The vault's ledger {place} cannot be written: {error}.") from error

    def _store(self, awake: Mapping[str, _Waking]) -> None:
        rows = {key: (item.etag, item.ready, item.expires) for key, item in awake.items()}
        part = self._ledger / mint("led")
        with part.open("w", encoding="utf-8") as file:
            json.dump(rows, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._ledger / "awake.json")
