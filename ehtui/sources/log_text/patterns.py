"""What a cleaned record tells: its SDK's sentence, and the service's reason within it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from ehtui.domain.world.process import LogIncidentKind as Kind
from ehtui.sources.log_text.cleaning import (
    MOST_CHARACTERS,
    clean,
    one_line,
    unescaped,
    without_ansi,
)
from ehtui.sources.log_text.facts import LogFact
from ehtui.sources.log_text.heads import quick_stamp
from ehtui.sources.log_text.sentences import SENTENCES, UUID, cause_of, places_of, receivers_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.sources.log_text.cleaning import Cleaned
    from ehtui.sources.log_text.heads import Stamp
    from ehtui.sources.log_text.sentences import Sentence


# What only says that something failed gives way to why. Work on the store has reasons of its own.
_TELLS_NO_REASON = frozenset({None, Kind.RECEIVE_FAILED, Kind.BALANCING_FAILED})

# Java's structured lines. `ownerId` is the speaker's own where the sentence is about its own work;
# of a partition that it steals or lists, it is somebody else's.
_J_OTHERS = re.compile(
    r"steal|stole|\bowns\b|another|\bother\b|[Ff]ound|[Ll]ist|inactive|expired|previous"
)
_J_OWN = re.compile(
    r"[Ll]oad (?:is )?(?:un)?balanc|[Cc]laim|[Rr]enew|next iteration|own more|[Ee]vent processor"
    r"|[Ss]tarting"
)
_J_KINDS = tuple(
    (re.compile(said), kind)
    for said, kind in (
        (r"Error renewing|(?:Failed|Unable) to (?:claim|renew)", Kind.CLAIM_FAILED),
        (r"(?:Couldn't|Could not) claim", Kind.CLAIM_FAILED),
        (r"Successfully claimed|[Oo]wnership claimed", Kind.CLAIMED),
        (r"Load balancing for event processor failed", Kind.BALANCING_FAILED),
        (r"Error while listing checkpoints", Kind.BALANCING_FAILED),
        (r"(?:Error|Failed) .{0,32}updat\w{1,4} (?:the )?checkpoint", Kind.CHECKPOINT_FAILED),
        (r"Error (?:occurred )?(?:in|while) (?:partition processor|rec|proc)", Kind.RECEIVE_FAILED),
        (r"Failed while processing", Kind.RECEIVE_FAILED),
    )
)
# A bracket before a sentence that two SDKs share may as well be a thread or a level.
_NAMES_ITS_SDK = ("azure:event", "azure_messaging_eventhubs")
_RUST_FIELD = re.compile(
    r"\b(owner_id|consumer_group|eventhub|fully_qualified_namespace|partition_id)="
    r"\"?([^\s\"{}]{1,256})"
)
RUST_CHARACTERS = 4096
_PARTITIONS = ("partitionid", "partition_id")
_GROUPS = ("consumergroup", "consumergroupname", "consumer_group")
_HUBS = ("eventhubname", "eventhub_name", "eventhub", "eventhubpath")
_NAMESPACES = ("fullyqualifiednamespace", "fully_qualified_namespace")


def read_text(text: str, now: float) -> tuple[Cleaned, LogFact | None]:
    """A record cleaned, and what it tells; None for an ordinary one."""
    cleaned = clean(text, now)
    fact = read_record(cleaned)
    if fact is None and cleaned.fields:  # under which key the message stands is not known
        whole = cleaned._replace(text=one_line(unescaped(without_ansi(text[:MOST_CHARACTERS]))))
        fact = read_record(whole)
        cleaned = cleaned if fact is None else whole

    return cleaned, fact


def read_record(record: Cleaned) -> LogFact | None:
    """What one cleaned record tells; None for an ordinary one."""
    text = record.text
    fields = {**_rust_fields(text), **record.fields}
    fact = _of_fields(fields) or _of_sentence(text)

    if fields.get("target", "").startswith("azure_messaging_eventhubs") and "owner_id" in fields:
        fact = replace(fact or LogFact(None), owner=fields["owner_id"])

    cause = cause_of(text)
    if cause is not None:
        fact = fact or LogFact(None)
        own, other = receivers_of(text)
        kind = cause if fact.kind in _TELLS_NO_REASON else fact.kind
        fact = replace(
            fact, kind=kind, owner=fact.owner or own, other_owner=fact.other_owner or other
        )

    if fact is None or not _tells(fact):
        return None

    places = {**places_of(fields.get("entitypath", "")), **places_of(text)}
    return _placed(fact, places, fields)


def _rust_fields(text: str) -> dict[str, str]:
    """The fields of Rust's spans and events, which its plain format writes as `key=value`."""
    if "azure_messaging_eventhubs" not in text:
        return {}

    fields = dict(_RUST_FIELD.findall(text[:RUST_CHARACTERS]))
    return {**fields, "target": "azure_messaging_eventhubs"} if fields else {}


