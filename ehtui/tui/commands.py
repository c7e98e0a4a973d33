"""The palette: every action of the key table, and the themes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from typing_extensions import override

from ehtui.tui.host import Host
from ehtui.tui.keys import KEYS, Key, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_KEY_CELLS = 11
_UNLISTED = {
    "look-back",
    "look-on",
    "zoom-in",
    "zoom-out",
    "copy-details",
    "only-ownership",
    "up",
    "down",
    "left",
    "right",
    "palette",
    "page-up",
    "page-down",
}


class Commands(Provider):
    """Finds what the keys do by its words."""

    @override
    async def discover(self) -> Hits:
        for key, title, run in self._commands():
            yield DiscoveryHit(_line(key, Content(title)), run, text=title)

    @override
    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)

        for key, title, run in self._commands():
            score = matcher.match(title)

            if score > 0:
                yield Hit(score, _line(key, matcher.highlight(title)), run, text=title)

    def _commands(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        for key in KEYS:
            if key.id not in _UNLISTED and key.action not in self._host.forbidden:
                yield key.written, key.description, partial(self._run, key)

        for theme in sorted(self.app.available_themes):
            yield "", f"Theme {theme}", partial(setattr, self.app, "theme", theme)

    @property
    def _host(self) -> Host:
        assert isinstance(self.app, Host)
        return self.app

    async def _run(self, key: Key) -> None:
        node = self.focused if key.scope is Scope.GRID else self.screen
        await self.app.run_action(key.action, self.app if key.scope is Scope.APP else node)


def _line(key: str, title: Content) -> Content:
    return Content.assemble((f"{key:<{_KEY_CELLS}}", "$primary"), title)
