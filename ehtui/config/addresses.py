"""Addresses of storage accounts, taken apart."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def split_address(text: str) -> SplitResult | None:
    """The parts of an http address; None where it is none."""
    try:
        split = urlsplit(text)
        _ = split.port  # raises where it is no number
    except ValueError:
        return None

    is_address = split.scheme in {"http", "https"} and bool(split.hostname)

    return split if is_address and not has_gap(split.netloc) else None


def is_path_style(url: SplitResult) -> bool:
    """Whether the account stands in the path (Azurite, emulators), not in the host name."""
    host = url.hostname or ""

    return "." not in host or ":" in host or host.replace(".", "").isdigit()


def has_gap(text: str) -> bool:
    """Whether a host name was broken by a blank or a control character."""
    return any(char.isspace() or not char.isprintable() for char in text)
