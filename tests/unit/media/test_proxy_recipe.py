"""Which encoder settings a proxy gets."""

import pytest

from foundation.settings import MediaSettings
from media.proxy import TRIMMED, ProxyRecipe


@pytest.mark.parametrize(("preset", "x264"), [("veryfast", TRIMMED), ("medium", ""), ("ultrafast", "")])
def test_only_the_default_preset_is_made_leaner(preset: str, x264: str) -> None:
    recipe = ProxyRecipe.from_settings(MediaSettings(proxy_preset=preset))
    assert (recipe.preset, recipe.x264) == (preset, x264)


def test_the_settings_as_they_come_are_the_recipe_as_it_comes() -> None:
    assert ProxyRecipe.from_settings(MediaSettings()) == ProxyRecipe()
