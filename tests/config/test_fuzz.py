"""Whatever a file, a `.env` or a variable holds: settings or one clean sentence."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NoReturn

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ehtui.cli.config import flatten, shown
from ehtui.config.errors import ConfigError
from ehtui.config.found import Flags
from ehtui.config.origins import ENVIRONMENT_NAMES
from ehtui.config.resolve import resolve
from ehtui.config.settings import TOP_LEVEL, Section
from ehtui.domain.text import visible

KEYS = sorted({name for section in Section.__subclasses__() for name in section.__struct_fields__})
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(TOP_LEVEL), VALUES, max_size=4)
VARIABLES = st.dictionaries(
    st.sampled_from(sorted(ENVIRONMENT_NAMES.values())),
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)
    | st.sampled_from(
        [
            "Endpoint=sb://x/",
            "AccountName=a",
            "A://[",
            "http://a:b/",
            "AccountKey=YWJj;BlobEndpoint=http://[",
        ]
    ),
)


def is_clean(text: str) -> bool:
    """Whether nothing in it could reach a terminal as a command."""
    return visible(text) == text


def nobody(pid: int) -> NoReturn:
    raise AssertionError(pid)


def outcome(*, yaml_text: str = "", dotenv: str = "", environment: dict[str, str]) -> str:
    """The error's sentence, or the settings as they are shown."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ehtui.yaml").write_text(yaml_text, encoding="utf-8", errors="surrogatepass")
        (folder / ".env").write_text(dotenv, encoding="utf-8", errors="surrogatepass")

        try:
            found = resolve(Flags(), environment=environment, folder=folder, look_into=nobody)
        except ConfigError as error:
            return error.summary

        return " ".join(shown(value) for _, value in flatten(found.settings))


@given(DOCUMENTS)
@settings(deadline=None, max_examples=150)
def test_any_document(document: dict[str, object]) -> None:
    assert is_clean(outcome(yaml_text=yaml.safe_dump(document), environment={}))


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_as_yaml(text: str) -> None:
    assert is_clean(outcome(yaml_text=text, environment={}))


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_as_dotenv(text: str) -> None:
    assert is_clean(outcome(dotenv=text, environment={}))


@given(VARIABLES)
@example({"AZURE_STORAGE_ACCOUNT_URL": "A://["})
@example({"AZURE_STORAGE_ACCOUNT_URL": "https://a:b/"})
@example({"AZURE_STORAGE_CONNECTION_STRING": "AccountKey=YWJj;BlobEndpoint=http://["})
@example({"AZURE_STORAGE_CONNECTION_STRING": "AccountKey=YWJj;AccountName= /[ "})
@settings(deadline=None)
def test_any_variables(variables: dict[str, str]) -> None:
    assert is_clean(outcome(environment=variables))
