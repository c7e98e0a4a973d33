"""Addresses of storage accounts, taken apart."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

AZURITE_ACCOUNT = "devstoreaccount1"
_WEB_PORTS = {None, 80, 443}
# Doors of the service that speak no AMQP, or speak it by default: clients dial 5671 all the same.
_STANDARD_PORTS = {443, 5671, 9093}


def split_address(text: str) -> SplitResult | None:
    """The parts of an http address; None where it is none, or holds a user and password."""
    try:
        split = urlsplit(text)
        _ = split.port  # raises where it is no number
    except ValueError:
        return None

    is_address = split.scheme in {"http", "https"} and bool(split.hostname) and split.port != 0
    is_plain = "@" not in split.netloc and not has_gap(split.netloc)

    return split if is_address and is_plain else None


def is_path_style(url: SplitResult) -> bool:
    """Whether the account stands in the path (Azurite, emulators), not in the host name."""
    host = url.hostname or ""
    is_number = ":" in host or host.replace(".", "").isdigit()

    if is_number or "." not in host:
        return True

    # Azurite's other style: ACCOUNT.localhost, ACCOUNT.blob.localhost.
    if host.endswith(".localhost") or host.startswith(f"{AZURITE_ACCOUNT}."):
        return False

    return url.port not in _WEB_PORTS and bool(url.path.strip("/"))


def without_standard_port(authority: str) -> str:
    """A namespace's authority as clients use it: a service of Azure has one door for AMQP."""
    host, colon, port = authority.rpartition(":")

    if not colon or not port.isdecimal() or (":" in host and not host.endswith("]")):
        return authority

    return host if int(port) in _STANDARD_PORTS else authority


def account_of(url: SplitResult) -> str | None:
    """The account: the first label of the host, or of the path where that carries it."""
    if is_path_style(url):
        return url.path.strip("/").split("/")[0] or None

    return (url.hostname or "").split(".")[0] or None


def has_gap(text: str) -> bool:
    """Whether a host name was broken by a blank or a control character."""
    return any(char.isspace() or not char.isprintable() for char in text)
