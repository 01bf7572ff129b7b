"""Cleaning of queries as open_clip's tokenizers do it before they look at tokens."""

import html
import string
from typing import Literal

import ftfy

Cleaning = Literal["lower", "whitespace", "canonicalize"]


def clean(text: str, how: Cleaning) -> str:
    """Mend broken Unicode, resolve HTML entities and join white space; then lower case or no punctuation."""
    mended = html.unescape(html.unescape(ftfy.fix_text(text)))
    if how == "canonicalize":
        mended = mended.replace("_", " ").translate(str.maketrans("", "", string.punctuation))
    joined = " ".join(mended.split())
    return joined if how == "whitespace" else joined.lower()