def _tells(fact: LogFact) -> bool:
    return any((fact.kind, fact.owner, fact.owner_start, fact.other_owner))


def _of_sentence(text: str) -> LogFact | None:
    for words, sentences in SENTENCES:
        if not any(word in text for word in words):
            continue

        for sentence in sentences:
            match = sentence.expression.search(text)
            fact = _said(sentence, match, text) if match else None
            if fact is not None:
                return fact

    return None


def _said(sentence: Sentence, match: re.Match[str], text: str) -> LogFact | None:
    named = {name: value for name, value in match.groupdict().items() if value}
    if sentence.is_shared and not _is_owner(named.get("owner", ""), text):
        named.pop("owner", None)

    fact = LogFact(sentence.kind, **named, is_start=sentence.is_start, is_end=sentence.is_end)
    # A partition alone is a place for the cause that may stand beside it.
    return fact if _tells(fact) or fact.partition else None


def _is_owner(name: str, text: str) -> bool:
    return bool(UUID.fullmatch(name)) or any(sdk in text for sdk in _NAMES_ITS_SDK)


def _of_fields(fields: Mapping[str, str]) -> LogFact | None:
    """What the fields alone say, where the SDK writes objects."""
    if "az.sdk.message" in fields:
        return _of_java(fields)

    if "operation" in fields and "eventhubpath" in fields:  # Functions, at debug
        kind = Kind.CLOSED if fields["operation"].startswith("CloseAsync") else None
        return LogFact(kind, fields.get("owner"), partition=fields.get("partitionid"))

    return None


def _of_java(fields: Mapping[str, str]) -> LogFact | None:
    said = fields["az.sdk.message"]
    kind = next((kind for expression, kind in _J_KINDS if expression.search(said)), None)
    named, speaker = fields.get("ownerid"), fields.get("eventprocessorid")
    if named is not None and _J_OWN.search(said) and not _J_OTHERS.search(said):
        speaker, named = speaker or named, None

    if kind is None and speaker is None and named is None:
        return _of_sentence(said)

    is_start = speaker is not None and said.startswith("Starting a new event processor")
    return LogFact(kind, speaker, other_owner=named, is_start=is_start)


def _placed(fact: LogFact, said: Mapping[str, str], fields: Mapping[str, str]) -> LogFact:
    """With the place that it does not name itself, as the service or the record's fields do."""

    def first(keys: tuple[str, ...]) -> str | None:
        return next((fields[key] for key in keys if fields.get(key)), None)

    return replace(
        fact,
        partition=fact.partition or said.get("partition") or first(_PARTITIONS),
        hub=fact.hub or said.get("hub") or first(_HUBS),
        namespace=fact.namespace or said.get("namespace") or first(_NAMESPACES),
        group=fact.group or said.get("group") or first(_GROUPS),
    )


MOST_SENTENCES = 512
KEPT_CHARACTERS = 1024  # of one that is kept
_STAMP = "\0"  # stands where the time stood


class _Known(NamedTuple):
    """What one sentence told; its text around the stamp that each record has of its own."""

    cleaned: Cleaned
    fact: LogFact | None
    before: str
    after: str | None  # None: the text has no stamp


class RecordMemo(Struct):
    """Reads records, and remembers what those that differ only in their time told."""

    _known: dict[str, _Known] = field(default_factory=dict)

    def read(self, text: str, now: float) -> tuple[Cleaned, LogFact | None]:
        """The record cleaned, and what it tells."""
        if len(text) > KEPT_CHARACTERS:
            return read_text(text, now)

        stamp = quick_stamp(text)
        key = text if stamp is None else f"{text[: stamp.start]}{_STAMP}{text[stamp.end :]}"

        if known := self._known.get(key):
            return _again(known, text, stamp), known.fact

        cleaned, fact = read_text(text, now)
        self._keep(key, _known(cleaned, fact, text, stamp))
        return cleaned, fact

    def _keep(self, key: str, known: _Known | None) -> None:
        if known is None:
            return

        if len(self._known) >= MOST_SENTENCES:
            self._known.clear()

        self._known[key] = known


def _known(cleaned: Cleaned, fact: LogFact | None, text: str, stamp: Stamp | None) -> _Known | None:
    """What may be told of the next record with other times; None where that is not certain."""
    if stamp is None:
        return _Known(cleaned, fact, cleaned.text, None)

    if cleaned.written_at != stamp.written_at:
        return None

    before, found, after = cleaned.text.partition(text[stamp.start : stamp.end])
    return _Known(cleaned, fact, before, after if found else None)


def _again(known: _Known, text: str, stamp: Stamp | None) -> Cleaned:
    if stamp is None:
        return known.cleaned

    said = known.before

    if known.after is not None:
        said = f"{said}{text[stamp.start : stamp.end]}{known.after}"

    return known.cleaned._replace(text=said, written_at=stamp.written_at)
