"""Fields that settings of providers share: what is forgiven, and that a refusal quotes nothing."""

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from earwitness.fields import Key, web_address


class Model(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    key: Key


def test_a_key_loses_the_blanks_around_it() -> None:
    """Copying leaves blanks and line ends, which no key has."""
    assert Model.model_validate({"key": " abc\n"}).key.get_secret_value() == "abc"


@pytest.mark.parametrize("wrong", ["", " \n", "SECRET MARK", "SECRET\tMARK", "SECRETключ", "SECRET\x00"])
def test_what_is_no_key(wrong: str) -> None:
    """An empty key and one with other characters are refused, without being shown."""
    with pytest.raises(ValidationError) as caught:
        Model.model_validate({"key": wrong})
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("text", ["https://h", "http://127.0.0.1:8080/a?b", "https://[::1]:9/"])
def test_web_addresses(text: str) -> None:
    """The parts of an http or https address."""
    assert web_address(text).geturl() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "h",
        "ftp://h",
        "https://",
        "https://u:p@h",
        "https://h:0",
        "https://h:x",
        "https://h/\n",
        "https://ä",
        "https://[::1",
    ],
)
def test_what_is_no_web_address(text: str) -> None:
    """Other schemes, users, impossible ports and characters are refused."""
    with pytest.raises(ValueError, match="not an http or https address"):
        web_address(text)
