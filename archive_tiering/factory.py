"""The one place that knows which adapter a location needs."""

import hashlib
import os
import random
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from archive_tiering.backfill.forecast import Backfill
from archive_tiering.clock import Clock, utc_now
from archive_tiering.desk import TieringDesk
from archive_tiering.dispatch import Changed, Dispatcher, Events, ignored
from archive_tiering.fixity.desk import FixityDesk
from archive_tiering.fixity.keeper import FixityKeeper, Step
from archive_tiering.fixity.mend import FolderMender
from archive_tiering.fixity.plan import FixityPlan
from archive_tiering.fixity.repair import FixityRepair
from archive_tiering.hot.copies import HotCopies
from archive_tiering.hot.release import HotRelease
from archive_tiering.hot.routes import HotRoutes
from archive_tiering.moves.applier import Applier
from archive_tiering.moves.guard import MoveGuard
from archive_tiering.moves.mover import Mover
from archive_tiering.moves.planner import Planner
from archive_tiering.moves.replay import MoveReplay
from archive_tiering.notices.courier import Channel, Courier, Patience
from archive_tiering.notices.mail import Mail
from archive_tiering.notices.webhook import Webhook
from archive_tiering.parts.reader import PartReader
from archive_tiering.places import Places
from archive_tiering.prices.cost import ClassPrices, PriceTable, TableInfo, TierPrice, load_prices
from archive_tiering.prices.moving import Way
from archive_tiering.prices.terms import Terms
from archive_tiering.quotes.tolls import TollGate
from archive_tiering.restores.restorer import Restorer
from archive_tiering.stores.local import LocalFolder
from archive_tiering.stores.names import from_key, to_key
from archive_tiering.stores.object_store import ObjectStore
from archive_tiering.vault.recall import Recall
from archive_tiering.vault.store import CONFIG, FolderVault, VaultTerms, load_terms
from archive_tiering.writers.folder import FolderWriter
from archive_tiering.writers.master_writer import MasterWriter
from catalog.model import Location, LocationKind
from catalog.repository import Catalog
from foundation.errors import BadSettings
from foundation.s3_settings import S3Endpoint
from foundation.settings import Settings
from media.tool import MediaLimits

_HOW = "Give a folder, `vault:/absolute/folder` or `s3://bucket/prefix`."


def parse_uri(text: str) -> tuple[LocationKind, str]:
    """Say what kind of location an address names, and return the address in its one stored form.

    Args:
        text: A path (relative to the working folder, ``~`` allowed), ``file:``, ``vault:`` or ``s3:`` URI.

    Raises:
        BadSettings: It is none of these.
    """
    scheme, separator, rest = text.partition(":")
    if separator and scheme.lower() == "s3":
        bucket, _, prefix = rest.removeprefix("//").partition("/")
        if not bucket:
            raise BadSettings(f"{text!r} names no bucket.", remedy=_HOW)
        return LocationKind.S3, f"s3://{bucket}/{prefix.strip('/')}".rstrip("/")
    if separator and scheme.lower() == "vault":
        return LocationKind.VAULT, f"vault:{_absolute(rest.removeprefix('//'))}"
    if separator and scheme.lower() == "file":
        return LocationKind.FOLDER, _absolute(unquote(urlsplit(text).path, errors="surrogateescape"))
    if "://" in text or not text:
        raise BadSettings(f"{text!r} is no address of a location.", remedy=_HOW)
    return LocationKind.FOLDER, _absolute(text)


def open_store(location: Location, settings: Settings, *, clock: Clock = utc_now) -> ObjectStore:
    """Open the store behind a location; nothing is read before it is asked for.

    Raises:
        BadSettings: The location's address or a vault's ``.vault.json`` cannot be used.
    """
    kind, uri = parse_uri(location.uri)
    if kind is LocationKind.VAULT:
        root = vault_root(uri)
        terms = load_terms(root)
        return FolderVault(root, _ledger(root, settings), terms, clock, _recall(terms, settings))
    if kind is LocationKind.S3:
        report, endpoint = settings.s3.inventories.get(location.name), settings.s3.endpoint(location.name)
        if report is None:
            return _s3(uri, endpoint)
        return _inventoried(uri, report, endpoint, settings.layout.scratch)
    return LocalFolder(Path(from_key(uri)))


def open_places(catalog: Catalog, settings: Settings, *, clock: Clock = utc_now) -> Places:
    """Stores and terms of a catalog's locations.

    Raises:
        BadSettings: The price table cannot be used.
    """
    prices = load_prices(settings.tiering.price_table)
    return Places(
        catalog,
        lambda location: open_store(location, settings, clock=clock),
        lambda location: open_terms(location, settings, prices),
    )


