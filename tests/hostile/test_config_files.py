"""Files that explode, and files of other programs: told in a sentence, or passed over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehtui.config.errors import ConfigError
from ehtui.config.found import Flags, Resolved
from ehtui.config.own_files import parse_dotenv, read_dotenv
from ehtui.config.process_settings import look_into
from ehtui.config.resolve import resolve
from ehtui.config.yaml_file import read_texts, read_yaml
from tests.hostile.measuring import MEGABYTE, peak_bytes

KEY = "c2VjcmV0LXZhbHVl"
HUB = f"Endpoint=sb://own.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
OWN = "eventhub: {name: own}\n"


def doubled(lines: int) -> str:
    """Each line is the one before twice: thirty of them are a gigabyte."""
    return "A0=xxxxxxxx\n" + "".join(f"A{n}=${{A{n - 1}}}${{A{n - 1}}}\n" for n in range(1, lines))


def resolved(folder: Path, text: str = "", dotenv: str = "") -> Resolved:
    (folder / "config.yaml").write_text(text)

    if dotenv:
        (folder / ".env").write_text(dotenv)

    return resolve(Flags(), environment={}, folder=folder, look_into=look_into)


def test_an_exponential_dotenv_does_no_harm_and_does_not_stop_it(tmp_path: Path) -> None:
    dotenv = doubled(60) + "EVENTHUB_NAME=own\n"
    told: list[Resolved] = []

    assert peak_bytes(lambda: told.append(resolved(tmp_path, dotenv=dotenv))) < 8 * MEGABYTE
    assert told[0].settings.eventhub.name == "own"
    assert any("cannot be understood" in note for note in told[0].notes)


def test_a_large_dotenv_takes_the_time_of_its_lines(tmp_path: Path) -> None:
    """Not of their square: all that was set before is not copied for each."""
    lines = "".join(f"NAME_{n}=v\n" for n in range(40_000))
    found = parse_dotenv(lines.encode(), tmp_path, ".env", dict.fromkeys(map(str, range(5000)), ""))

    assert len(found.variables) == 40_000


FOREIGN = {
    "an unknown tag": "app: !ENV ${SECRET}\n",
    "a tag of CloudFormation": "Resources: {A: !Ref B, C: !Sub '${D}', E: !GetAtt [F, G]}\n",
    "a tag of Python": "app: !!python/object/apply:os.system ['touch hacked']\n",
    "a module of Python": "app: !!python/module:antigravity\n",
    "a tag with a URI": "app: !<tag:example.com,2026:x> {a: 1}\n",
    "a tag of Home Assistant": "light: !include light.yaml\npassword: !secret x\n",
    "aliases without number": "a: &a [1, 1]\n"
    + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    ),
    "maps of maps of maps": "k0: &k0 {x: 1, y: 2}\n"
    + "".join(f"k{n + 1}: &k{n + 1} {{p: *k{n}, q: *k{n}}}\n" for n in range(20)),
    "merges of merges": "k0: &k0 {x: 1}\n"
    + "".join(f"k{n + 1}: &k{n + 1} {{<<: [*k{n}, *k{n}]}}\n" for n in range(40)),
    "an alias that holds itself": "a: &a {again: *a}\n",
    "a number of a mile": f"n: {'9' * 6000}\n",
    "a number of hours": f"n: {'1:' * 5000}1\n",
    "hexadecimal": f"n: 0x{'f' * 6000}\n",
    "a date that is none": "d: 2026-13-45\n",
    "a moment that is none": "d: 2026-11-31T25:61:61Z\n",
    "the year 0": "d: 0000-01-01\n",
    "a float that is none": "f: [1e400, -1e400, .inf, .nan, 1_.e5]\n",
    "a key that is a list": "? [a, b]\n: c\n",
    "a key that is a map": "a: {? {b: c} : d}\n",
    "keys twice": "a: {b: 1, b: 2}\nc: 1\nc: 2\n",
    "binary that is none": "b: !!binary 'no base64!'\n",
    "a set that is none": "s: !!set [a, b]\n",
    "pairs that are none": "s: !!omap [a, b]\nt: !!pairs x\n",
    "a bool that is none": "s: !!bool maybe\ni: !!int many\n",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_what_other_programs_have_in_theirs_does_not_stop_it(tmp_path: Path, text: str) -> None:
    told: list[Resolved] = []

    assert peak_bytes(lambda: told.append(resolved(tmp_path, OWN + text))) < 8 * MEGABYTE
    assert told[0].settings.eventhub.name == "own"
    assert not (tmp_path / "hacked").exists()
    assert not Path("hacked").exists()
    assert peak_bytes(lambda: read_texts((OWN + text).encode(), "config.yaml")) < 30 * MEGABYTE


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_in_its_own_sections_it_is_told_where(tmp_path: Path, text: str) -> None:
    """Or taken for what it is: a text, a number."""
    own = "test_events:\n  e:\n    body:\n" + "".join(
        f"      {line}\n" for line in text.splitlines()
    )

    told: list[str] = []

    def run() -> None:
        try:
            resolved(tmp_path, own)
        except ConfigError as error:
            told.append(error.summary)

    assert peak_bytes(run) < 60 * MEGABYTE
    assert all("config.yaml" in summary or "test_events" in summary for summary in told)
    assert all(len(summary) < 400 for summary in told)
    assert not (tmp_path / "hacked").exists()


def test_sections_that_are_merged_in_still_count(tmp_path: Path) -> None:
    text = "base: &base\n  eventhub: {name: merged}\n<<: *base\n"

    assert resolved(tmp_path, text).settings.eventhub.name == "merged"


DEEP = {
    "brackets": "a: " + "[" * 50_000,
    "closed brackets": "a: " + "[" * 20_000 + "]" * 20_000,
    "braces": "a: " + "{a: " * 20_000,
    "dashes": "- " * 50_000,
    "questions": "? " * 50_000,
    "indents": "".join(" " * n + "a:\n" for n in range(300)),
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_what_is_nested_without_an_end_is_told_at_once(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="nested too deep"):
        resolved(tmp_path, text)

    with pytest.raises(ConfigError, match="nested too deep"):
        read_texts(text.encode(), "config.yaml")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (key, value)
        for key in ("lease.expires_after_s", "poll.hub_s", "poll.store_s")
        for value in (
            "1e400", ".inf", "-.inf", ".nan", "-1", "0", "9" * 400, "9" * 6000, "0x" + "f" * 50,
            "0x" + "f" * 6000, "1:1:1:1:1:1:1:1:1", "2026-01-01", "true", "[1]", "'x'",
        )
    ],
)  # fmt: skip
def test_a_number_out_of_range_is_told_by_its_key(tmp_path: Path, key: str, value: str) -> None:
    section, name = key.split(".")

    with pytest.raises(ConfigError, match=key) as caught:
        resolved(tmp_path, f"{section}: {{{name}: {value}}}\n")

    assert len(caught.value.summary) < 300


@pytest.mark.parametrize(
    "key",
    [
        "read_only", "eventhub", "eventhub.aliases", "eventhub.name", "checkpoint_store.layout",
        "lease.groups", "consumers", "consumers.a.match", "consumers.a.command",
        "test_events.a.properties", "poll.hub_s", "ui.keymap", "ui.sort", "env_file",
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", ['"\\uD800"', '["\\uD800"]', '{"\\uD800": "\\uDFFF"}', "${BYTE}"])
def test_half_a_character_is_no_fault_of_ehtui(tmp_path: Path, key: str, text: str) -> None:
    lines = [f"{'  ' * depth}{name}:" for depth, name in enumerate(key.split("."))]

    with suppress(ConfigError):
        (tmp_path / "config.yaml").write_text("\n".join(lines) + f" {text}\n")
        resolve(Flags(), environment={"BYTE": "\udcff"}, folder=tmp_path, look_into=look_into)


NO_PATHS = ["x" * 5000, "~nobody-of-that-name/x", "a\0b", "file/x", "\udcff"]


@pytest.mark.parametrize("path", NO_PATHS, ids=ascii)
def test_what_can_be_no_path_is_told_by_its_name(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()

    for flags in (Flags(config=path), Flags(env_file=path)):
        with pytest.raises(ConfigError, match=r"^--.* (does not exist|cannot be read)"):
            resolve(flags, environment={}, folder=tmp_path, look_into=look_into)

    with pytest.raises(ConfigError, match=r"env_file|config\.yaml"):
        resolved(tmp_path, f"env_file: {json.dumps(path)}\n")

    with suppress(ConfigError):
        resolved(tmp_path, f"consumers: {{a: {{match: x, cwd: {json.dumps(path)}}}}}\n")

    # Nobody named this place: what is not there is not looked at.
    missing = tmp_path / "missing"
    settings = resolve(Flags(), environment={"HOME": path}, folder=missing, look_into=look_into)

    assert not settings.origins


@pytest.mark.parametrize("pattern", ["a{99999999999999999999}", "(" * 9000 + ")" * 9000, "["])
def test_a_pattern_that_is_none_is_told(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ConfigError, match="not a regular expression"):
        resolved(tmp_path, f"consumers: {{a: {{match: '{pattern}'}}}}\n")


def test_files_without_an_end_are_read_to_a_limit(tmp_path: Path) -> None:
    for read in (
        lambda: read_yaml(Path("/dev/zero"), "--config"),
        lambda: read_dotenv(Path("/dev/zero"), "--env-file", {}),
    ):

        def run(read: object = read) -> None:
            with pytest.raises(ConfigError, match="larger than"):
                read()  # type: ignore[operator]

        assert peak_bytes(run) < 8 * MEGABYTE

    large = tmp_path / "large.yaml"
    large.write_text("a: b\n" * 400_000)

    with pytest.raises(ConfigError, match="larger than"):
        read_yaml(large, "large.yaml")


def test_a_pipe_will_do(tmp_path: Path) -> None:
    """As from a shell's `<( … )`."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'w').write({OWN!r})"])

    assert read_yaml(pipe, "pipe").sections["eventhub"] == {"name": "own"}
    writer.wait()


