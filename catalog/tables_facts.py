"""Tables of what was seen, heard, said and named of an asset, and the full-text tables over them."""

import sqlalchemy as sa

from catalog.tables import AnyText, UtcTime, asset_column, metadata, owned


def box_columns() -> tuple[sa.Column[float], ...]:
    """Columns of a region of the picture."""
    return tuple(sa.Column(name, sa.Float) for name in ("box_left", "box_top", "box_width", "box_height"))


timelines = sa.Table(
    "timelines", metadata, asset_column(primary_key=True), sa.Column("pts", sa.LargeBinary, nullable=False)
)

tracks = sa.Table(
    "tracks",
    metadata,
    asset_column(primary_key=True),
    sa.Column("stream", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("codec", sa.String(40), nullable=False),
    sa.Column("language", sa.String(35)),
    sa.Column("role", sa.String(40)),
    sa.Column("channels", sa.Integer),
    sa.Column("sample_rate", sa.Integer),
    sa.Column("title", AnyText),
)

renditions = sa.Table(
    "renditions",
    metadata,
    asset_column(primary_key=True),
    sa.Column("role", sa.String(10), primary_key=True),
    sa.Column("path", AnyText, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("media_type", sa.String(80), nullable=False),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("frames", sa.Integer),
)

shots = sa.Table(
    "shots",
    metadata,
    asset_column(primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("in_frame", sa.Integer, nullable=False),
    sa.Column("out_frame", sa.Integer, nullable=False),
)

keyframes = sa.Table(
    "keyframes",
    metadata,
    asset_column(primary_key=True),
    sa.Column("frame", sa.Integer, primary_key=True),
    sa.Column("shot_id", sa.String(30), nullable=False),
    sa.Column("path", AnyText, nullable=False),
)

cues = sa.Table(
    "cues",
    metadata,
    asset_column(primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("start", sa.BigInteger, nullable=False),
    sa.Column("end", sa.BigInteger, nullable=False),
    sa.Column("text", AnyText, nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("language", sa.String(35)),
    sa.Column("speaker", AnyText),
    sa.Column("track", sa.Integer),
    sa.Column("confidence", sa.Float),
)

passages = sa.Table(
    "passages",
    metadata,
    sa.Column("row", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    asset_column(),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("start", sa.BigInteger, nullable=False),
    sa.Column("end", sa.BigInteger, nullable=False),
    sa.Column("text", AnyText, nullable=False),
    sa.Column("tail", AnyText, nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("language", sa.String(35)),
    sa.Column("cue_ids", sa.JSON, nullable=False),
    sa.UniqueConstraint("asset_id", "ordinal"),
)

screen_texts = sa.Table(
    "screen_texts",
    metadata,
    sa.Column("row", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    asset_column(),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("in_frame", sa.Integer, nullable=False),
    sa.Column("out_frame", sa.Integer, nullable=False),
    *box_columns(),
    sa.Column("text", AnyText, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.UniqueConstraint("asset_id", "ordinal"),
)

statements = sa.Table(
    "statements",
    metadata,
    sa.Column("row", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    asset_column(),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("field", sa.String(80), nullable=False),
    sa.Column("value", AnyText, nullable=False),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("human", sa.Boolean, nullable=False),
    sa.Column("confidence", sa.Float),
    sa.Column("language", sa.String(35)),
    sa.Column("in_frame", sa.Integer),
    sa.Column("out_frame", sa.Integer),
    sa.Column("start", sa.BigInteger),
    sa.Column("end", sa.BigInteger),
    *box_columns(),
    sa.Column("supersedes", sa.String(30)),
    sa.Column("superseded_by", sa.String(30)),
    sa.Column("created_at", UtcTime, nullable=False),
    *owned(),
    sa.Index("ix_statements_asset_id", "asset_id", "field"),
)

names = sa.Table(
    "names",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    asset_column(),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("words", AnyText, nullable=False),
    sa.Column("facts", AnyText, nullable=False),
    sa.UniqueConstraint("asset_id"),
)

stage_runs = sa.Table(
    "stage_runs",
    metadata,
    asset_column(primary_key=True),
    sa.Column("stage", sa.String(60), primary_key=True),
    sa.Column("version", sa.String(200), nullable=False),
    sa.Column("input_digest", sa.String(128), nullable=False),
    sa.Column("finished_at", UtcTime, nullable=False),
)

vector_files = sa.Table(
    "vector_files",
    metadata,
    asset_column(primary_key=True),
    sa.Column("space", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("encoder", sa.String(200), nullable=False),
    sa.Column("revision", sa.String(128), nullable=False),
    sa.Column("dim", sa.Integer, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("path", AnyText, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Index("ix_vector_files_space", "space"),
)
