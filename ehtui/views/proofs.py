"""What a checkpoint proves, in a word and in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.progress.proofs import Proof, Proven, Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

WRITERS: Mapping[Writer, str] = {
    Writer.FUNCTIONS: "Azure Functions",
    Writer.DAPR: "Dapr",
    Writer.PYTHON: "Python",
    Writer.DOTNET: ".NET",
    Writer.JAVA: "Java",
    Writer.JS: "JavaScript",
    Writer.GO: "Go",
    Writer.RUST: "Rust",
    Writer.HOST: "an event processor host",
}
PROOFS: Mapping[Proof, str] = {
    Proof.PROCESSED: "processed",
    Proof.HANDED_OVER: "handed over",
    Proof.REGARDLESS: "regardless",
}
_SENTENCES: Mapping[Proof, str] = {
    Proof.PROCESSED: (
        "processed: with {writer} the handler writes it, so that what comes before is done as far "
        "as the handler waits for its work"
    ),
    Proof.HANDED_OVER: (
        "handed over: {writer} writes it when events are given to the application, older releases "
        "whatever it answers (components-contrib 4598); lag 0 does not mean done"
    ),
    Proof.REGARDLESS: (
        "handed over, regardless of failure: {writer} writes it whether the handler succeeded or "
        "not; lag 0 does not mean done"
    ),
}
NOT_KNOWN = "nothing tells which SDK writes it, and so not whether what comes before is done"


def sentence(proven: Proven) -> str | None:
    """What it proves and by whom; None where nothing tells."""
    if proven.proof is None or proven.writer is None:
        return None

    return _SENTENCES[proven.proof].format(writer=WRITERS[proven.writer])


def reservation(proven: Proven) -> str:
    """What stands behind a lag of zero that is not `done`; empty where it may be."""
    if proven.is_done is not False or proven.writer is None:
        return ""

    return f"handed over, not proven done ({WRITERS[proven.writer]})"
