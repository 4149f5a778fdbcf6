import pickle

from webapp.domain.errors import Conflict, DomainError, FieldError, NotFound, ResultError, RulesError


def test_an_error_lists_its_fields_in_one_sentence() -> None:
    error = ResultError.listing(
        "Nothing was taken", [FieldError("line 2: kills", "is text"), FieldError("", "too long")]
    )
    assert str(error) == error.message == "Nothing was taken: line 2: kills: is text; too long"
    assert error.fields == (FieldError("line 2: kills", "is text"), FieldError("", "too long"))
    assert error.code == "invalid_result"


def test_each_kind_of_error_has_a_code_and_a_caller_may_give_a_finer_one() -> None:
    assert (NotFound("x").code, Conflict("x").code, RulesError("x").code) == ("not_found", "conflict", "invalid_rules")
    assert Conflict("x", code="stale_version").code == "stale_version"


def test_an_error_survives_the_way_through_a_job_queue() -> None:
    error = RulesError("no", [FieldError("a", "b")], code="special")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own bytes)
    assert isinstance(copy, DomainError)
    assert (type(copy), copy.message, copy.fields, copy.code) == (RulesError, "no", error.fields, "special")
