"""Every setting, typed: environment (``REKINDLE_``, nested with ``__``), then ``rekindle.toml`` in the home.

No other module reads the environment. Secrets are masked in every representation.
"""

import os
import re
import tomllib
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from foundation.descriptors import chosen, names_in
from foundation.errors import BadSettings
from foundation.home import Home
from foundation.ids import LOCAL_PRINCIPAL
from foundation.s3_settings import S3Settings

LEAST_TOKEN = 16
"""Fewest characters of a bearer token."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MediaSettings(_Section):
    """How masters are read and proxies are made."""

    max_pixels: int = Field(70_000_000, gt=0, description="Most pixels of one picture or frame.")
    max_streams: int = Field(64, gt=0, description="Most streams of one file.")
    memory_limit_bytes: int = Field(6 << 30, gt=0, description="Address space of one decoder process.")
    timeout_factor: float = Field(
        20.0, gt=0, description="Seconds a decoder may take per second of essence, after the first minute."
    )
    timeout_floor_seconds: float = Field(60.0, gt=0, description="Shortest time-out of a decoder.")
    proxy_height: int = Field(540, ge=120, le=2160, description="Short side of the proxy in pixels.")
    proxy_preset: str = Field(
        "veryfast",
        description="x264 preset of the proxy; `veryfast` is made leaner, others are as x264 has them.",
    )
    proxy_crf: int = Field(23, ge=0, le=51, description="x264 quality of the proxy; lower is better.")
    shot_threshold: float = Field(27.0, gt=0, description="ContentDetector threshold of a cut.")
    sequence_rate: Fraction = Field(
        Fraction(24),
        ge=1,
        le=240,
        description="Frames per second of numbered pictures whose headers do not say: `25`, `30000/1001`.",
    )
    sandbox: Literal["auto", "off"] = Field(
        "auto", description="Isolate decoders from the network where the platform allows it."
    )


class SignalSettings(_Section):
    """Which signals are computed."""

    faces: bool = Field(
        False, description="Detect and compare faces. Off by default: biometric law may need consent."
    )
    onscreen: bool = Field(True, description="Read text on screen.")
    speech: bool = Field(True, description="Recognise speech where there are no captions.")
    descriptors: bool | tuple[str, ...] = Field(
        True,
        description="Describe shots: `true`, `false`, or the names of what is wanted (see [how right they "
        "are](descriptors.md)), with commas between them or as JSON or TOML; `default` stands for those that "
        "are on by default, as in `default,shot_size`.",
    )
    duplicates: bool = Field(True, description="Fingerprint pictures and link near-duplicates.")
    frames_per_second: float = Field(
        1.0, gt=0, le=10, description="Frames embedded per second of a shot; at least one per shot."
    )

    _named = field_validator("descriptors", mode="before")(names_in)

    @property
    def described(self) -> frozenset[str]:
        """Which of :data:`foundation.descriptors.DESCRIPTORS` are wanted."""
        return chosen(self.descriptors)


class IndexerSettings(_Section):
    """How the backfill works."""

    workers: int = Field(0, ge=0, description="Worker processes; 0 means one per two cores.")
    lease_seconds: float = Field(120.0, gt=0, description="How long a silent worker keeps its asset.")
    attempts: int = Field(3, ge=1, description="Tries before a retryable failure becomes a dead letter.")
    proxy_names: list[str] = Field(
        [],
        description="Where proxies of cold masters lie that others made, as JSON or TOML: paths with "
        "`{stem}`, `{name}`, `{folder}`, from the master's folder; `/…` starts at the location's root, "
        "`@NAME/…` at another's.",
    )
    settle_seconds: float = Field(
        0.0, ge=0, description="Leave files alone that changed less than this long ago."
    )
    reconcile_days: int = Field(
        7,
        ge=0,
        le=3650,
        description="`rekindle up` lists every indexed location anew after so many days; 0 never does.",
    )
    loss_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Largest share of a location's masters that one listing may lack and be believed; 1 "
        "believes every listing that is not empty.",
    )
    loss_count: int = Field(
        20, ge=0, description="So many missing masters are believed however few a location has."
    )


class VectorSettings(_Section):
    """The vector index."""

    adapter: Literal["edge", "qdrant"] = Field(
        "edge", description="Engine on this machine, or a Qdrant server."
    )
    qdrant_url: str = Field("http://127.0.0.1:6333", description="Address of the Qdrant server.")
    qdrant_api_key: str | None = Field(None, repr=False, description="Key of the Qdrant server.")
    rebuild_points: int = Field(50_000, gt=0, description="Unindexed points that start a new generation.")
    rebuild_fraction: float = Field(0.1, gt=0, le=1, description="Unindexed share that starts one.")


class TieringSettings(_Section):
    """Cold storage and what it may cost."""

    price_table: Path | None = Field(None, description="Your own price table (TOML); see docs.")
    restore_days: int = Field(3, ge=1, le=365, description="Days a restored copy is kept.")
    budget_usd: Decimal = Field(
        Decimal("25.00"),
        ge=0,
        description="Most a month's restores, moves and billed reads may cost together.",
    )
    user_budget_usd: Decimal | None = Field(
        None, ge=0, description="Most that one user may spend in a month; unset for no such limit."
    )
    project_budget_usd: Decimal | None = Field(
        None,
        ge=0,
        description="Most that may be spent for one project in a month; unset for no limit.",
    )
    approval_usd: Decimal | None = Field(
        None,
        ge=0,
        description="Quotes above this sum need an approver; unset: those over budget only.",
    )
    approvers: tuple[str, ...] = Field(
        (LOCAL_PRINCIPAL,), description="Principals who may approve restores and set budgets."
    )
    approval_days: int = Field(7, ge=1, le=90, description="How long an approver may take to decide.")
    count_egress: bool = Field(
        False, description="Rekindle runs outside the store's network: quotes count what reading costs."
    )
    backfill_bytes: int = Field(
        2_000_000_000_000,
        gt=0,
        description="Most bytes that `index --cold` has brought back at once; the rest waits its turn.",
    )
    rules: Path | None = Field(
        None, description="Lifecycle rules (YAML); `tiering.yaml` in the home when unset."
    )
    plan_hours: int = Field(24, ge=1, description="How long a tier plan holds.")
    tag_locations: list[str] = Field(
        [],
        description="S3 locations whose buckets move objects by themselves: a lifecycle rule on the tag "
        "`rekindle-tier`.",
    )
    recall_commands: list[str] = Field(
        [], description="Programs (absolute paths) that vaults may start to have a tape robot fetch a file."
    )
    quote_minutes: int = Field(60, ge=1, description="How long a quote holds.")
    poll_seconds: float = Field(900.0, gt=0, description="Longest pause between looks at a running restore.")
    warn_hours: float = Field(
        24.0, ge=0, le=240, description="How long before a restored copy goes away whoever waits is warned."
    )
    event_queue_url: str | None = Field(
        None, description="SQS queue that gets the buckets' events; restores are polled without one, too."
    )


class FixityPlaceSettings(_Section):
    """What holds for one location in place of the general figures; what is unset is as in general."""

    days: int | None = Field(None, ge=1, le=3650, description="Everything is checked within so many days.")
    month_gb: float | None = Field(None, ge=0, description="Most GB (2^30 bytes) to read in a month.")
    budget_usd: Decimal | None = Field(None, ge=0, description="Most that billed reads of a month may cost.")


class FixitySettings(_Section):
    """Whether bytes still are what they were, checked a share per day."""

    enabled: bool = Field(True, description="Check in the background while `rekindle up` or `serve` runs.")
    days: int = Field(
        90, ge=1, le=3650, description="Everything is checked within so many days, a share per day."
    )
    catalog_days: int = Field(7, ge=1, le=3650, description="The catalog's pages are checked this often.")
    month_gb: float | None = Field(
        None, ge=0, description="Most GB (2^30 bytes) to read in a month per location; unset for no limit."
    )
    budget_usd: Decimal = Field(
        Decimal(0),
        ge=0,
        description="Most that billed reads (egress, infrequent access, instant retrieval) of a month may "
        "cost per location, within `tiering.budget_usd`; 0 takes the store's word instead.",
    )
    megabytes_per_second: float = Field(
        50.0, gt=0, description="Fastest that checks in the background read, in 10^6 bytes."
    )
    locations: dict[str, FixityPlaceSettings] = Field(
        {}, description="Other figures for single locations, by name, as JSON or TOML."
    )


class WebhookSettings(_Section):
    """One address that notices are posted to, signed."""

    url: str = Field(pattern=r"^https?://", description="Where to; no other address is ever called.")
    secret: SecretStr = Field(description="Key of the HMAC-SHA256 signature.")


class MailSettings(_Section):
    """Notices by e-mail."""

    host: str | None = Field(None, description="SMTP server; unset for no mail.")
    port: int = Field(587, ge=1, le=65535, description="Its port.")
    starttls: bool = Field(True, description="Encrypt, and refuse to go on where the server cannot.")
    user: str | None = Field(None, description="User at the SMTP server; unset to send without.")
    password: SecretStr | None = Field(None, description="The user's password.")
    sender: str = Field("rekindle@localhost", description="Address that mail comes from.")
    addresses: dict[str, str] = Field(
        {}, description="Addresses by principal, as JSON or TOML; who has none gets no mail."
    )


class NotifySettings(_Section):
    """How people are told of restores, besides `GET /v1/events`."""

    webhooks: dict[str, WebhookSettings] = Field({}, description="By a name of your choice, as JSON or TOML.")
    mail: MailSettings = Field(MailSettings(), description="SMTP, as JSON or TOML.")
    attempts: int = Field(12, ge=1, le=100, description="Tries before a notice is given up on one channel.")
    longest_pause_seconds: float = Field(3600.0, gt=0, description="Longest pause between two tries.")


class AccessSettings(_Section):
    """Who is who. Requests without a token are the local user's."""

    tokens: dict[str, SecretStr] = Field(
        {}, description="Bearer tokens by principal (`prn_ada`), as JSON or TOML; 16 characters or more."
    )
    token: SecretStr | None = Field(None, description="Token that this command line sends.")

    @field_validator("tokens")
    @classmethod
    def _usable(cls, tokens: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for principal, token in tokens.items():
            if not re.fullmatch(r"prn_[A-Za-z0-9_]{1,26}", principal):
                raise ValueError(f"{principal!r} is no principal: write prn_ and up to 26 letters or digits")
            if len(token.get_secret_value()) < LEAST_TOKEN:
                raise ValueError(f"the token of {principal} has fewer than {LEAST_TOKEN} characters")
        return tokens


class DemandSettings(_Section):
    """Queries that found nothing good, kept for whoever buys and licenses footage."""

    keep: bool = Field(True, description="Keep their text and count; off keeps nothing of what people ask.")
    days: int = Field(365, ge=1, description="Forget a query that nobody has asked for so long.")


class ApiSettings(_Section):
    """The HTTP API."""

    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8765, ge=0, le=65535, description="Port of the API.")
    ui_port: int = Field(8501, ge=0, le=65535, description="Port of the UI.")
    url: str | None = Field(None, description="Address of a running API; found through the home when unset.")


