"""Writes docs/configuration.md and docs/schema.md (`make reference`); a test holds them current."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ehtui.config.origins import ENVIRONMENT_NAMES

_ROOT = Path(__file__).parent.parent
SAMPLE = _ROOT / "config.yaml"
SCHEMA = _ROOT / "ehtui" / "views" / "status.schema.json"
CONFIGURATION = _ROOT / "docs" / "configuration.md"
FIELDS = _ROOT / "docs" / "schema.md"
_KEY = re.compile(
    r"#(?P<indent>(?:  )*)(?P<item>- )?(?P<key>[A-Za-z_][\w-]*):(?: (?P<default>.*))?$"
)
_NAMED = 2
_EXAMPLE = "body"  # what stands below it is one event
_WORDS = re.compile(r"# (?P<words>\S.*)$")


def configuration() -> str:
    """Every key of config.yaml with its default and what it means, and the environment's names."""
    return (
        "# Configuration\n\n"
        "Every key of the YAML file, with its default. [config.yaml](../config.yaml) is the same "
        "as a sample;\n`ehtui config` prints what is in force and where each value came from. Made "
        "by `make reference`.\n\n"
        + _introduction(SAMPLE.read_text(encoding="utf-8"))
        + "".join(_keys(SAMPLE.read_text(encoding="utf-8")))
        + "\n## In the environment\n\n| variable | key |\n|---|---|\n"
        + "".join(
            f"| `{name}` | `{key}` |\n"
            for key, name in sorted(ENVIRONMENT_NAMES.items(), key=lambda each: each[1])
        )
    )


def _introduction(sample: str) -> str:
    """The paragraphs that stand before the first key; the first sentence is of the file itself."""
    head = sample.split("\n\n", 1)[0].splitlines()
    lines = [line.removeprefix("#").strip() for line in head]
    paragraphs = "\n".join(lines).split("\n\n")[1:]

    return "".join(f"{_text(paragraph.splitlines())}\n\n" for paragraph in paragraphs)


def _keys(sample: str) -> Iterator[str]:
    """A heading for each section and a point for each key of it."""
    words: list[str] = []
    path: list[str] = []
    items_at = None  # how deep the items of a list stand

    for line in sample.splitlines():
        found = _KEY.match(line)

        if found is None:
            text = _WORDS.match(line)
            words = [*words, text["words"]] if text is not None else []
            continue

        depth = len(found["indent"]) // 2

        if found["item"]:
            items_at = depth
        elif items_at is not None and depth <= items_at:
            items_at = None
        elif items_at is not None:
            depth -= 1  # a key of an item is one of the list

        path[depth:] = [found["key"]]

        if _EXAMPLE not in path[:-1]:
            yield from _key(path, found["default"] or "", words)

        words = []


def _key(path: list[str], default: str, words: list[str]) -> Iterator[str]:
    name = ".".join(path)
    told = _text(words)

    if len(path) == 1 and not default:
        yield f"\n## {name}\n\n" + (f"{told}\n\n" if told else "")
        return

    if not default and not told and len(path) <= _NAMED:
        return  # the name of one of several, or of a part

    value = f" = `{default}`" if default else ""
    yield f"- **`{name}`**{value}" + (f": {told}" if told else "") + "\n"


def _text(lines: list[str]) -> str:
    """Words as Markdown: what a browser would take for a tag is shown."""
    return " ".join(lines).replace("<", "&lt;").replace("*", "\\*")


def schema() -> str:
    """Every field of the status document: what it is, of which type, and its unit."""
    document = json.loads(SCHEMA.read_text(encoding="utf-8"))
    parts = {"document": document, **document["$defs"]}
    return (
        "# The status document\n\n"
        "What `ehtui status -o json` (and `yaml`) tells, as "
        "[status.schema.json](../ehtui/views/status.schema.json) has it for programs. It only ever "
        "grows. A field that is\nunknown is `null`, never 0. Made by `make reference`.\n"
        + "".join(_part(name, part) for name, part in parts.items())
    )


def _part(name: str, part: Mapping[str, Any]) -> str:
    head = f"\n## {name}\n\n{_cell(part.get('description', ''))}\n"

    if "properties" not in part:
        return f"{head}\n{_type(part)}\n"

    required = set(part.get("required", ()))
    rows = "".join(
        f"| `{field}`{'' if field in required else '?'} | {_type(found)} "
        f"| {_cell(found.get('description', ''))} |\n"
        for field, found in part["properties"].items()
    )
    return f"{head}\n| field | type | what |\n|---|---|---|\n{rows}"


def _type(found: Mapping[str, Any]) -> str:
    """Its type in a few words; of a part of its own the link to that."""
    if "$ref" in found:
        name = found["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name})"

    if "anyOf" in found:
        return " or ".join(_type(each) for each in found["anyOf"])

    if "const" in found:
        return f"`{found['const']}`"

    if "enum" in found:
        return ", ".join(f"`{each}`" for each in found["enum"])

    if found.get("type") == "array":
        return f"list of {_type(found['items'])}" if "items" in found else "list"

    types = found.get("type", "anything")
    told = " or ".join(types) if isinstance(types, list) else str(types)
    return f"{told} ({found['format']})" if "format" in found else told


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


PAGES = {CONFIGURATION: configuration, FIELDS: schema}

if __name__ == "__main__":
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8")
