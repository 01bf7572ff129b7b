"""What signals hand to fusion, and what of it need not be asked again."""

from foundation.ids import AssetId
from search_api.services.evidence import ON, Evidence, Ranking, SignalAnswer

ONE, OTHER = AssetId("ast_1"), AssetId("ast_2")


def ranking(name: str, *, is_full: bool = False) -> Ranking:
    return Ranking(name, 1.0, [Evidence("name", asset, 1.0) for asset in (ONE, OTHER, ONE)], is_full)


def test_a_ranking_that_holds_all_there_is_holds_all_there_is_of_some_assets() -> None:
    answer = SignalAnswer("name", ON, (ranking("name"), ranking("called", is_full=True)), ("a note",))
    settled = answer.settled({ONE})
    assert [(item.name, [one.asset for one in item.evidence]) for item in settled.rankings] == [
        ("name", [ONE, ONE])
    ]
    assert (settled.state, settled.notes) == (ON, ("a note",))


def test_a_part_is_known_where_all_its_rankings_are() -> None:
    answer = SignalAnswer("speech", ON, (ranking("speech"), ranking("meaning")))
    part = answer.part(("meaning",))
    assert part is not None
    assert [item.name for item in part.rankings] == ["meaning"]
    assert answer.part(("meaning", "visual")) is None
    assert SignalAnswer("speech", "off: why").part(("speech",)) is None
