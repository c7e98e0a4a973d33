"""The palette: every action of the key table, and the themes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from typing_extensions import override

from ehtui.tui.keys import KEYS, Key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_UNLISTED = {"up", "down", "left", "right", "palette", "page-up", "page-down"}


class Commands(Provider):
    """Finds what the keys do by its words."""

    @override
    async def discover(self) -> Hits:
        for title, note, run in self._commands():
            yield DiscoveryHit(title, run, help=note)

    @override
    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)

        for title, note, run in self._commands():
            score = matcher.match(title)

            if score > 0:
                yield Hit(score, matcher.highlight(title), run, help=note)

    def _commands(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        for key in KEYS:
            if key.id not in _UNLISTED:
                yield key.description, f"key {key.written}", partial(self._run, key)

        for theme in sorted(self.app.available_themes):
            yield f"Theme: {theme}", "", partial(setattr, self.app, "theme", theme)

    async def _run(self, key: Key) -> None:
        await self.app.run_action(key.action, self.focused or self.screen)
