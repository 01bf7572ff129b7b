"""Opening a catalog: fresh, known, damaged, foreign, without space, without permission."""

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import catalog.migrations
from catalog.engine import reading_engine, writing_engine
from catalog.factory import open_catalog
from catalog.lock import WriterLock
from catalog.model import AssetState
from catalog.query import AssetFilter
from catalog.repository import Catalog
from catalog.tables import SCHEMA_REVISION, metadata
from embeddings.encoder import stage_of
from foundation.errors import (
    CatalogBusy,
    CatalogCorrupt,
    InputError,
    NoSpace,
    ObjectUnreadable,
    StateConflict,
)
from foundation.home import Home
from foundation.ids import AssetId, LocationId, PrincipalId
from tests.contract.catalog.examples import location, register, say

SCRIPTS = Path(catalog.migrations.__file__).parent


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "a home % with ? and #")


def fill(store: Catalog, texts: int = 1) -> AssetId:
    place = location()
    with store.write() as writer:
        writer.locations.add(place)
        asset = register(writer, place, "a.mp4")
        say(writer, asset, *[f"sentence {n} about nothing in particular." for n in range(texts)])
    return asset.id


def test_the_revision_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA_REVISION


def test_migrating_gives_the_tables_that_the_code_reads(home: Home) -> None:
    open_catalog(home).close()
    engine = reading_engine(home.catalog)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        found = [step for step in compare_metadata(context, metadata) if not _full_text(step)]
    engine.dispose()
    assert found == []


def _full_text(step: object) -> bool:
    return (
        isinstance(step, tuple)
        and step[0] == "remove_table"
        and ("_stems" in step[1].name or "_exact" in step[1].name)
    )


