"""The demo keeps its promises: what it may ask."""

import pytest

from scripts.demo.archive import CLIPS
from scripts.demo.questions import QUESTIONS, content_words


def stems(text: str) -> set[str]:
    """Content words without their endings, as full text compares them."""
    return {word[:4] for word in content_words(text)}


TOLD = {stem for clip in CLIPS for stem in stems(f"{clip.name} {clip.title}")}


def test_there_are_enough_clips_and_half_of_them_are_cold() -> None:
    assert len(CLIPS) >= 12
    assert sum(clip.shelf == "vault" for clip in CLIPS) == len(CLIPS) / 2


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.words)
def test_no_question_shares_a_word_with_a_name_or_title(question: object) -> None:
    assert content_words(question.words)  # type: ignore[attr-defined]
    assert not stems(question.words) & TOLD  # type: ignore[attr-defined]


def test_pictures_answer_most_questions() -> None:
    by_picture = [question for question in QUESTIONS if question.by == "visual"]
    assert len(by_picture) >= 4
    assert len(by_picture) * 2 >= len(QUESTIONS)


def test_clips_answered_by_picture_hold_no_words() -> None:
    clips = {clip.name: clip for clip in CLIPS}
    assert not [q for q in QUESTIONS if q.by == "visual" and clips[q.clip].lines]
    assert all(clips[q.clip].lines for q in QUESTIONS if q.by == "speech")


def test_titles_and_captions_are_not_the_questions() -> None:
    assert len({clip.title for clip in CLIPS}) == len(CLIPS)
    assert len({clip.name for clip in CLIPS}) == len(CLIPS)
