"""What may be shown of text from outside: secrets masked, control characters made visible."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_SECRETS = frozenset(
    {
        *("secret", "secrets", "password", "passwd", "passphrase", "pass", "pwd", "token"),
        *("credential", "credentials", "sas", "sig", "authorization", "key", "keys"),
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


MASK = "***"

# Names of several words in running text; what is one word is found by `_NAMED`.
_NAME = r"""(?:
    shared[\s_-]?access[\s_-]?(?:key|signature) | (?:account|access|api)[\s_-]?key
    | (?:storage|private|primary|secondary|master|signing|encryption)[_-]?key
    | secret | password | passwd | passphrase | token | credentials?
    | (?<![a-z])(?:sig|pass|(?-i:[Pp]wd)) | (?-i:(?<!PARTITION)(?<!ROUTING)(?<!PUBLIC)_KEY)
    )(?:[_-]?(?:value|base64|\d{1,2}))?"""
# password: x, "password": "x", \"password\": \"x\", password%3Dx, ('password', 'x')
_SEPARATOR = r"""(?:(?:\\*["'])?\s*(?:=>|[=:]|%3d)\s* | \\*["']\s*,\s*(?=b?\\*["']))"""
# A quoted value may be cut off; what is glued to its end belongs to it.
_QUOTED = r"""(?:
    b?(?P<quote>\\+["']).*?(?:(?P=quote)|$)
    | b?(?:"(?:\\.|[^"\\\n])*(?:"|$)|'(?:\\.|[^'\\\n])*(?:'|$))[^\s;,&})\]"'\\]*
    )"""
_VALUE = rf"(?:{_QUOTED}|(?:SharedAccessSignature\s+)?[^\s;\"'][^\s;]*)"
_WORD = r"(?<![\w.-])(?P<word>[a-z_][\w.-]{0,60})"
# Told about in a sentence, and not told.
_PROSE = r"(?!(?:is|are|was|and|or|in|of|for|with|from|to|not|has|must|can(?:not)?|it|on|by)\b)"
_BASE64 = r"[A-Za-z0-9+/]"
_KEY = rf"(?:{_BASE64}{{86}}==|{_BASE64}{{43}}=)(?![\w=])"  # of 64 or 32 bytes
_RULES = (
    # A variable's whole line, where its value is not quoted: it may hold blanks.
    (
        rf"^((?:export\ )?(?=(?-i:[A-Z][A-Z0-9_]*=))\w*?{_NAME}=)(?![\"']|\*\*\*)[^\n]+$",
        rf"\1{MASK}",
    ),
    # A query goes on behind its signature.
    (r"(?<![a-z])(sig|signature)(=|%3d)[^\s;&\"'<>]+", rf"\1\2{MASK}"),
    (r"([?&]code=)[^\s;&\"'<>]+", rf"\1{MASK}"),  # a key of Azure Functions
    (rf"(?P<name>{_NAME})(?P<sep>{_SEPARATOR})(?!\*\*\*){_VALUE}", rf"\g<name>\g<sep>{MASK}"),
    (rf"(<{_NAME}>)[^<]+", rf"\1{MASK}"),
    (r"\b(authorization\\*[\"']?\s*[:=]\s*\\*[\"']?)(?:\w+\s+)?[^\s\"',]+", rf"\1{MASK}"),
    (r"\b(bearer|SharedKey(?:Lite)?)\s+[^\s\"']+", rf"\1\ {MASK}"),
    (r"\b(SharedAccessSignature)\s+[^\s\"'=]*=[^\s\"']+", rf"\1\ {MASK}"),
    (rf"(?-i:\b(SharedAccessKey|AccountKey))\ +{_PROSE}(?![-*=:;,.)]){_VALUE}", rf"\1\ {MASK}"),
    (r"\b(?-i:eyJ)[\w-]{8,}(?:\.[\w-]*){0,4}", MASK),  # a JWT
    (r"(?<=://)[^\s/?\#\"'<>]+@", f"{MASK}@"),
    # A password with a slash; 8080/path@3 is a port.
    (
        r"(?<=://)[^\s/?\#\"'<>:@]{0,200}:(?!\d{1,5}(?:[/?\#]|$))[^\s\"'<>@]{1,400}@",
        f"{MASK}@",
    ),
    # The shapes of Azure's own keys, 64 and 32 bytes in base64, whatever they are glued to.
    (rf"(?<!{_BASE64})(?<!\w){_KEY}", MASK),
    (rf"(?<!{_BASE64})(?={_BASE64}{{44,}}=)({_BASE64}+)(?=(?-i:[/\w+]*[A-Z])){_KEY}", rf"\1{MASK}"),
    (r"(?s:(-----BEGIN\ [A-Z\ ]{0,40}PRIVATE\ KEY-----).*?(?=-----END|\Z))", rf"\1{MASK}"),
)
_NAMED = rf"{_WORD}(?P<between>{_SEPARATOR})(?!\*\*\*)(?P<value>{_VALUE})"
_FLAGGED = rf"(?<!\S)(?P<flag>--?[a-z][\w.-]{{0,60}})(?P<between>\s+)(?!\*\*\*)(?P<value>{_VALUE})"
# What comes after a flag and is the next flag: -v, --verbose, --level=3. Else it is a value.
_FLAG = re.compile(r"-[A-Za-z]|--[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)*(?:=.*)?", re.DOTALL)
_ASSIGNED = re.compile(r"([-/]{0,2}([A-Za-z_][\w.-]{0,60}))(=|:\s*)(.+)", re.DOTALL)
_LONG_VALUE = 16  # an unquoted `key=` of that many characters is no partition key
_LONGEST = 1 << 16  # characters that are looked at; nobody is shown more


@cache
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Compiled at the first use: `ehtui --version` needs none."""
    return tuple((_compiled(rule), mask.replace("\\ ", " ")) for rule, mask in _RULES)


@cache
def _compiled(rule: str) -> re.Pattern[str]:
    return re.compile(rule, re.IGNORECASE | re.MULTILINE | re.VERBOSE)


# Most lines hold nothing of the kind: one search decides.
_HINT = re.compile(
    r"(?i:key|sig|sas|pass|pwd|secret|token|credential|authorization|bearer|[?&]code=)"
    r"|eyJ|://|[\w+/]{42}="
)


def mask_secrets(text: str) -> str:
    """Replace every key, signature, token and password in `text` by `***`.

    What is longer than 65,536 characters is cut there.
    """
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"

    if not _HINT.search(text):
        return text

    for rule, mask in _rules():
        text = rule.sub(mask, text)

    return _compiled(_FLAGGED).sub(_masked_flag, _compiled(_NAMED).sub(_masked_value, text))


def _masked_value(match: re.Match[str]) -> str:
    name, between, value = match["word"], match["between"], match["value"]
    if is_bare_key(name):
        before = match.string[match.start() - 1 : match.start()]
        is_quoted = value.lstrip("\\b")[:1] in {'"', "'"}
        is_json = before in {'"', "'"} and between[:1] in {'"', "'", "\\"}
        is_secret = is_quoted and (is_json or "=" in between)
        is_secret |= "=" in between and len(value) >= _LONG_VALUE
    else:
        is_secret = is_secret_name(name)

    return f"{name}{between}{MASK}" if is_secret else match[0]


def _masked_flag(match: re.Match[str]) -> str:
    flag, value = match["flag"], match["value"]
    if not is_secret_name(flag) or _FLAG.fullmatch(value):
        return match[0]

    return f"{flag}{match['between']}{MASK}"


def mask_arguments(words: Sequence[str]) -> Iterator[str]:
    """A command line's words, masked: here a value's end is known, whatever stands in it."""
    for before, word in pairwise(("", *words)):
        if _takes_secret(before) and not _FLAG.fullmatch(word):
            yield MASK
        elif (assigned := _ASSIGNED.fullmatch(word)) and is_secret_name(assigned[2]):
            is_harmless = assigned[3] != "=" and is_bare_key(assigned[2])
            yield mask_secrets(word) if is_harmless else f"{assigned[1]}{assigned[3]}{MASK}"
        else:
            yield mask_secrets(word)


def _takes_secret(word: str) -> bool:
    """Whether the next word is one: after `--key`, `X-Functions-Key:`, `Bearer`."""
    if word.startswith("-"):
        return "=" not in word and is_secret_name(word)

    if word.endswith(":"):
        return is_secret_name(word[:-1]) and not is_bare_key(word[:-1])

    return word in {"SharedAccessKey", "AccountKey"} or word.lower() == "bearer"


_COMMAND = 8192
_LONGEST_NAME, _NAME_KEEPS, _DIGEST = 512, 256, 16  # characters


def visible(text: str, *, keep_newlines: bool = False) -> str:
    r"""Show control characters, escapes and bidirectional overrides as `\x1b`-like text."""
    if text.isprintable():
        return text

    return "".join(_visible_char(c, keep_newlines=keep_newlines) for c in text)


def _visible_char(char: str, *, keep_newlines: bool) -> str:
    if char == "\n" and keep_newlines:
        return char

    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char != "\u200d":
        return char.encode("unicode_escape", "surrogatepass").decode("ascii")

    return char


def safe(text: str) -> str:
    """Mask secrets and show control characters: for anything that was not written by ehtui."""
    return visible(mask_secrets(text))


def capital(sentence: str) -> str:
    """The sentence with a large first letter; the others as they are."""
    return sentence[:1].upper() + sentence[1:]


def safe_command(words: Sequence[str]) -> str:
    """A command line for people, made harmless word by word, and then as the line that is shown.

    What stands behind 8,192 characters is left out: a host allows two million.
    """
    taken: list[str] = []
    room = _COMMAND

    for word in words:
        if room <= 0:
            taken.append("…")
            break

        taken.append(word)
        room -= len(word) + 1

    shown = safe(" ".join(mask_arguments(taken)))

    return shown if len(shown) <= _COMMAND else f"{shown[:_COMMAND]}…"


def safe_value(name: str, value: str) -> str:
    """A named value for people: hidden where its name says that it is a secret."""
    return MASK if value and is_secret_name(name) else safe(value)


def bounded_name(text: str) -> str:
    """A name from outside; one that is longer than any client writes is shortened.

    Its digest stays, so that two of them stay two.
    """
    if len(text) <= _LONGEST_NAME:
        return text

    digest = sha256(text.encode("utf-8", "backslashreplace")).hexdigest()

    return f"{text[:_NAME_KEEPS]}…{digest[:_DIGEST]}"
