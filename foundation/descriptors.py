"""What shots can be described by, and how a setting names a choice of it."""

from collections.abc import Mapping

SHOT_SIZE = "shot_size"
"""The descriptor that goes by the height of faces."""

DESCRIPTORS: Mapping[str, bool] = {
    **dict.fromkeys(("black_and_white", "camera_movement", "colour", "silence"), True),
    **dict.fromkeys((SHOT_SIZE, "time_of_day"), False),
}
"""Every descriptor, and whether it is on unless asked: where precision and recall reach 0.8."""

_DEFAULTS = "default"
_SWITCHES = ("true", "false", "on", "off", "yes", "no", "t", "f", "y", "n", "1", "0")


def names_in(asked: object) -> object:
    """Read names written with commas between them as names; what else is asked for is left as it is.

    Raises:
        ValueError: There is no descriptor of such a name.
    """
    if isinstance(asked, str) and asked.strip().lower() not in _SWITCHES:
        asked = [name.strip() for name in asked.split(",") if name.strip()]
    for name in asked if isinstance(asked, list | tuple) else ():
        if name not in (_DEFAULTS, *DESCRIPTORS):
            known = ", ".join(sorted(DESCRIPTORS))
            raise ValueError(f"{name!r} is no descriptor: write true, false, {_DEFAULTS} or some of {known}")
    return asked


def chosen(asked: bool | tuple[str, ...]) -> frozenset[str]:  # noqa: FBT001 - the setting's own type
    """The descriptors that a setting switches on."""
    by_default = frozenset(name for name, on in DESCRIPTORS.items() if on)
    if isinstance(asked, bool):
        return by_default if asked else frozenset()
    named = frozenset(asked)
    return (named - {_DEFAULTS}) | by_default if _DEFAULTS in named else named
