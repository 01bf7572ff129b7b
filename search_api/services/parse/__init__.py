"""What a person typed: steps, alternatives, words, phrases, filters, exclusions. Pure and total."""

from search_api.services.parse.fields import Problem, Reader
from search_api.services.parse.grammar import MOST_CLAUSES, steps_of
from search_api.services.parse.model import WITHIN, Clause, Condition, ExcludedText, Query, Scope, Step
from search_api.services.parse.scan import tokens_of
from search_api.services.parse.words import LONGEST_QUERY, NO_TEXT, ParsedText, cleaned, read_words, straight

__all__ = [
    "LONGEST_QUERY",
    "MOST_CLAUSES",
    "NO_TEXT",
    "WITHIN",
    "Clause",
    "Condition",
    "ExcludedText",
    "ParsedText",
    "Problem",
    "Query",
    "Scope",
    "Step",
    "parse_query",
    "read_words",
]


def parse_query(query: str, problem: Problem) -> Query:
    """Read a query. Whatever cannot be understood is text, and the notes say so.

    Args:
        query: As typed.
        problem: Says why a filter's value cannot be used.

    Raises:
        BadQuery: Nothing to search for, or more than :data:`LONGEST_QUERY` characters.
    """
    text = cleaned(query)
    notes: list[str] = []
    literals = list(Reader(problem, notes).settled(tokens_of(straight(text))))
    return Query(text, steps_of(literals, notes), tuple(dict.fromkeys(notes)))
