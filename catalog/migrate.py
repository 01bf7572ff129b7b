"""Brings a catalog file's schema up to date; loaded only where that is needed."""

from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError

from catalog.engine import log_kept, translated, writing_engine
from catalog.lock import WriterLock
from catalog.page_watch import PageWatch
from foundation.errors import CatalogCorrupt


def migrate(path: Path, lock: WriterLock) -> None:
    """Make or upgrade the schema in one transaction under the writer lock.

    Raises:
        CatalogCorrupt: The schema is newer than this Rekindle knows.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine, watch = writing_engine(path), PageWatch(path)
    with lock.held():
        try:
            with translated(path), engine.begin() as connection:
                before = watch.begun()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            with translated(path), closing(engine.raw_connection()) as raw:
                watch.written(before)
                watch.fold(raw.cursor(), is_migrated=True)
        except CommandError as error:
            raise CatalogCorrupt(f"{path} was written by a newer Rekindle: {error}.") from error
        finally:
            with log_kept(path):
                engine.dispose()
