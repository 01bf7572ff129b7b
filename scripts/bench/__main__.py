"""Runs benchmarks, writes docs/reference/benchmarks.md: ``python -m scripts.bench [NAME …]``.

Each benchmark runs in a process of its own. What is measured again replaces its section; the others stay.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.bench.benches import BENCHES, ROOT, Bench
from scripts.bench.report import Figure, table

PAGE = ROOT / "docs" / "reference" / "benchmarks.md"
_HEAD = """# Benchmarks

Written by `make bench`; each section says what was measured and against which target. Ratios and CPU
seconds are taken within one run, so that they can be compared between machines; wall times cannot.
"""
_MARK = re.compile(r"<!-- bench:(\w+) -->\n(.*?)<!-- /bench -->\n", re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for, or everything; returns 1 where a benchmark failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--testdata", type=Path, default=ROOT.parent / "shared" / "testdata")
    parser.add_argument("--films", type=int, help="size of the archives that are searched")
    parser.add_argument("--home", type=Path, help="keep an archive that is searched here, or use it")
    asked = parser.parse_args(arguments)
    unknown = set(asked.names) - BENCHES.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    sections = dict(_MARK.findall(PAGE.read_text(encoding="utf-8"))) if PAGE.exists() else {}
    failed = []
    for name in asked.names or [name for name, bench in BENCHES.items() if not bench.by_name]:
        print(f"{name} …", file=sys.stderr, flush=True)
        section = run(name, BENCHES[name], asked.testdata, asked.films, asked.home)
        if section is None:
            failed.append(name)
        elif section:
            sections[name] = section
            write(sections)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def run(
    name: str, bench: Bench, testdata: Path, films: int | None = None, home: Path | None = None
) -> str | None:
    """Run one benchmark.

    Args:
        name: Module of this package.
        bench: What it is given.
        testdata: Folder of test data, which may be absent.
        films: Size of the archive of those that are sized; None leaves it to them.
        home: Where those that are asked for by name keep their archive; nowhere when None.

    Returns:
        Its section in Markdown; empty where it needs test data that is not there, None where it failed.
    """
    if bench.needs_testdata and not testdata.is_dir():
        print(f"{name}: skipped, {testdata} is not there", file=sys.stderr)
        return ""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", f"scripts.bench.{bench.module or name}", *bench.arguments(testdata)]
        if bench.sized and films is not None:
            command += ["--films", str(films)]
        if bench.by_name and home is not None:
            command += ["--home", str(home)]
        if bench.writes:
            command += ["--out", folder]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
        if done.returncode != 0:
            return None
        if bench.writes:
            return (Path(folder) / f"{name}.md").read_text(encoding="utf-8")
    facts = json.loads(done.stdout[done.stdout.index("{") :])
    return table(bench.title, list(figures_of(facts)))


def figures_of(facts: object, path: tuple[str, ...] = ()) -> Iterator[Figure]:
    """Every number of a JSON document, named by where it stands."""
    if isinstance(facts, dict):
        for key, value in facts.items():
            yield from figures_of(value, (*path, str(key)))
    elif isinstance(facts, list):
        for number, value in enumerate(facts):
            label = (
                str(value.get("clip") or value.get("name") or number)
                if isinstance(value, dict)
                else str(number)
            )
            yield from figures_of(value, (*path, label))
    elif isinstance(facts, int | float) and not isinstance(facts, bool):
        yield Figure(", ".join(path).replace("_", " "), float(facts))


def write(sections: dict[str, str]) -> None:
    """Write the page, sections in the order of the benchmarks."""
    ordered = [name for name in BENCHES if name in sections]
    body = "".join(
        f"\n<!-- bench:{name} -->\n{sections[name].rstrip()}\n<!-- /bench -->\n" for name in ordered
    )
    PAGE.write_text(_HEAD + body, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
