"""Particles behind names and numbers, chosen by how their end is read."""

from __future__ import annotations

_SYLLABLES = range(0xAC00, 0xD7A4)
_TAILS = 28  # of a syllable; the first of them is none
_RIEUL = 8
# 영 일 삼 육 칠 팔, and letters as words end in them: 엘 엠 엔 close (and -ng), others do not.
_CLOSED = frozenset("013678lmn")
_RIEUL_READ = frozenset("178l")


def subject(word: str) -> str:
    """`word` with 이 or 가."""
    return word + ("이" if _is_closed(word) else "가")


def object_(word: str) -> str:
    """`word` with 을 or 를."""
    return word + ("을" if _is_closed(word) else "를")


def topic(word: str) -> str:
    """`word` with 은 or 는."""
    return word + ("은" if _is_closed(word) else "는")


def together(word: str) -> str:
    """`word` with 과 or 와."""
    return word + ("과" if _is_closed(word) else "와")


def towards(word: str) -> str:
    """`word` with 으로 or 로."""
    return word + ("으로" if _is_closed(word) and not _ends_in_rieul(word) else "로")


def _read(word: str) -> str:
    """What is read aloud of it: without signs behind it."""
    return word.lower().rstrip("".join({sign for sign in word if not sign.isalnum()}))


def _is_closed(word: str) -> bool:
    """Whether it ends in a consonant, as it is read."""
    read = _read(word)

    if not read:
        return False

    if ord(read[-1]) in _SYLLABLES:
        return (ord(read[-1]) - _SYLLABLES.start) % _TAILS > 0

    return read[-1] in _CLOSED or read.endswith("ng")


def _ends_in_rieul(word: str) -> bool:
    read = _read(word)

    if ord(read[-1]) in _SYLLABLES:
        return (ord(read[-1]) - _SYLLABLES.start) % _TAILS == _RIEUL

    return read[-1] in _RIEUL_READ
