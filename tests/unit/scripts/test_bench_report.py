"""Reports of benchmarks say what was measured, what was wanted, and whether it was met."""

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.bench.geometry import synthetic_geometry
from scripts.bench.report import Figure, save, table


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("a", 1.0), None),
        (Figure("a", 1.0, "", "at most", 1.0), True),
        (Figure("a", 1.1, "", "at most", 1.0), False),
        (Figure("a", 0.98, "", "at least", 0.98), True),
        (Figure("a", 0.979, "", "at least", 0.98), False),
    ],
)
def test_whether_a_target_was_met(figure: Figure, met: bool | None) -> None:
    assert figure.met is met


def test_both_files_say_the_same(tmp_path: Path) -> None:
    figures = [
        Figure("recall@10", 0.9987, "", "at least", 0.98),
        Figure("p95", 71.25, "ms", "at most", 60.0, "on two cores"),
        Figure("points", 1_234_567.0, "points/s"),
    ]
    as_json, as_markdown = save("search", "Search", figures, tmp_path / "new")
    assert [row["met"] for row in json.loads(as_json.read_text())["figures"]] == [True, False, None]
    assert as_markdown.read_text() == table("Search", figures)
    assert as_markdown.read_text().splitlines()[2:] == [
        "| measured | value | target | |",
        "| --- | ---: | ---: | --- |",
        "| recall@10 | 0.999 | at least 0.98 | met |",
        "| p95 | 71.2 ms | at most 60 ms | **missed**; on two cores |",
        "| points | 1,234,567 points/s |  |  |",
    ]


@pytest.mark.slow
def test_films_are_nearer_to_themselves_than_to_others_in_any_dimension() -> None:
    for geometry in (synthetic_geometry(96), synthetic_geometry(96).squeezed(32)):
        films = list(geometry.films(12, 8, seed=1))
        vectors = np.concatenate(films)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        within = np.mean([(film @ film.T).mean() for film in films])
        assert within > (vectors @ vectors.T).mean() + 0.1
        np.testing.assert_array_equal(films[3], list(geometry.films(12, 8, seed=1))[3])
