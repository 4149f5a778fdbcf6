import pytest

from webapp.services.accounts import passwords
from webapp.services.accounts.password_advice import ADVICE


@pytest.mark.parametrize(
    "password",
    [
        "password1",
        "qwertyuiop",
        "aaaaaaaaa",
        "abcabcabc",
        "abcdefgh",
        "19871987",
        "P@ssw0rd",
        "drowssap",
        "jennifer",
        "monkey123",
    ],
)
def test_every_advice_is_one_that_can_be_translated(password: str) -> None:
    (problem,) = passwords.problems(password)
    assert problem.message.startswith("is easily guessed. ")
    assert problem.message.removeprefix("is easily guessed. ") in ADVICE
