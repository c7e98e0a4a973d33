"""Keys, signatures, tokens and passwords become `***`: rather too much than too little.

What follows a name is judged by the name (`secret_names`); what has none, by its shape. In free
text a value's end is a guess; in a command line's words it is known.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from ehtui.domain.secret_names import is_bare_key, is_secret_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