@contextmanager
def process(folder: Path, *words: str, **variables: str) -> Iterator[int]:
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()", *words],
        cwd=folder,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    try:
        assert child.stdout
        child.stdout.readline()
        yield child.pid
    finally:
        child.communicate()


BOMBS = {
    **{name: (text, "") for name, text in FOREIGN.items()},
    **{name: (text, "") for name, text in DEEP.items()},
    "an exponential .env": ("", doubled(60)),
    "a text of a mile": ("", "NAME=" + "EVENTHUB" * 10_000 + "\n"),
    "a name of a mile": ("", "EVENTHUB" * 10_000 + "=x\n"),
    "many lines": ("", "EVENTHUB_NAME_X=v\n" * 10_000),
    "many keys": ("".join(f"eventhub_name_{n}: v\n" for n in range(5000)), ""),
}


@pytest.mark.parametrize(("text", "dotenv"), BOMBS.values(), ids=BOMBS)
def test_a_strangers_files_cost_a_little(tmp_path: Path, text: str, dotenv: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    (tmp_path / ".env").write_text(dotenv)

    with process(tmp_path, EVENTHUB_CONNECTION_STRING=HUB) as pid:

        def run() -> None:
            assert look_into(pid).values["eventhub.connection_string"].value == HUB

        assert peak_bytes(run) < 40 * MEGABYTE


def test_tags_of_a_strangers_file_are_passed_over(tmp_path: Path) -> None:
    """In `!ENV ${NAME}` the text is what its program reads."""
    (tmp_path / "config.yaml").write_text(
        "eventhub:\n  connection_string: !ENV ${THE_HUB}\n  name: !!str own\n  n: 5\n"
    )

    with process(tmp_path, THE_HUB=HUB) as pid:
        values = look_into(pid).values

    assert values["eventhub.connection_string"].value == HUB
    assert values["eventhub.name"].value == "own"


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.sampled_from(
            [
                "eventhub:", "a:", "  b:", "- ", "&a ", "*a", "<<: *a", "!ENV x", "!!python/none ",
                "{", "}", "[", "]", ",", ": ", "? ", "|\n  x", ">", "'", '"', "\n", " ", "#",
                "%YAML 1.1", "---\n", "...", "1e400", "0x1", "2026-99-99", "~", "\t", "é", "\x00",
                "\ufeff",
            ]
        ),
        max_size=30,
    )
)  # fmt: skip
def test_any_text_is_settings_or_one_sentence(pieces: list[str]) -> None:
    content = "".join(pieces).encode()

    with suppress(ConfigError):
        read_texts(content, "x.yaml")
