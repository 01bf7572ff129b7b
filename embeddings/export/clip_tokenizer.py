"""CLIP's byte-pair tokenizer as a ``tokenizer.json``, so that running needs ``tokenizers`` only."""

from typing import Protocol

from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.processors import TemplateProcessing

# The pattern of open_clip's SimpleTokenizer; its marks of start and end are ordinary words of a query here.
WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


class SimpleTokenizer(Protocol):
    """The part of open_clip's tokenizer that is read."""

    encoder: dict[str, int]
    bpe_ranks: dict[tuple[str, str], int]
    sot_token_id: int
    eot_token_id: int


def fast_tokenizer(original: SimpleTokenizer) -> Tokenizer:
    """Build the tokenizer that gives the same ids; text must have been cleaned the original's way."""
    merges = sorted(original.bpe_ranks, key=original.bpe_ranks.__getitem__)
    fast = Tokenizer(BPE(original.encoder, merges, end_of_word_suffix="</w>"))
    fast.pre_tokenizer = Sequence(
        [
            Split(Regex(WORDS), behavior="removed", invert=True),
            ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    start, end = (
        next(token for token, number in original.encoder.items() if number == wanted)
        for wanted in (original.sot_token_id, original.eot_token_id)
    )
    fast.post_processor = TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(start, original.sot_token_id), (end, original.eot_token_id)],
    )
    return fast