def open_tiering(catalog: Catalog, settings: Settings, *, clock: Clock = utc_now) -> TieringDesk:
    """Put plans together; the rules are read when a plan is made.

    Raises:
        BadSettings: The price table cannot be used.
    """
    places = open_places(catalog, settings, clock=clock)
    guard, asked = MoveGuard(settings.layout, settings.rules_file), threading.Event()

    def opened(location: Location, way: Way) -> MasterWriter:
        return open_writer(location, way, settings, clock=clock)

    return TieringDesk(
        Planner(catalog, places, settings.tiering, settings.rules_file, clock),
        Applier(catalog, places, settings, clock),
        Mover(catalog, places, opened, guard, settings.layout, clock),
        HotCopies(
            catalog,
            HotRoutes(catalog, places),
            HotRelease(catalog, places, opened),
            settings.tiering,
            clock,
            asked,
        ),
        asked,
    )


def open_replay(catalog: Catalog, settings: Settings) -> MoveReplay:
    """Put together what learns from manifests of moves where masters lie.

    Raises:
        BadSettings: The price table cannot be used.
    """
    with catalog.read() as view:
        vaults = [place.uri for place in view.locations.all() if place.kind is LocationKind.VAULT]
    currency = load_prices(settings.tiering.price_table).table.currency
    places = open_places(catalog, settings)
    return MoveReplay(catalog, places, settings.layout, [vault_root(uri) for uri in vaults], currency)


def open_writer(location: Location, way: Way, settings: Settings, *, clock: Clock = utc_now) -> MasterWriter:
    """Open what moves write into a location with.

    Raises:
        BadSettings: The location's address or a vault's ``.vault.json`` cannot be used.
    """
    kind, uri = parse_uri(location.uri)
    store = open_store(location, settings, clock=clock)
    if kind is LocationKind.S3:
        from archive_tiering.writers.s3_factory import open_bucket  # noqa: PLC0415 - loads boto3

        return open_bucket(location, way, store, settings)
    is_vault = kind is LocationKind.VAULT
    root = vault_root(uri) if is_vault else Path(from_key(uri))
    return FolderWriter(root, store, holds_manifests=is_vault)


def open_restorer(catalog: Catalog, settings: Settings, *, clock: Clock = utc_now) -> Restorer:
    """Put the restorer together.

    Raises:
        BadSettings: The price table cannot be used.
    """
    places = open_places(catalog, settings, clock=clock)
    return Restorer(catalog, places, settings.tiering, clock)


def open_parts(catalog: Catalog, settings: Settings, *, clock: Clock = utc_now) -> PartReader:
    """Put the reader of parts of masters together.

    Raises:
        BadSettings: The price table cannot be used.
    """
    places = open_places(catalog, settings, clock=clock)
    limits = MediaLimits.from_settings(settings.media)
    return PartReader(catalog, places, settings.layout, settings.tiering, limits, clock)


def open_dispatcher(
    catalog: Catalog, settings: Settings, *, clock: Clock = utc_now, changed: Changed = ignored
) -> Dispatcher:
    """Put together what takes bucket events in and delivers notices; nothing is reached yet.

    Args:
        catalog: The ledger.
        settings: Queue and channels.
        clock: The time.
        changed: Told which objects changed.

    Raises:
        StorageUnreachable: A queue is configured, and boto3 cannot be set up.
    """
    notify = settings.notify
    channels: list[Channel] = [Webhook(name, each, clock) for name, each in notify.webhooks.items()]
    if notify.mail.host is not None:
        channels.append(Mail(notify.mail))
    patience = Patience(notify.attempts, timedelta(seconds=notify.longest_pause_seconds))
    courier = Courier(catalog, channels, patience, clock, random.Random())  # noqa: S311 - spreads retries
    return Dispatcher(courier, _events(catalog, settings, clock, changed))


def _events(catalog: Catalog, settings: Settings, clock: Clock, changed: Changed) -> Events | None:
    url = settings.tiering.event_queue_url
    if url is None:
        return None
    # boto3 takes a third of a second to import; homes without a queue never pay it.
    from archive_tiering.s3.bucket_events import BucketEvents, sqs_client  # noqa: PLC0415

    return BucketEvents(catalog, sqs_client(settings.s3, url), url, clock, changed)


def open_tolls(catalog: Catalog, settings: Settings, *, clock: Clock = utc_now) -> TollGate:
    """Put together what charges billed reads.

    Raises:
        BadSettings: The price table cannot be used.
    """
    return TollGate(catalog, open_places(catalog, settings, clock=clock), settings.tiering, clock)