class Settings(BaseSettings):
    """The root of all settings."""

    model_config = SettingsConfigDict(
        env_prefix="REKINDLE_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    home: Path = Field(
        default_factory=lambda: Path.home() / ".rekindle", description="Folder that holds what Rekindle owns."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("warning", description="Log level.")
    media: MediaSettings = MediaSettings()
    signals: SignalSettings = SignalSettings()
    indexer: IndexerSettings = IndexerSettings()
    vectors: VectorSettings = VectorSettings()
    tiering: TieringSettings = TieringSettings()
    fixity: FixitySettings = FixitySettings()
    demand: DemandSettings = DemandSettings()
    notify: NotifySettings = NotifySettings()
    access: AccessSettings = AccessSettings()
    api: ApiSettings = ApiSettings()
    s3: S3Settings = S3Settings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment above what :func:`load` read from the home's file."""
        return env_settings, init_settings

    @property
    def rules_file(self) -> Path:
        """Where the lifecycle rules are."""
        return self.tiering.rules or self.layout.root / "tiering.yaml"

    def price_table(self, location: str) -> Path | None:
        """A bucket's price table; None means the one that ships with Rekindle."""
        own = self.s3.locations.get(location)
        return self.tiering.price_table if own is None or own.price_table is None else own.price_table

    def counts_egress(self, location: str) -> bool:
        """Say whether what is read from a bucket leaves its store's network, and is billed."""
        own = self.s3.locations.get(location)
        return self.tiering.count_egress if own is None or own.count_egress is None else own.count_egress

    @property
    def layout(self) -> Home:
        """The home's layout."""
        return Home(self.home.expanduser().absolute())


def inherited(names: Iterable[str]) -> dict[str, str]:
    """What a program that is started here may see of this process's environment."""
    return {name: os.environ[name] for name in names if name in os.environ}


def load(home: Path | None = None) -> Settings:
    """Read the settings; ``home`` (the command line's) beats the environment.

    Raises:
        BadSettings: A value cannot be read; the message names the setting.
    """
    try:
        base = Settings() if home is None else _at(Settings(), home)
        in_file = _read_file(base.layout.root / "rekindle.toml")
        merged = Settings(**in_file)
    except ValidationError as error:
        first = error.errors()[0]
        name = "REKINDLE_" + "__".join(str(part).upper() for part in first["loc"])
        raise BadSettings(f"{name}: {first['msg']}.") from error
    return _at(merged, base.layout.root)


def _at(settings: Settings, home: Path) -> Settings:
    return settings.model_copy(update={"home": home})


def _read_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path}: {error}") from error
