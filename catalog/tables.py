"""Tables of the catalog: who, where, what. Facts are in ``tables_facts``, work and money in ``tables_work``.

Rows with a life of their own carry principal, collection and project; rows that are replaced together with an
asset's facts inherit them from the asset.
"""

from datetime import UTC, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from foundation.ids import DEFAULT_COLLECTION, DEFAULT_PROJECT, LOCAL_PRINCIPAL

SCHEMA_REVISION = "0010"
"""Newest migration; an open compares it with the file's own before it loads the migration tool."""

ROW_BITS = 20
"""Full-text rows are numbered ``asset row << ROW_BITS | n``: the asset is known without a join."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An instant; naive values never come in and never go out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Store UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An exact decimal, kept as text: SQLite has no decimals."""

    impl = sa.String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:
        """Store every digit."""
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:
        """Give every digit back."""
        return None if value is None else Decimal(value)


_ESCAPES = 0x10FB00
"""Private-use characters that stand for lone surrogates: U+10FB80 for the byte 0x80 and so on."""


class AnyText(TypeDecorator[str]):
    """Text that may hold a file name's undecodable bytes (lone surrogates), which UTF-8 cannot carry."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Store every name there can be; a surrogate that stands for no byte becomes a question mark."""
        if value is None or value.isascii():
            return value
        return "".join(map(_carried, value))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Give the same name back."""
        if value is None or value.isascii():
            return value
        return "".join(
            chr(ord(c) - _ESCAPES + 0xDC00) if _ESCAPES < ord(c) <= _ESCAPES + 0xFF else c for c in value
        )


def _carried(character: str) -> str:
    code = ord(character)
    if not 0xD800 <= code <= 0xDFFF:
        return character
    return chr(code - 0xDC00 + _ESCAPES) if 0xDC80 <= code <= 0xDCFF else "?"


def owned() -> tuple[sa.Column[str], sa.Column[str], sa.Column[str]]:
    """Columns that say on whose behalf and within what a row was written."""
    return (
        sa.Column("principal", sa.String(30), nullable=False, server_default=LOCAL_PRINCIPAL),
        sa.Column("collection", sa.String(30), nullable=False, server_default=DEFAULT_COLLECTION),
        sa.Column("project", sa.String(30), nullable=False, server_default=DEFAULT_PROJECT),
    )


def asset_column(*, primary_key: bool = False) -> sa.Column[str]:
    """Reference to an asset; its rows go when the asset's row goes."""
    return sa.Column(
        "asset_id",
        sa.String(30),
        sa.ForeignKey("assets.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


principals = sa.Table(
    "principals",
    metadata,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

collections = sa.Table(
    "collections",
    metadata,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

projects = sa.Table(
    "projects",
    metadata,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("collection", sa.String(30), nullable=False, server_default=DEFAULT_COLLECTION),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("folded", AnyText, nullable=False, server_default=""),
    sa.Column("state", sa.String(10), nullable=False, server_default="active"),
    sa.Column("state_at", UtcTime),
    sa.Column("state_by", sa.String(30), nullable=False, server_default=LOCAL_PRINCIPAL),
    sa.Index("uq_projects_folded", "folded", unique=True),
)

locations = sa.Table(
    "locations",
    metadata,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("uri", AnyText, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("removed_at", UtcTime),
    *owned(),
    sa.Index("uq_locations_name", "name", unique=True, sqlite_where=sa.text("removed_at IS NULL")),
    sa.Index("uq_locations_uri", "uri", unique=True, sqlite_where=sa.text("removed_at IS NULL")),
)

assets = sa.Table(
    "assets",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("location_id", sa.String(30), sa.ForeignKey("locations.id"), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64)),
    sa.Column("rate", sa.String(24)),
    sa.Column("frames", sa.Integer),
    sa.Column("samples", sa.BigInteger),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("rotation", sa.Integer, nullable=False),
    sa.Column("field_order", sa.String(20)),
    sa.Column("colour", sa.JSON, nullable=False),
    sa.Column("codec", sa.String(40)),
    sa.Column("container", sa.String(80)),
    sa.Column("start_timecode", sa.String(20)),
    sa.Column("drop_frame", sa.Boolean, nullable=False),
    sa.Column("variable_rate", sa.Boolean, nullable=False),
    sa.Column("duration_ms", sa.BigInteger),
    sa.Column("year", sa.Integer),
    sa.Column("year_source", sa.String(40)),
    sa.Column("has_speech", sa.Boolean),
    sa.Column("black_and_white", sa.Boolean),
    sa.Column("storage_class", sa.String(40), nullable=False),
    sa.Column("indexed_at", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    *owned(),
    sa.Index("ix_assets_location_id", "location_id"),
    sa.Index("ix_assets_sha256", "sha256"),
    sa.Index("ix_assets_project", "project"),
    sa.Index("ix_assets_hidden", "state", sqlite_where=sa.text("state IN ('withdrawn', 'erased')")),
    sqlite_autoincrement=True,
)

aliases = sa.Table(
    "aliases",
    metadata,
    sa.Column("alias", sa.String(30), primary_key=True),
    sa.Column("asset_id", sa.String(30), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_aliases_asset_id", "asset_id"),
)

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("asset_id", sa.String(30), primary_key=True),
    sa.Column("sha256", sa.String(64)),
    sa.Column("erased_at", UtcTime, nullable=False),
    *owned(),
)

instances = sa.Table(
    "instances",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    asset_column(),
    sa.Column("location_id", sa.String(30), sa.ForeignKey("locations.id"), nullable=False),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("identity", sa.String(64), nullable=False),
    sa.Column("storage_class", sa.String(40), nullable=False),
    sa.Column("available", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    *owned(),
    sa.UniqueConstraint("location_id", "name"),
    sa.Index("ix_instances_asset_id", "asset_id"),
)

objects = sa.Table(
    "objects",
    metadata,
    sa.Column(
        "instance_id", sa.String(30), sa.ForeignKey("instances.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("role", sa.String(12), nullable=False),
    sa.Column("uri", AnyText, nullable=False),
    sa.Column("key", AnyText, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("etag", AnyText, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("version", AnyText, nullable=False),
    sa.Column("storage_class", sa.String(40), nullable=False),
    sa.Column("restore", sa.String(12), nullable=False),
    sa.Column("sha256", sa.String(64)),
    sa.Column("language", sa.String(35)),
    sa.Column("caption_kind", sa.String(12)),
    sa.Column("archive_tier", sa.String(20)),
)

dates = sa.Table(
    "dates",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    asset_column(),
    sa.Column("value", sa.String(80), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("source", sa.String(120), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    *owned(),
    sa.Index("ix_dates_asset_id", "asset_id"),
)

rights = sa.Table(
    "rights",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    asset_column(),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("who", AnyText, nullable=False),
    sa.Column("territory", AnyText, nullable=False),
    sa.Column("media", AnyText, nullable=False),
    sa.Column("valid_from", UtcTime),
    sa.Column("valid_until", UtcTime),
    sa.Column("in_frame", sa.Integer),
    sa.Column("out_frame", sa.Integer),
    sa.Column("source", sa.String(120), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    *owned(),
    sa.Index("ix_rights_asset_id", "asset_id"),
)
