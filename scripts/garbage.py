"""How often Python looks for garbage. Most of what a process holds are modules and models, which all stay."""

import gc

YOUNG_OBJECTS = 10_000
"""New objects after which garbage is looked for (Python: 700). Looking through modules again and again
costs a short command, which mostly loads them, and every search a good part of their processor time."""


def look_seldom() -> None:
    """Look for garbage after :data:`YOUNG_OBJECTS` new objects from now on."""
    gc.set_threshold(YOUNG_OBJECTS)
