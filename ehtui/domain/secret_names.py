"""Which names say that their value is a secret: of a flag, a variable, a property or a header."""

from __future__ import annotations

import re
from functools import lru_cache

_SECRETS = frozenset(
    {
        "secret",
        "secrets",
        "password",
        "passwd",
        "passphrase",
        "pass",
        "pwd",
        "token",
        "credential",
        "credentials",
        "sas",
        "sig",
        "authorization",
        "key",
        "keys",
    }
)
_GLUED = (
    *("token", "secret", "password", "passwd", "passphrase", "accesssignature"),
    *(
        f"{word}key"
        for word in (
            *("access", "account", "admin", "api", "auth", "client", "encryption", "eventhub"),
            *("eventhubs", "function", "functions", "host", "hub", "listen", "manage", "master"),
            *("namespace", "primary", "private", "root", "sas", "secondary", "secret", "send"),
            *("servicebus", "shared", "signing", "storage", "subscription"),
        )
    ),
)
# These keys find something; they open nothing.
_OPENS_NOTHING = frozenset(
    {
        *("aggregate", "aggregation", "any", "bucket", "cache", "column", "composite", "config"),
        *("correlation", "date", "dedup", "deduplication", "dict", "event", "field", "foreign"),
        *("group", "grouping", "hash", "hot", "idempotency", "index", "join", "json", "label"),
        *("lookup", "map", "message", "metric", "msg", "natural", "no", "object", "order"),
        *("ordering", "part", "partition", "partitioning", "press", "pub", "public", "range"),
        *("record", "routing", "row", "shard", "sharding", "sort", "sorting", "tag", "topic"),
        *("trace", "translation", "unique", "window"),
    }
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SUFFIXES = frozenset({"value", "base64", "base"})
_FOLDERS = frozenset({"PWD", "OLDPWD"})


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether its last word is one for secrets: `sas-key`, `eventHubKey`, `MY_TOKEN_2`, `key`.

    `partition-key`, `key-file`, `keyspace` and `max_tokens` are none.
    """
    if name in _FOLDERS:
        return False

    words = [word.lower() for word in _WORDS.findall(name)]

    while words and (words[-1].isdecimal() or (len(words) > 1 and words[-1] in _SUFFIXES)):
        words.pop()

    if not words:
        return False

    *before, last = words

    if last in {"key", "keys"}:
        return not (before and before[-1] in _OPENS_NOTHING)

    if last in _SECRETS or last.endswith(_GLUED):
        return not any(last == f"{word}key" for word in _OPENS_NOTHING)

    return False


def is_bare_key(name: str) -> bool:
    """Whether the name is `key` alone, which as often says which as how to get in."""
    return name.lower().lstrip("-") in {"key", "keys"}
