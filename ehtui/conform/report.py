"""What a run found, without names and secrets: for a terminal, as Markdown, as JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ehtui.conform.checks import State
from ehtui.domain.text import safe
from ehtui.wire.credentials import SharedKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ehtui.conform.checks import Check, Result
    from ehtui.conform.world import World

SIGNS = {
    State.AS_BELIEVED: "✓",
    State.DIFFERENT: "≠",
    State.NO_ANSWER: "?",
    State.NOT_ASKED: "–",
}
_LONGEST = 400
_GONE = (
    (re.compile(r"TrackingId:\S+"), "TrackingId:…"),
    (re.compile(r"SystemTracker:[^,]*"), "SystemTracker:…"),
    (re.compile(r"Timestamp:\S+"), "Timestamp:…"),
    (re.compile(r"Reference:\S+"), "Reference:…"),
    (re.compile(r"SharedAccessSignature \S+"), "SharedAccessSignature …"),
    (re.compile(r"\b(sig|sr)=[^&\s]+"), r"\1=…"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I), "{uuid}"),
    (
        re.compile(
            r"\b[\w.-]+\.(windows\.net|azure\.net|chinacloudapi\.cn|usgovcloudapi\.net)\b", re.I
        ),
        "{host}",
    ),
    (re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b"), "{address}"),
)


class Veil:
    """Takes out of a text what is nobody's business: names, addresses, keys."""

    def __init__(self, names: Mapping[str, str]) -> None:
        # Longer ones first: a hub's name may be a part of the namespace's.
        ordered = sorted(names.items(), key=lambda item: -len(item[0]))
        self._names = [
            (re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.IGNORECASE), word)
            for name, word in ordered
            if name
        ]

    def over(self, text: str) -> str:
        """The text as it may be shown to anybody."""
        for pattern, instead in (*self._names, *_GONE):
            text = pattern.sub(instead, text)

        text = safe(text)
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def veil_of(world: World) -> Veil:
    """What is to be hidden of this run."""
    access = world.access
    names = {
        access.namespace: "{namespace}",
        access.host: "{namespace}",
        access.hub: "{hub}",
        world.own_group or "": "{group}",
    }

    if isinstance(access.credential, SharedKey):
        names |= {access.credential.key.reveal(): "{key}", access.credential.name: "{key name}"}

    if world.store is not None:
        address = world.store.address
        names |= {
            world.store.container: "{container}",
            address.account: "{account}",
            address.host: "{store}",
            world.store.prefix.rstrip("/"): "{prefix}",
        }

    return Veil({name: word for name, word in names.items() if name.lower() != "$default"})


def counted(results: Iterable[Result]) -> str:
    """How many ended how."""
    states = [result.state for result in results]
    return ", ".join(f"{states.count(state)} {state.value}" for state in State)


def lines(result: Result, veil: Veil) -> list[str]:
    """A result for a terminal."""
    check, found = result.check, veil.over(result.found)
    head = f"{SIGNS[result.state]} {check.id}: {check.title}"

    if result.state is State.AS_BELIEVED:
        return [head]

    if result.state is State.NOT_ASKED:
        return [f"{head} ({found})"]

    return [head, f"    believed: {check.believes}", f"    found:    {found}"]


def markdown(results: Sequence[Result], veil: Veil, about: Mapping[str, str]) -> str:
    """The whole report, to be read and sent."""
    head = ["# What the service does, beside what ehtui believes", ""]
    head += [f"- {name}: {veil.over(value)}" for name, value in about.items()]
    head += [f"- {counted(results)}", ""]
    head += ["| | check | believed | found | source of the belief |", "|---|---|---|---|---|"]
    rows = [
        f"| {SIGNS[r.state]} | `{r.check.id}` {_cell(r.check.title)} | {_cell(r.check.believes)}"
        f" | {_cell(_found(r, veil))} | {_cell(r.check.source)} |"
        for r in results
    ]
    return "\n".join([*head, *rows]) + "\n"


def as_json(results: Sequence[Result], veil: Veil, about: Mapping[str, str]) -> str:
    """The same for programs."""
    document: dict[str, Any] = {name: veil.over(value) for name, value in about.items()}
    document["checks"] = [
        {
            "id": r.check.id,
            "title": r.check.title,
            "state": r.state.name.lower(),
            "believed": r.check.believes,
            "found": None if r.state is State.NOT_ASKED else veil.over(r.found),
            "not_asked_because": veil.over(r.found) if r.state is State.NOT_ASKED else None,
            "source": r.check.source.value,
        }
        for r in results
    ]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def beliefs(checks: Sequence[Check]) -> str:
    """The table of docs/conform.md: what nobody has looked up on Azure yet."""
    rows = [
        f"| `{c.id}` | {_cell(c.title)} | {_cell(c.believes)} | never tried | {_cell(c.source)} |"
        for c in checks
    ]
    head = ["| check | about | believed | found on Azure | source |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def _found(result: Result, veil: Veil) -> str:
    found = veil.over(result.found)
    return f"not asked: {found}" if result.state is State.NOT_ASKED else found


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
