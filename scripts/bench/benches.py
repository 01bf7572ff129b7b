"""Which benchmarks there are, and what each is given of the test data."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Bench:
    """One benchmark module of this package.

    Attributes:
        title: Heading of its section, where it prints JSON.
        arguments: Its arguments for a folder of test data, which may be absent.
        writes: It writes ``<name>.md`` into ``--out``; else it prints one JSON object.
        needs_testdata: It cannot run without.
        sized: It takes ``--films``: how many films of 50 shots and 100 passages its archive holds.
        module: Of this package; that of its own name where empty.
        by_name: It takes hours, and runs only when it is named.
    """

    title: str
    arguments: Callable[[Path], list[str]]
    writes: bool = True
    needs_testdata: bool = False
    sized: bool = False
    module: str = ""
    by_name: bool = False


BENCHES: dict[str, Bench] = {
    "indexing": Bench("Indexing", lambda data: _given("--media", data / "media")),
    "proxies": Bench(
        "Proxies beside x264's preset", lambda data: ["--media", str(data / "media")], needs_testdata=True
    ),
    "search": Bench(
        "Vector search",
        lambda data: _given("--vectors", data / "eval" / "real_clip_vectors"),
        sized=True,
    ),
    "search_http": Bench(
        "Search over HTTP",
        lambda data: _given("--vectors", data / "eval" / "real_clip_vectors"),
        sized=True,
    ),
    "search_million": Bench(
        "Search over HTTP, a million",
        lambda data: [
            *_given("--vectors", data / "eval" / "real_clip_vectors"),
            *("--films", "20000", "--passages", "50", "--name", "search_million"),
        ],
        sized=True,
        module="search_http",
        by_name=True,
    ),
    "quotes": Bench("Quotes of cold masters", lambda data: []),
    "playback": Bench("Seek to play", lambda data: []),
    "tiering": Bench("Cold storage at scale", lambda data: []),
    "fixity": Bench("Fixity", lambda data: []),
    "subclip": Bench("Parts of masters", lambda data: []),
    "retrieval": Bench(
        "Text to picture on real stills",
        lambda data: [
            "--eval", str(data / "eval" / "flickr8k_dev"),
            "--original", f"local-dir:{data / 'models' / 'miniclip'}",
        ],
        writes=False,
        needs_testdata=True,
    ),
    "stills": Bench(
        "Stills through the archive, beside the encoder's own exact figure",
        lambda data: [
            "--eval", str(data / "eval" / "flickr8k_dev"),
            "--original", f"local-dir:{data / 'models' / 'miniclip'}",
        ],
        writes=False,
        needs_testdata=True,
    ),
    "lifts": Bench(
        "What a rise above chance is worth",
        lambda data: [
            "--eval", str(data / "eval" / "flickr8k_dev"),
            "--original", f"local-dir:{data / 'models' / 'miniclip'}",
            "--nothing", str(ROOT / "tests" / "eval" / "stills_nothing.toml"),
            *_given("--vectors", data / "eval" / "real_clip_vectors"),
        ],
        needs_testdata=True,
    ),
    "mixtures": Bench(
        "How sure a hit is by words and a picture together",
        lambda data: [
            "--eval", str(data / "eval" / "flickr8k_dev"),
            "--original", f"local-dir:{data / 'models' / 'miniclip'}",
            "--nothing", str(ROOT / "tests" / "eval" / "stills_nothing.toml"),
        ],
        needs_testdata=True,
    ),
    "duplicates": Bench(
        "Near-duplicates",
        lambda data: ["--media", str(data / "media"), "--originals", "12", "--films", "500", "1000", "2500"],
        needs_testdata=True,
    ),
    "speech": Bench(
        "Speech recognition",
        lambda data: ["--clips", str(data / "speech")],
        writes=False,
        needs_testdata=True,
    ),
    "faces": Bench(
        "Same person or not",
        lambda data: ["--pairs", str(data / "faces" / "pairs")],
        writes=False,
        needs_testdata=True,
    ),
}  # fmt: skip


def _given(option: str, folder: Path) -> list[str]:
    return [option, str(folder)] if folder.is_dir() else []