def test_opening_again_keeps_everything_and_loads_no_migration_tool(home: Home) -> None:
    with closing(open_catalog(home)) as store:
        fill(store)
    code = (
        "import sys, time, pathlib\n"
        "from catalog.factory import open_catalog\n"
        "from foundation.home import Home\n"
        "start = time.process_time()\n"
        f"store = open_catalog(Home(pathlib.Path({str(home.root)!r})))\n"
        "took = time.process_time() - start\n"
        "assert 'alembic' not in sys.modules\n"
        "assert took < 0.1, took\n"
        "store.close()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with closing(open_catalog(home)) as store, store.read() as view:
        assert view.assets.count(AssetFilter()) == 1


def test_a_newer_schema_is_left_alone(home: Home) -> None:
    open_catalog(home).close()
    with closing(sqlite3.connect(home.catalog)) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    before = home.catalog.read_bytes()
    with pytest.raises(CatalogCorrupt, match="newer"):
        open_catalog(home)
    assert home.catalog.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all" * 500, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_file_that_is_no_catalog_is_said_so(home: Home, content: bytes) -> None:
    home.create()
    home.catalog.write_bytes(content)
    with pytest.raises(CatalogCorrupt):
        open_catalog(home)


def test_damage_is_found_by_the_check(home: Home) -> None:
    with closing(open_catalog(home)) as store:
        fill(store, 400)
    damaged = bytearray(home.catalog.read_bytes())
    damaged[-4096:-2048] = b"\xa5" * 2048
    home.catalog.write_bytes(damaged)
    with closing(open_catalog(home)) as store:
        assert any("catalog.db" in sentence for sentence in store.check())


def fill_the_disk(store: Catalog, asset_id: AssetId) -> None:
    """Write until SQLite meets the limit of pages that stands in for the disk's end."""
    with store.write() as writer:
        connection = writer.assets._session.connection  # type: ignore[attr-defined]
        connection.exec_driver_sql("PRAGMA max_page_count=1").close()
        say(writer, writer.assets.get(asset_id), *["many words " * 100] * 100)


def test_a_full_disk_is_said_so_and_loses_nothing(home: Home) -> None:
    with closing(open_catalog(home)) as store:
        asset_id = fill(store)
    with closing(open_catalog(home)) as store:
        with pytest.raises(NoSpace):
            fill_the_disk(store, asset_id)
        with store.read() as view:
            assert len(view.facts.cues(asset_id)) == 1
    with closing(open_catalog(home)) as store:
        assert store.check() == []


def test_a_home_that_may_not_be_written_is_said_so(home: Home) -> None:
    home.create()
    home.catalog.mkdir()
    with pytest.raises(ObjectUnreadable):
        open_catalog(home)


def test_a_second_writer_gives_up_in_time(home: Home) -> None:
    with closing(open_catalog(home, lock_seconds=0.2)) as store:
        asset_id = fill(store)
        other = WriterLock(home.writer_lock, 5)
        with other.held():
            start = time.monotonic()
            with pytest.raises(CatalogBusy), store.write():
                pass
            assert 0.1 < time.monotonic() - start < 60
            with store.read() as view:
                assert view.assets.get(asset_id).state == AssetState.PRESENT
        with store.write() as writer:
            writer.assets_writer.mark_indexed(asset_id)


def test_a_write_inside_a_write_is_refused_at_once(home: Home) -> None:
    with closing(open_catalog(home)) as store, store.write() as writer:
        with pytest.raises(StateConflict), store.write():
            pass
        writer.locations.add(location())


def test_threads_take_turns(home: Home) -> None:
    with closing(open_catalog(home)) as store:

        def work(number: int) -> None:
            for step in range(10):
                with store.write() as writer:
                    writer.audit.append(PrincipalId(f"prn_{number}"), "count", str(step), {})

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with store.read() as view:
            assert len(view.audit.tail(100)) == 40
            assert view.audit.verify() is None


def test_a_snapshot_stays_as_it_was(home: Home) -> None:
    with closing(open_catalog(home)) as store, store.read() as before:
        fill(store)
        assert before.assets.count(AssetFilter()) == 0
        assert before.locations.all() == []
        with store.read() as after:
            assert after.assets.count(AssetFilter()) == 1


def test_a_reader_cannot_write(home: Home) -> None:
    with closing(open_catalog(home)) as store, pytest.raises(ObjectUnreadable), store.read() as view:
        view.people.add("Ada")


def test_a_closed_catalog_says_so(home: Home) -> None:
    store = open_catalog(home)
    store.close()
    store.close()
    with pytest.raises(StateConflict, match="closed"), store.read():
        pass


def test_text_that_is_no_text_is_bad_input(home: Home) -> None:
    with closing(open_catalog(home)) as store, pytest.raises(InputError), store.read() as view:
        view.locations.by_id(LocationId("\ud800"))


def test_rows_say_on_whose_behalf_they_were_written(home: Home) -> None:
    with closing(open_catalog(home)) as store, store.write(PrincipalId("prn_ada")) as writer:
        writer.locations.add(location())
    with closing(sqlite3.connect(home.catalog)) as raw:
        found = raw.execute("SELECT principal, collection, project FROM locations").fetchall()
        defaults = [
            raw.execute(f"SELECT id FROM {table}").fetchone()[0]
            for table in ("principals", "collections", "projects")
        ]
    assert found == [("prn_ada", "col_default", "prj_default")]
    assert defaults == ["prn_local", "col_default", "prj_default"]


def test_the_audit_shows_what_was_altered_and_refuses_to_be(home: Home) -> None:
    with closing(open_catalog(home)) as store, store.write() as writer:
        for number in range(5):
            writer.audit.append(PrincipalId("prn_local"), "test", str(number), {})
    with closing(sqlite3.connect(home.catalog)) as raw:
        for statement in ("UPDATE audit SET subject = 'x' WHERE seq = 3", "DELETE FROM audit WHERE seq = 3"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                raw.execute(statement)
        raw.execute("DROP TRIGGER audit_no_update")
        raw.execute("UPDATE audit SET subject = 'x' WHERE seq = 3")
        raw.commit()
    with closing(open_catalog(home)) as store:
        assert store.check() == ["The audit trail was altered at entry 3."]


def test_the_log_is_folded_back_while_writing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.sql.CHECKPOINT_BYTES", 1 << 20)
    log = home.root / "catalog.db-wal"
    with closing(open_catalog(home)) as store:
        asset_id = fill(store)
        sizes = []
        for _ in range(30):
            with store.write() as writer:
                say(writer, writer.assets.get(asset_id), *["many different words " * 50] * 40)
            sizes.append(log.stat().st_size)
        with store.read() as view:
            assert len(view.facts.cues(asset_id)) == 40
    assert max(sizes) < 3 << 20
    assert 0 in sizes


def test_a_copied_file_opens_without_its_log(home: Home, tmp_path: Path) -> None:
    with closing(open_catalog(home)) as store:
        fill(store)
    copy = Home(tmp_path / "copy").create()
    shutil.copy(home.catalog, copy.catalog)
    with closing(open_catalog(copy)) as store, store.read() as view:
        assert view.assets.count(AssetFilter()) == 1


def take_back(home: Home, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    engine = writing_engine(home.catalog)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()


def test_stages_of_an_older_home_name_their_encoder_afterwards(home: Home) -> None:
    with closing(open_catalog(home)) as store:
        fill(store)
        with store.read() as view:
            (asset_id,) = view.assets.select(AssetFilter())
    take_back(home, "0003")
    rows = [("visual", f"1+1+27+1+{'a' * 64}"), ("meaning", f"1+{'b' * 64}"), ("words", f"1+{'c' * 64}")]
    with closing(sqlite3.connect(home.catalog)) as raw, raw:
        for stage, version in rows:
            raw.execute(
                "INSERT INTO stage_runs (asset_id, stage, version, input_digest, finished_at) "
                "VALUES (?, ?, ?, 'x', '2026-01-01 00:00:00')",
                (asset_id, stage, version),
            )
    with closing(open_catalog(home)) as store, store.read() as view:
        found = {name: run.version for name, run in view.facts.stage_runs(asset_id).items()}
    assert found == {
        stage_of("visual", "a" * 64): rows[0][1],
        stage_of("text", "b" * 64): rows[1][1],
        "words": rows[2][1],
    }


def test_a_compacted_catalog_holds_nothing_that_was_deleted(home: Home) -> None:
    with closing(open_catalog(home)) as store:
        asset = fill(store, 50)
        with store.write() as writer:
            writer.people.remove(writer.people.add("Zaphodine Beeblebrox").id)
            writer.facts_writer.replace_words(asset, [], [])
        with store.read() as view:
            assert view.people.all() == []
        store.compact()
        files = [path for path in home.root.rglob("catalog.db*") if path.is_file()]
        assert [path for path in files if b"Zaphodine" in path.read_bytes()] == []
        with store.read() as view:
            assert view.assets.count(AssetFilter()) == 1
        assert store.check() == []


@pytest.mark.slow
def test_a_catalog_whose_readers_hold_on_is_not_compacted_in_part(home: Home) -> None:
    with closing(open_catalog(home)) as store:
        fill(store)
        with store.read(), pytest.raises(CatalogBusy):
            store.compact()
        store.compact()
        assert store.check() == []
