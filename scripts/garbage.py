"""How often Python looks for garbage. Most of what a process holds are modules and models, which all stay."""

import gc

YOUNG_OBJECTS = 10_000
"""New objects after which garbage is looked for (Python: 700). Looking through modules again and again was a
seventh of a short command's processor time, and a tenth of a search's."""


def look_seldom() -> None:
    """Look for garbage after :data:`YOUNG_OBJECTS` new objects from now on."""
    gc.set_threshold(YOUNG_OBJECTS)
