"""How hub and store are reached: proxies, roots, a custom address, as people and programs say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from typing_extensions import override

from ehtui.config.addresses import cleaned, has_gap
from ehtui.config.errors import ConfigError
from ehtui.config.secret import Secret
from ehtui.domain.text import safe
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DIRECT = frozenset({"none", "direct", "off"})  # what `proxy` says where there is to be none
# The first one counts, and of roots all of them. Programs read the lower case first, as curl does.
_PROXY_NAMES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_PLAIN_PROXY_NAMES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
_NO_PROXY_NAMES = ("no_proxy", "NO_PROXY")
_ROOTS_NAMES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")  # of OpenSSL, and of `requests`
_PORTS = {"http": 80, "https": 443}
_PORT = re.compile(r":\d+$")


class Proxy(Value, frozen=True):
    """An HTTP proxy that is asked to CONNECT."""

    host: str
    port: int
    uses_tls: bool = False
    user: Secret | None = None
    password: Secret | None = None

    @property
    def shown(self) -> str:
        """What may be shown of it."""
        return safe(f"{self.host}:{self.port}")

    @property
    def url(self) -> Secret:
        """As libraries take it, name and password left out: they take those apart."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return Secret(f"{'https' if self.uses_tls else 'http'}://{host}:{self.port}")


class Endpoint(Value, frozen=True):
    """An address that a hub is reached by instead of its namespace's."""

    host: str
    port: int | None = None  # None: that of whatever carries AMQP

    @property
    def authority(self) -> str:
        """`host`, or `host:port` where it names one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


def proxy_of(text: str, key: str) -> Proxy:
    """A proxy's address, with or without a user; `key` names the setting in errors.

    Raises:
        ConfigError: It is none; nothing of it is shown, for it may hold a password.
    """
    text = cleaned(text)
    malformed = ConfigError(
        f"{key} is not the address of an HTTP proxy.", "It looks like http://HOST:PORT"
    )

    try:
        split = urlsplit(text if "://" in text else f"http://{text}")
        port = split.port
    except ValueError:
        raise malformed from None

    if split.scheme not in _PORTS:
        raise ConfigError(
            f"{key} names a proxy of the kind {safe(split.scheme)}, which is not supported.",
            "An HTTP proxy that lets CONNECT through is.",
        )

    if not split.hostname or has_gap(split.netloc) or port == 0:
        raise malformed

    return Proxy(
        split.hostname,
        port or _PORTS[split.scheme],
        split.scheme == "https",
        None if split.username is None else Secret(unquote(split.username)),
        None if split.password is None else Secret(unquote(split.password)),
    )


def endpoint_of(text: str, key: str) -> Endpoint:
    """A custom address of a hub: `sb://HOST`, `HOST:PORT`.

    Raises:
        ConfigError: It is none; `key` names the setting.
    """
    text = cleaned(text)
    malformed = ConfigError(
        f"{key} is not an address: '{safe(text.rpartition('@')[2])}'.",
        "It looks like sb://HOST or sb://HOST:PORT",
    )

    try:
        split = urlsplit(text if "://" in text else f"sb://{text}")
        port = split.port
    except ValueError:
        raise malformed from None

    if not split.hostname or split.username is not None or has_gap(split.netloc) or port == 0:
        raise malformed

    return Endpoint(split.hostname, port)


class Surroundings(Value, frozen=True):
    """What variables say of the network, each with the name of the one that does."""

    proxy: tuple[str, str] | None = None  # name, text, with a password perhaps; for TLS
    plain_proxy: tuple[str, str] | None = None  # the same for plain HTTP
    no_proxy: tuple[str, str] | None = None
    roots: tuple[tuple[str, str], ...] = ()

    @override
    def __repr__(self) -> str:
        return f"Surroundings(…, {self.no_proxy!r}, {self.roots!r})"

    @override
    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("no_proxy", self.no_proxy), ("roots", self.roots)]


def surroundings_in(variables: Mapping[str, str]) -> Surroundings:
    """Find them among variables."""
    return Surroundings(
        _first(variables, _PROXY_NAMES),
        _first(variables, _PLAIN_PROXY_NAMES),
        _first(variables, _NO_PROXY_NAMES),
        tuple((n, t) for n in _ROOTS_NAMES if (t := variables.get(n, "").strip())),
    )


def _first(variables: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str] | None:
    return next(((n, t) for n in names if (t := variables.get(n, "").strip())), None)


def goes_direct(host: str, no_proxy: str) -> bool:
    """Whether `no_proxy` names a host, or a domain or network that it is in; or it is this one."""
    host = host.lower().strip("[]")
    return _is_this_machine(host) or any(_covers(entry, host) for entry in _entries(no_proxy))


def _entries(no_proxy: str) -> Iterator[str]:
    return (entry for part in no_proxy.lower().split(",") if (entry := part.strip()))


def _covers(entry: str, host: str) -> bool:
    if entry == "*":
        return True

    if "/" in entry:
        return _is_within(host, entry)

    entry = (_PORT.sub("", entry) if entry.count(":") == 1 else entry).strip("[]")
    name = entry.lstrip("*").lstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _is_within(host: str, network: str) -> bool:
    from ipaddress import ip_address, ip_network  # noqa: PLC0415 - only where somebody wrote one

    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False


def _is_this_machine(host: str) -> bool:
    return host in {"localhost", "::1"} or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))
