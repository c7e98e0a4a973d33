"""Names and addresses of namespaces, hubs, groups and storage accounts, as people write them."""

from __future__ import annotations

import re
import string
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from ehtui.config.errors import ConfigError
from ehtui.config.secret import Secret, masked
from ehtui.domain.text import safe

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


_UNSEEN = "\ufeff\u200b\u200c\u200d\u2060\u00a0"  # byte order mark, zero-width, no-break space
_QUOTES = "\"'`“”‘’«»"


def cleaned(text: str) -> str:
    """`text` without blanks, quotes and unseen marks around it: none of them begins or ends one."""
    return text.strip(string.whitespace + _UNSEEN + _QUOTES)


_HOST = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$")
# As a store may hold it: container names have underscores, IPv6 addresses brackets.
_ALIAS = re.compile(r"^(\w([\w.-]*\w)?|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$", re.ASCII)
_HUB = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9._/-]{0,254}[A-Za-z0-9])?$")
_GROUP = re.compile(r"^(\$Default|[A-Za-z0-9_]([A-Za-z0-9._-]{0,48}[A-Za-z0-9_])?)$", re.IGNORECASE)
_ACCOUNT = re.compile(r"^[a-z0-9]{3,24}$")
_CONTAINER = re.compile(r"^(\$(root|web|logs)|[a-z0-9](-?[a-z0-9]){2,62})$")


def namespace_of(text: str, key: str) -> str:
    """A namespace, fully qualified: `hgzero` means hgzero.servicebus.windows.net.

    Raises:
        ConfigError: It is none; `key` names the setting.
    """
    if "endpoint=" in text.lower():
        raise ConfigError(
            f"{key} holds a connection string: {masked(text)}",
            "Set it as EVENTHUB_CONNECTION_STRING; a namespace is only a host name.",
        )

    host = re.sub(r"^[A-Za-z]+://", "", cleaned(text)).rstrip("/")
    host = without_standard_port(host)

    if not _HOST.match(host):
        raise ConfigError(
            f"{key} is not a namespace: '{safe(text)}'.",
            "It looks like NAMESPACE.servicebus.windows.net",
        )

    return host if "." in host or host.startswith("localhost") else f"{host}.servicebus.windows.net"


def aliases_of(text: str, key: str) -> tuple[str, ...]:
    """Other names of the namespace, separated by commas, as they stand in a checkpoint store.

    Raises:
        ConfigError: One of them is no host name; `key` names the setting.
    """
    if "endpoint=" in text.lower():
        raise ConfigError(
            f"{key} holds a connection string: {masked(text)}",
            "An alias is only a host name, such as the one in its Endpoint.",
        )

    names = (re.sub(r"^[A-Za-z]+://", "", name.strip()).rstrip("/") for name in text.split(","))
    aliases = tuple(dict.fromkeys(name for name in names if name))

    for name in aliases:
        if not _ALIAS.match(name):
            raise ConfigError(
                f"{key} is not the name of a host: '{safe(name)}'.",
                "It looks like eventhubs-emulator:5672 or ALIAS.servicebus.windows.net",
            )

    return aliases


def hub_name_of(text: str, key: str) -> str:
    """An event hub's name.

    Raises:
        ConfigError: It is none; `key` names the setting.
    """
    name = text.strip()

    if "endpoint=" in name.lower():
        raise ConfigError(f"{key} holds a connection string, not a name: {masked(name)}")

    if not _HUB.match(name):
        raise ConfigError(
            f"{key} is not the name of an event hub: '{safe(name)}'.",
            "Names have letters, digits, '.', '-' and '_'.",
        )

    return name


def group_of(text: str, key: str) -> str:
    """A consumer group's name.

    Raises:
        ConfigError: It is empty, as where a shell expanded `$Default`, or malformed.
    """
    name = text.strip()

    if not name:
        raise ConfigError(
            f"{key} is empty: a shell takes $Default for a variable.",
            "Quote it: '$Default'",
        )

    if not _GROUP.match(name):
        raise ConfigError(
            f"{key} is not the name of a consumer group: '{safe(name)}'.",
            "Names have up to 50 letters, digits, '.', '-' and '_'; the default one is '$Default'.",
        )

    return name


def groups_of(text: str, key: str) -> tuple[str, ...]:
    """Names of consumer groups, separated by commas, each once: they ignore case.

    Raises:
        ConfigError: One of them is none; `key` names the setting.
    """
    names = [group_of(name, key) for name in text.split(",") if name.strip()]
    return tuple({name.lower(): name for name in reversed(names)}.values())[::-1]


def containers_of(text: str, key: str) -> tuple[str, ...]:
    """Container names, separated by commas.

    Raises:
        ConfigError: One of them is none; `key` names the setting.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))

    for name in names:
        if not _CONTAINER.match(name):
            raise ConfigError(
                f"{key} is not a container name: '{safe(name)}'.",
                "Names have 3 to 63 lower-case letters, digits and single hyphens.",
            )

    return names


class AccountUrl(NamedTuple):
    """A storage account's blob endpoint, and the container where the address named one."""

    url: Secret  # with its SAS, without the container
    container: str | None


def account_url_of(text: str, key: str) -> AccountUrl:
    """An account's or a container's address, with or without a SAS; `hgzero` is an account.

    Raises:
        ConfigError: It is none; `key` names the setting, the SAS stays hidden.
    """
    text = cleaned(text)
    is_account = _ACCOUNT.match(text)
    split = split_address(f"https://{text}.blob.core.windows.net" if is_account else text)
    advice = "It looks like https://ACCOUNT.blob.core.windows.net"

    if split is None:
        raise ConfigError(f"{key} is not the address of a storage account: {masked(text)}", advice)

    if any(service in split.netloc for service in (".dfs.", ".file.", ".queue.", ".table.")):
        raise ConfigError(
            f"{key} is not the blob address: {split.scheme}://{split.hostname}", advice
        )

    steps = [step for step in split.path.split("/") if step]
    account = steps[:1] if is_path_style(split) else []
    container = next(iter(steps[len(account) :]), None)
    base = split._replace(path="/".join(["", *account]), fragment="")

    return AccountUrl(Secret(base.geturl()), container)
