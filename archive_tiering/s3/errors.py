"""The one place where errors of boto3 become ours."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from foundation.errors import (
    NeedsRestore,
    ObjectMissing,
    ObjectUnreadable,
    StorageError,
    StorageUnreachable,
    Throttled,
    TierUnavailable,
)

CREDENTIALS = "Give boto3 credentials: environment variables, ~/.aws, or the machine's role."
_LEAVES: Mapping[str, type[StorageError]] = MappingProxyType(
    {
        "NoSuchKey": ObjectMissing,
        "NoSuchVersion": ObjectMissing,
        "404": ObjectMissing,
        "405": ObjectMissing,
        "MethodNotAllowed": ObjectMissing,
        "InvalidObjectState": NeedsRestore,
        "AccessDenied": ObjectUnreadable,
        "403": ObjectUnreadable,
        "SlowDown": Throttled,
        "Throttling": Throttled,
        "ThrottlingException": Throttled,
        "RequestLimitExceeded": Throttled,
        "TooManyRequests": Throttled,
        "429": Throttled,
        "503": Throttled,
        "NoSuchBucket": StorageUnreachable,
        "PermanentRedirect": StorageUnreachable,
        "301": StorageUnreachable,
        "InvalidAccessKeyId": StorageUnreachable,
        "SignatureDoesNotMatch": StorageUnreachable,
        "ExpiredToken": StorageUnreachable,
    }
)
_ABOUT_CREDENTIALS = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"})


def code_of(error: ClientError) -> str:
    """Return the code S3 gave; the HTTP status as text where a reply had no body."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn whatever boto3 raises into a StorageError about ``what``."""
    try:
        yield
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise StorageUnreachable(f"S3 needs credentials: {error}", remedy=CREDENTIALS) from error
    except ClientError as error:
        raise _leaf(error, what) from error
    except BotoCoreError as error:
        raise StorageUnreachable(f"S3 does not answer for {what!r}: {error}") from error


def refusal_of(error: ClientError, key: str, retrieval_tier: str) -> StorageError:
    """Say why S3 would not restore an object.

    ``detail["temporary"]`` marks a tier that is on offer and has no capacity at present.
    """
    code = code_of(error)
    if code == "GlacierExpeditedRetrievalNotAvailable":
        message = f"S3 has no capacity for {retrieval_tier} retrieval of {key!r} at present."
        return TierUnavailable(message, detail={"temporary": True})
    if code in {"InvalidObjectState", "InvalidArgument", "MalformedXML", "InvalidRequest"}:
        return TierUnavailable(f"S3 offers no {retrieval_tier} retrieval of {key!r}: {_words(error)}")
    return _leaf(error, key)


def _leaf(error: ClientError, what: str) -> StorageError:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    leaf = _LEAVES.get(code) or (StorageUnreachable if status >= 500 else ObjectUnreadable)
    remedy = CREDENTIALS if code in _ABOUT_CREDENTIALS else None
    return leaf(f"S3 says {code} about {what!r}: {_words(error)}", remedy=remedy)


def _words(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", "no reason given"))
