"""What a person types to put a good copy over a bad master in a bucket, where Rekindle does not write."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from foundation.s3_settings import S3Endpoint

_S3 = "s3://"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an object lies.

    Attributes:
        version: One version of it; empty where the bucket keeps none.
        endpoint: How its store is reached; of no matter for folders and folder vaults.
    """

    uri: str
    version: str
    storage_class: str
    endpoint: S3Endpoint


def by_hand(bad: Spot, good: Spot, aside: str) -> tuple[str, ...]:
    """Return the commands, for a POSIX shell; none where the bad copy lies in no bucket.

    A versioned bucket keeps the bad bytes as the version before.

    Args:
        bad: What is to be replaced, in the class it has.
        good: The copy to put there.
        aside: Name of a local file, for what no store copies by itself.
    """
    if not bad.uri.startswith(_S3):
        return ()
    bucket, _ = _split(bad.uri)
    reach = list(_reach(bad.endpoint))
    fetched, source = _source(bad, good, aside)
    put = ["--checksum-algorithm", "SHA256", "--storage-class", bad.storage_class, *reach]
    return (
        shlex.join(["aws", "s3api", "get-bucket-versioning", "--bucket", bucket, *reach]),
        *fetched,
        shlex.join(["aws", "s3", "cp", *source, bad.uri, *put]),
        "rekindle index",
    )


def _source(bad: Spot, good: Spot, aside: str) -> tuple[list[str], list[str]]:
    """What lays a local copy down first, where one is needed, and what to copy from."""
    if not good.uri.startswith(_S3):
        return [], [_path(good.uri)]
    if good.endpoint.store == bad.endpoint.store and not good.version:
        region = good.endpoint.region
        return [], [*(["--source-region", region] if region else []), good.uri]
    bucket, key = _split(good.uri)
    version = ["--version-id", good.version] if good.version else []
    fetch = ["aws", "s3api", "get-object", "--bucket", bucket, "--key", key, *version]
    return [shlex.join([*fetch, *_reach(good.endpoint), aside])], [aside]


def _reach(endpoint: S3Endpoint) -> Iterator[str]:
    """Options of ``aws`` by which a store is reached; a password in its address is not among them."""
    chosen = {"--endpoint-url": endpoint.shown, "--profile": endpoint.profile, "--region": endpoint.region}
    for option, value in chosen.items():
        if value:
            yield from (option, value)


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix(_S3).partition("/")
    return bucket, key


def _path(uri: str) -> str:
    """The path of a file; the URIs of folders and folder vaults are percent-encoded."""
    return unquote(uri.removeprefix("vault:").removeprefix("file:").removeprefix("//"))
