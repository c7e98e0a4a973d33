"""The palette: what the keys do, found by its words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.tui.host import Host
from ehtui.tui.keys import KEYS, Key, Scope
from ehtui.tui.obstacles import Judging, obstacle
from ehtui.tui.places import PlaceError
from ehtui.tui.screens.tables import TableScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KEY_CELLS = 11
_ELSEWHERE = frozenset({Scope.APP, Scope.GRID})
_NOT_HERE = {"palette", "command-line", "left", "right"}


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
        scopes = self.screen.SCOPES if isinstance(self.screen, TableScreen) else _ELSEWHERE

        for key in KEYS:
            is_heard = key.scope in scopes
            is_named = not key.is_motion and key.id not in _NOT_HERE

            if is_heard and is_named:
                reason = self._reason(key)
                off = f" ({reason})" if reason else ""
                yield key.written, f"{key.description}{off}", partial(self._run, key)

        for name in self.app.hub_names if isinstance(self.app, Host) else ():
            yield "", f"Hub {safe(name)}", partial(self._enter, name)

        for theme in sorted(self.app.available_themes):
            yield "", f"Theme {theme}", partial(setattr, self.app, "theme", theme)

    def _reason(self, key: Key) -> str:
        """Why it can do nothing just now; whoever chooses it all the same is told at length."""
        assert isinstance(self.app, Host)
        below = self.screen if isinstance(self.screen, Judging) else None

        if below is not None:
            return obstacle(key, below.situation)

        return "read-only" if key.action in self.app.forbidden else ""

    def _enter(self, name: str) -> None:
        assert isinstance(self.app, Host)

        try:
            self.app.enter_named(name)
        except PlaceError as error:
            self.app.say(str(error), "warning")

    async def _run(self, key: Key) -> None:
        node = self.focused if key.scope is Scope.GRID else self.screen
        await self.app.run_action(key.action, self.app if key.scope is Scope.APP else node)


def _line(key: str, title: Content) -> Content:
    return Content.assemble((f"{key:<{_KEY_CELLS}}", "$primary"), title)
