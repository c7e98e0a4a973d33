"""Keys, signatures, tokens and passwords become `***`: rather too much than too little."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MASK = "***"

_NAME = r"""(?:
    shared[\s_-]?access[\s_-]?(?:key|signature) | (?:account|access|api)[\s_-]?key
    | (?:storage|private|primary|secondary|master|signing|encryption)[_-]?key
    | secret | password | passwd | passphrase | token | credentials?
    | (?<![a-z])(?:sig|pass|(?-i:[Pp]wd)) | (?-i:(?<!PARTITION)_KEY)
    )(?:[_-]?(?:value|base64|\d{1,2}))?"""
# password: x, "password": "x", \"password\": \"x\", password%3Dx, ('password', 'x')
_SEPARATOR = r"""(?:(?:\\*["'])?\s*(?:=>|[=:]|%3d)\s* | \\*["']\s*,\s*(?=b?\\*["']))"""
# A quoted value may be cut off; what is glued to its end belongs to it.
_VALUE = r"""(?:
    b?(?P<quote>\\+["']).*?(?:(?P=quote)|$)
    | b?(?:"(?:\\.|[^"\\\n])*(?:"|$)|'(?:\\.|[^'\\\n])*(?:'|$))[^\s;,&})\]"'\\]*
    | (?:SharedAccessSignature\s+)?[^\s;"'][^\s;]*
    )"""
_FLAG = rf"--?[\w-]{{0,40}}?{_NAME}"
_RULES = (
    # A variable's whole line, where its value is not quoted: it may hold blanks.
    (rf"^((?:export\ )?(?=(?-i:[A-Z][A-Z0-9_]*=))\w*?{_NAME}=)(?![\"'])[^\n]+$", rf"\1{MASK}"),
    # A query goes on behind its signature.
    (r"(?<![a-z])(sig|signature)(=|%3d)[^\s;&\"'<>]+", rf"\1\2{MASK}"),
    (rf"(?P<name>{_NAME})(?P<sep>{_SEPARATOR})(?!\*\*\*){_VALUE}", rf"\g<name>\g<sep>{MASK}"),
    (rf"(?<!\S)({_FLAG}\s+)(?!-){_VALUE}", rf"\1{MASK}"),
    (rf"(<{_NAME}>)[^<]+", rf"\1{MASK}"),
    (r"\b(authorization\\*[\"']?\s*[:=]\s*\\*[\"']?)(?:\w+\s+)?[^\s\"',]+", rf"\1{MASK}"),
    (r"\b(bearer|SharedKey(?:Lite)?)\s+[^\s\"']+", rf"\1\ {MASK}"),
    (r"\b(SharedAccessSignature)\s+[^\s\"'=]*=[^\s\"']+", rf"\1\ {MASK}"),
    (r"\b(?-i:eyJ)[\w-]{8,}(?:\.[\w-]*){0,4}", MASK),  # a JWT
    (r"(?<=://)[^\s/?\#\"'<>]+@", f"{MASK}@"),
    # The shapes of Azure's own keys, 64 and 32 bytes in base64, wherever they stand.
    (r"(?<![\w+/])(?:[A-Za-z0-9+/]{86}==|[A-Za-z0-9+/]{43}=)(?![\w=])", MASK),
    (r"(?s:(-----BEGIN\ [A-Z\ ]{0,40}PRIVATE\ KEY-----).*?(?=-----END|\Z))", rf"\1{MASK}"),
)


@cache
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Compiled at the first use: `ehtui --version` needs none."""
    flags = re.IGNORECASE | re.MULTILINE | re.VERBOSE

    return tuple((re.compile(rule, flags), mask.replace("\\ ", " ")) for rule, mask in _RULES)


# Most lines hold nothing of the kind: one search decides.
_HINT = re.compile(
    r"(?i:key|sig|pass|pwd|secret|token|credential|authorization|bearer)|eyJ|://|[\w+/]{42}="
)


def mask_secrets(text: str) -> str:
    """Replace every key, signature, token and password in `text` by `***`."""
    if not _HINT.search(text):
        return text

    for rule, mask in _rules():
        text = rule.sub(mask, text)

    return text


@cache
def _argument_rules() -> tuple[re.Pattern[str], re.Pattern[str]]:
    flags = re.IGNORECASE | re.DOTALL | re.VERBOSE

    return re.compile(_FLAG, flags), re.compile(rf"([\w.-]{{0,40}}?{_NAME}=).+", flags)


def mask_arguments(words: Sequence[str]) -> Iterator[str]:
    """A command line's words, masked: here a value's end is known, whatever stands in it."""
    flag, assignment = _argument_rules()

    for before, word in pairwise(("", *words)):
        if flag.fullmatch(before) and not word.startswith("-"):
            yield MASK
        elif match := assignment.fullmatch(word):
            yield f"{match[1]}{MASK}"
        else:
            yield mask_secrets(word)
