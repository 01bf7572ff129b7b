"""A process that writes to a catalog and says on its standard output what was acknowledged.

Usage: python -m tests.faults.catalog.writing_process HOME LOCATION PREFIX COUNT [hold]
"""

import sys
import time
from pathlib import Path

from catalog.factory import open_catalog
from foundation.home import Home
from tests.contract.catalog.examples import register, say, vectors


def main() -> None:
    home, place, prefix, count = Home(Path(sys.argv[1])), sys.argv[2], sys.argv[3], int(sys.argv[4])
    store = open_catalog(home)
    for number in range(count):
        with store.write() as writer:
            location = writer.locations.get(place)
            asset = register(writer, location, f"{prefix}/{number}.mp4")
            say(writer, asset, *[f"{prefix} sentence {n} of number{number}." for n in range(20)])
            writer.facts_writer.put_vectors(vectors(asset))
            if sys.argv[5:] == ["hold"]:
                sys.stdout.write("holding\n")
                sys.stdout.flush()
                time.sleep(60)
        sys.stdout.write(f"{prefix}/{number}.mp4\n")
        sys.stdout.flush()
    store.close()


main()
