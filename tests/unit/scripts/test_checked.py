"""What was typed is checked before it is sent."""

import pytest

from foundation.errors import InputError
from scripts.checked import checked
from search_api.schemas_knowledge import NewRight, NewStatement


def test_what_makes_sense_is_passed_on() -> None:
    assert checked(NewStatement, {"field": "label", "value": "x"}) == NewStatement(field="label", value="x")


@pytest.mark.parametrize(
    ("shape", "typed", "words"),
    [
        (NewStatement, {"field": "label", "value": ""}, "value: String should have at least 1 character."),
        (NewStatement, {"field": "description", "value": "x", "in_frame": 9, "out_frame": 3}, "ends before"),
        (NewRight, {"kind": "owned", "out_frame": 9}, "That makes no sense: give both ends"),
    ],
)
def test_what_makes_none_is_told_in_words(
    shape: type[NewStatement], typed: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        checked(shape, typed)
