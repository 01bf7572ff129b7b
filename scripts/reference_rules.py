"""The reference page of lifecycle rules, from what their reader accepts."""

from collections.abc import Mapping, Sequence

from archive_tiering.prices.storage_class import FACTS
from archive_tiering.rules.file import CONDITION, FILE, PROJECT, RIGHTS, RULE, TARGET
from archive_tiering.rules.refusals import REFUSALS
from catalog.model import AssetKind, ProjectState

_FILE: Mapping[str, str] = {
    "version": "`1`.",
    "rules": "The rules, in order. **The first one that matches a copy decides**; later ones are not asked.",
    "exceptions": "One condition or a list: what meets one of them is moved by no rule.",
}
_RULE: Mapping[str, str] = {
    "name": "Unique; plans, moves and manifests name it, with the line it stands on.",
    "when": "The condition; all that it names must hold.",
    "unless": "One condition or a list: what meets one of them is not meant. Later rules may still match it.",
    "to": "Where masters go.",
    "pays_back_within": "Time within which a move must earn its one-off cost; `1 year` when missing. Masters "
    "too small for that stay.",
    "allow_early_deletion": "`true` moves masters although a minimum stay is not over; plans show the fee.",
}
_TARGET: Mapping[str, str] = {
    "location": "Name of a location; the one that masters are in when missing.",
    "class": f"One of {', '.join(f'`{name}`' for name in FACTS if name != 'VAULT_COLD')}. "
    "For folders and vaults, which have one class, leave it out.",
}
_CONDITION: Mapping[str, str] = {
    "project": "Name or id of a project, a list of them, or a mapping; see below.",
    "location": "Name of a location.",
    "path": "Pattern of the path within the location: `*` and `?` stay within a folder, `**` crosses "
    "folders. Without a slash it is held against the file's name.",
    "label": "Value of a statement `label` or `keyword`, whoever made it; case does not count.",
    "kind": f"One of {', '.join(f'`{kind.value}`' for kind in AssetKind)}.",
    "class": "The storage class that a copy lies in now.",
    "rights": f"One of {', '.join(f'`{name}`' for name in RIGHTS)}: some right is in force, there were some, "
    "there never were any.",
    "age": "Time since the newest of its objects was written.",
    "last_use": "Time since the last restore or lease of the asset; without any, its age. Playing a proxy "
    "is no use of the master.",
    "size": "Bytes of all objects of the copy.",
}
_PROJECT: Mapping[str, str] = {
    "name": "Name or id; any project when missing.",
    "state": f"One of {', '.join(f'`{state.value}`' for state in ProjectState)}.",
    "for": "How long it has been in that state.",
}


def rules_page() -> str:
    """Return the page of lifecycle rules."""
    lines = [
        "# Lifecycle rules",
        "",
        "A YAML file: `tiering.yaml` in the home, or what `REKINDLE_TIERING__RULES` names. "
        "[How to write one](../how-to/tiering-rules.md).",
        "Whatever is wrong with it is told with file and line, all at once.",
        "",
        *_table("The file", FILE, _FILE),
        *_table("A rule", RULE, _RULE),
        *_table("`to`", TARGET, _TARGET),
        *_table("A condition", CONDITION, _CONDITION),
        "Each takes one value or a list. Lists of names mean *any of these*; of comparisons, *all of these*.",
        "",
        *_table("`project` as a mapping", PROJECT, _PROJECT),
        "## Values",
        "",
        "- **Time**: `12 hours`, `30 days`, `2 weeks`, `6 months` (of 30 days), `1 year` (of 365).",
        "- **Sizes**: `500 MB`, `1.5 GB`; KB, MB, GB and TB are powers of 1,024, as storage is billed.",
        "- **Comparisons** (`age`, `last_use`, `size`): `>= 30 days`, `> 1 GB`, `<= 1 year`, `< 10 TB`;",
        "  without a sign, *at least*. Quote those that begin with a sign.",
        "",
        "## What stays, whatever the rules say",
        "",
        "| reason | meaning |",
        "| --- | --- |",
        *[f"| `{code}` | {sentence} |" for code, sentence in REFUSALS.items()],
        "",
    ]
    return "\n".join(lines)


def _table(title: str, keys: Sequence[str], about: Mapping[str, str]) -> list[str]:
    rows = [f"| `{key}` | {about[key]} |" for key in keys]
    return [f"## {title}", "", "| key | meaning |", "| --- | --- |", *rows, ""]