def open_backfill(catalog: Catalog, settings: Settings, *, clock: Clock = utc_now) -> Backfill:
    """Put the planning of cold backfills together.

    Raises:
        BadSettings: The price table cannot be used.
    """
    places = open_places(catalog, settings, clock=clock)
    return Backfill(catalog, places, settings.tiering, settings.layout.scratch, clock)


def open_fixity(
    catalog: Catalog,
    settings: Settings,
    *,
    clock: Clock = utc_now,
    observe: Callable[[Step], None] = lambda step: None,
) -> FixityDesk:
    """Put the fixity checks together.

    Raises:
        BadSettings: The price table cannot be used.
    """
    places, home = open_places(catalog, settings, clock=clock), settings.layout
    plan = FixityPlan(places, settings, lambda: home.catalog.stat().st_size)
    rate = settings.fixity.megabytes_per_second * 1e6
    keeper = FixityKeeper(catalog, places, plan, home, clock, bytes_per_second=rate, observe=observe)

    def mender(location: Location) -> FolderMender:
        return FolderMender(_folder(location), places.store(location.id))

    repair = FixityRepair(catalog, places, mender, settings.s3.endpoint, home, clock)
    return FixityDesk(catalog, places, plan, keeper, repair, clock)


def _folder(location: Location) -> Path:
    kind, uri = parse_uri(location.uri)
    return vault_root(uri) if kind is LocationKind.VAULT else Path(from_key(uri))


def open_terms(location: Location, settings: Settings, prices: PriceTable) -> Terms:
    """Say on what terms a location gives cold objects back; reads no more than a vault's ``.vault.json``."""
    kind, uri = parse_uri(location.uri)
    if kind is LocationKind.S3:
        return _s3_terms(location.name, settings, prices)
    if kind is LocationKind.FOLDER:
        return Terms(prices)
    root = vault_root(uri)
    terms = load_terms(root)
    own = PriceTable(
        table=TableInfo(name=location.name, date=prices.table.date, source=str(root / CONFIG)),
        classes={terms.storage_class: _vault_prices(terms)},
    )
    return Terms(own, delays=terms.seconds, storage_class=terms.storage_class)


def _s3_terms(name: str, settings: Settings, prices: PriceTable) -> Terms:
    own = settings.price_table(name)
    if own != settings.tiering.price_table:
        prices = load_prices(own)
    return Terms(prices, egress=settings.counts_egress(name), store=settings.s3.endpoint(name).store)


def _vault_prices(terms: VaultTerms) -> ClassPrices:
    return ClassPrices(
        per_gb_month=terms.prices.per_gb_month,
        write_per_gb=terms.prices.write_per_gb,
        retrieval={tier: TierPrice(per_gb=getattr(terms.prices, tier)) for tier in terms.seconds},
    )


def _recall(terms: VaultTerms, settings: Settings) -> Recall | None:
    wanted = terms.recall
    if wanted is None:
        return None
    return Recall(wanted.command, wanted.timeout_seconds, settings.tiering.recall_commands)


def _s3(uri: str, endpoint: S3Endpoint) -> ObjectStore:
    # boto3 takes a third of a second to import; homes without S3 never pay it.
    from archive_tiering.s3.store import S3Store, s3_client  # noqa: PLC0415

    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return S3Store(s3_client(endpoint), bucket, prefix)


def _inventoried(uri: str, report: str, endpoint: S3Endpoint, scratch: Path) -> ObjectStore:
    """The reports lie in the store that they are of."""
    # pyarrow is large; homes without inventories never load it.
    from archive_tiering.s3.inventory_store import InventoryStore  # noqa: PLC0415

    kind, where = parse_uri(report)
    if kind is not LocationKind.S3:
        raise BadSettings(f"REKINDLE_S3__INVENTORIES: {report!r} is no s3:// address.")
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    theirs = where.removeprefix("s3://").partition("/")[0]
    return InventoryStore(
        _s3(uri, endpoint),
        bucket,
        f"{prefix}/" if prefix else "",
        _s3(where, endpoint),
        _s3(f"s3://{theirs}", endpoint),
        scratch,
    )


def vault_root(uri: str) -> Path:
    """Return the folder of a vault's address."""
    return Path(from_key(uri.removeprefix("vault:")))


def _absolute(path: str) -> str:
    """One spelling per folder, as text; links are kept, they may be how a mount is meant to be named."""
    return to_key(os.path.normpath(Path.cwd() / Path(from_key(path)).expanduser()))


def _ledger(root: Path, settings: Settings) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:32]
    return settings.layout.root / "vaults" / name
