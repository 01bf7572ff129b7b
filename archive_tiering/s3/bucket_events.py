"""Events of S3 buckets from an SQS queue: a hint that something is worth a look, never the truth itself.

S3 delivers events at least once and in no order (S3 user guide, "Event notification structure"), so an event
changes nothing but when a restore or an object is looked at next: the look asks the store, which is why the
events' ``sequencer`` need not be compared. Repeated, late and reordered events are therefore harmless, and
lost ones are made up for by the polling and the whole listings that go on anyway. A message is deleted after
its hints are on record.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus, urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from archive_tiering.clock import Clock
from archive_tiering.dispatch import Changed, ignored
from archive_tiering.s3.errors import CREDENTIALS
from archive_tiering.s3.session import session_of
from catalog.repository import Catalog
from foundation.errors import StorageUnreachable
from foundation.logging import get
from foundation.s3_settings import S3Endpoint

if TYPE_CHECKING:
    from types_boto3_sqs.client import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

CHANGES = (
    "ObjectCreated:", "ObjectRemoved:", "LifecycleTransition", "LifecycleExpiration:", "IntelligentTiering",
)  # fmt: skip
"""Beginnings of the names of events after which an object may be other than it was, asleep or gone."""

WATCHED = ("ObjectRestore:", *CHANGES)
"""Beginnings of the names of events that are taken note of."""

_BRIDGED = {
    "Object Created": "ObjectCreated:",
    "Object Deleted": "ObjectRemoved:",
    "Object Storage Class Changed": "LifecycleTransition",
    "Object Access Tier Changed": "IntelligentTiering",
}
"""EventBridge's names of what S3's own messages call otherwise."""

_MOST = 10
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Hint:
    """An object that something happened to."""

    uri: str
    event: str

    @property
    def is_change(self) -> bool:
        """The object itself may have changed."""
        return self.event.startswith(CHANGES)


def hints_of(body: str) -> list[Hint]:
    """Read an SQS message: S3's own, or wrapped by SNS or EventBridge; what is neither gives nothing."""
    try:
        document = json.loads(body)
        if isinstance(document, dict) and isinstance(document.get("Message"), str):
            document = json.loads(document["Message"])
        return list(_hints(document))
    except (ValueError, KeyError, TypeError):
        return []


def _hints(document: object) -> Iterator[Hint]:
    if not isinstance(document, Mapping):
        return
    if isinstance(document.get("detail"), Mapping):
        detail = document["detail"]
        kind = str(document.get("detail-type", ""))
        name = _BRIDGED.get(kind, kind.replace("Object Restore ", "ObjectRestore:"))
        # EventBridge gives keys as they are; S3's own messages encode them like a form.
        yield Hint(f"s3://{detail['bucket']['name']}/{detail['object']['key']}", name)
        return
    for record in document.get("Records") or ():
        name = str(record.get("eventName", "")).removeprefix("s3:")
        if name.startswith(WATCHED):
            bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
            yield Hint(f"s3://{bucket}/{key}", name)


class BucketEvents:
    """Takes events off a queue and lets the restores and objects concerned be looked at now.

    Args:
        catalog: The ledger.
        client: From :func:`sqs_client`.
        queue_url: The queue.
        clock: The time.
        changed: Told which objects changed.
    """

    def __init__(
        self,
        catalog: Catalog,
        client: "SQSClient",
        queue_url: str,
        clock: Clock,
        changed: Changed = ignored,
    ) -> None:
        self._catalog = catalog
        self._client = client
        self._queue_url = queue_url
        self._clock = clock
        self._changed = changed

    def take(self) -> int:
        """Take what is in the queue now; returns how many restores are to be looked at.

        Raises:
            StorageUnreachable: The queue does not answer; nothing is lost.
        """
        hastened = 0
        for _ in range(_ROUNDS):
            messages = self._receive()
            if not messages:
                break
            hastened += self._note([hint for each in messages for hint in hints_of(each.get("Body", ""))])
            self._delete(messages)
        return hastened

    def _note(self, hints: list[Hint]) -> int:
        uris = dict.fromkeys(hint.uri for hint in hints)
        if not uris:
            return 0
        with self._catalog.write() as tx:
            found = sum(tx.restores.hasten(uri, self._clock()) for uri in uris)
            looks = self._changed(tx, dict.fromkeys(hint.uri for hint in hints if hint.is_change))
        get(__name__).debug("bucket_events", events=len(hints), restores=found, looks=looks)
        return found

    def _receive(self) -> "list[MessageTypeDef]":
        try:
            reply = self._client.receive_message(
                QueueUrl=self._queue_url, MaxNumberOfMessages=_MOST, WaitTimeSeconds=0
            )
        except (BotoCoreError, ClientError) as error:
            raise StorageUnreachable(f"The event queue does not answer: {error}.") from error
        return list(reply.get("Messages", ()))

    def _delete(self, messages: "list[MessageTypeDef]") -> None:
        entries = [
            {"Id": str(number), "ReceiptHandle": message.get("ReceiptHandle", "")}
            for number, message in enumerate(messages)
        ]
        try:
            self._client.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)  # type: ignore[arg-type]
        except (BotoCoreError, ClientError) as error:
            # They come again, which does no harm.
            get(__name__).warning("events_not_deleted", reason=str(error))


def sqs_client(endpoint: S3Endpoint, queue_url: str) -> "SQSClient":
    """Make a client for the server that a queue's address names, with a store's region and credentials.

    Raises:
        StorageUnreachable: boto3 cannot be set up.
    """
    config = Config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=5, read_timeout=20)
    parts = urlsplit(queue_url)
    try:
        return session_of(endpoint.profile).client(
            "sqs", endpoint_url=f"{parts.scheme}://{parts.netloc}", region_name=endpoint.region, config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise StorageUnreachable(f"SQS cannot be used: {error}.", remedy=CREDENTIALS) from error
