import pickle

import pytest

from webapp.domain.errors import NotFound
from webapp.domain.wording import worded


def test_a_worded_sentence_is_its_english_and_knows_its_parts() -> None:
    sentence = worded("There is no match %(id)s.", id=7)
    assert sentence == "There is no match 7."
    assert (sentence.pattern, sentence.values) == ("There is no match %(id)s.", {"id": 7})


def test_an_error_keeps_the_parts_of_its_sentence_between_processes() -> None:
    error = pickle.loads(pickle.dumps(NotFound(worded("There is no match %(id)s.", id=7))))  # noqa: S301  (our own bytes)
    assert (error.message, error.message.values) == ("There is no match 7.", {"id": 7})


def test_a_value_that_is_missing_is_a_mistake_at_once() -> None:
    with pytest.raises(KeyError):
        worded("There is no match %(id)s.", number=7)
