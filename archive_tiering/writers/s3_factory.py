"""Which writer of a bucket goes with which way of moving."""

from archive_tiering.prices.moving import Way
from archive_tiering.s3.store import s3_client
from archive_tiering.stores.object_store import ObjectStore
from archive_tiering.writers.master_writer import MasterWriter
from archive_tiering.writers.s3 import S3Bucket, S3Writer
from archive_tiering.writers.s3_copying import Limits
from archive_tiering.writers.s3_in_place import S3InPlace, S3Tagger
from catalog.model import Location
from foundation.settings import Settings


def open_bucket(location: Location, way: Way, store: ObjectStore, settings: Settings) -> MasterWriter:
    """Open the writer of a location at ``s3://bucket/prefix``, with its own settings."""
    name, _, prefix = location.uri.removeprefix("s3://").partition("/")
    client = s3_client(settings.s3.endpoint(location.name))
    bucket = S3Bucket(client, name, prefix, store, egress=settings.counts_egress(location.name))
    if way is Way.TAG:
        return S3Tagger(bucket)
    if way is Way.IN_PLACE:
        return S3InPlace(bucket)
    if way is Way.STORE_COPY:
        return S3Writer(bucket, copies=True, limits=Limits())
    return S3Writer(bucket, copies=False)
