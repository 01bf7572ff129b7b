"""An empty catalog to begin with: making one by migrations takes longer than most tests."""

import tempfile
from functools import cache
from pathlib import Path

from catalog.factory import open_catalog
from foundation.home import Home


def with_catalog(home: Home) -> Home:
    """Create a home and, where it has none, a catalog as :func:`catalog.factory.open_catalog` makes it."""
    home.create()
    if not home.catalog.exists():
        home.catalog.write_bytes(_empty())
    return home


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        open_catalog(home).close()
        return home.catalog.read_bytes()
