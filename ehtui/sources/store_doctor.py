"""A checkpoint store's way in, step by step: account, clock, containers, rights, and records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.diagnosis import Check, Verdict
from ehtui.domain.problems import ProblemError
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.sources.store import StoreSource
from ehtui.wire.storage import address_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ehtui.config.settings import Settings
    from ehtui.domain.world.store import Checkpoint, Ownership, StoreListing
    from ehtui.wire.storage import BlobAccount, BlobItem, StorageAddress

SKEW_WORTH_TELLING_S = 5.0
SKEW_THAT_BREAKS_S = 300.0  # a signature of ours would be expired, or not valid yet
MOST_CONTAINERS = 10  # that are looked into


class StoreDoctor(Value, frozen=True):
    """Asks one account everything once; nothing is written."""

    settings: Settings
    clock: Callable[[], float]

    async def checks(self) -> AsyncIterator[Check]:
        """Every check in its order, each as soon as it is known."""
        try:
            address = address_of(self.settings.checkpoint_store)
        except ProblemError as error:
            yield Check.of("store.configuration", error.problem)
            return

        yield _store_configured(address)
        account = _open_account(address, self.clock)

        try:
            async for check in self._account(address, account):
                yield check
        finally:
            await account.close()

    async def _account(self, address: StorageAddress, account: BlobAccount) -> AsyncIterator[Check]:
        names = self.settings.checkpoint_store.containers
        names = names or ((address.container,) if address.container else ())
        is_clock_told = False

        if not names:
            try:
                names = tuple(await account.list_containers())
            except ProblemError as error:
                yield Check.of("store.containers", error.problem)
                return

            told = f"{len(names)} containers, none of them named in the configuration."
            yield Check("store.containers", Verdict.OK, told)

        was_listed = False

        for name in names[:MOST_CONTAINERS]:
            try:
                page = await account.list_page(name)
            except ProblemError as error:
                yield Check.of("store.list", error.problem)
                continue

            if not is_clock_told and page.server_time is not None:
                yield _clock(page.server_time - page.read_at)
                is_clock_told = True

            was_listed = True
            many = "more than " if page.marker else ""
            told = f"Container {safe(name)!r} may be listed: {many}{len(page.blobs):,} blobs."
            yield Check("store.list", Verdict.OK, told)

            if page.blobs:
                yield await _read(account, name, page.blobs[0])

        if was_listed:
            yield await self._records(account)
        else:
            told = "Not looked for: no container could be listed."
            yield Check("store.records", Verdict.SKIPPED, told)

    async def _records(self, account: BlobAccount) -> Check:
        event_hub = self.settings.eventhub
        address = event_hub.address
        source = StoreSource(
            self.settings.checkpoint_store,
            namespace=address.namespace if address else "",
            hub=event_hub.name or (address.entity_path if address else "") or "",
            group=event_hub.consumer_group,
            aliases=event_hub.aliases,
            clock=self.clock,
            account=account,
        )

        try:
            listing = (await source.read()).listing
        except ProblemError as error:
            return Check.of("store.records", error.problem)

        return _records_of(listing, event_hub.consumer_group)


def _store_configured(address: StorageAddress) -> Check:
    way = "the account key" if address.key else "a SAS" if address.sas else "Entra ID"
    proxy = address.proxy
    through = f", through the proxy {proxy.shown}" if proxy else ""
    told = f"Account {safe(address.account)!r} at {address.host}, with {way}{through}."
    return Check("store.configuration", Verdict.OK, told)


def _clock(ahead_s: float) -> Check:
    amount = abs(ahead_s)

    if amount < SKEW_WORTH_TELLING_S:
        return Check("clock", Verdict.OK, "This host's clock and the store's agree within 5 s.")

    side = "behind" if ahead_s > 0 else "ahead of"
    told = f"This host's clock is {amount:,.0f} s {side} the store's."
    verdict = Verdict.FAILED if amount >= SKEW_THAT_BREAKS_S else Verdict.NOTE
    return Check("clock", verdict, told, "Let the host's clock follow a time server.")


async def _read(account: BlobAccount, container: str, item: BlobItem) -> Check:
    try:
        await account.get_blob(container, item.name)
    except ProblemError as error:
        return Check.of("store.read", error.problem)

    return Check("store.read", Verdict.OK, f"Blobs of {safe(container)!r} may be read.")


def _records_of(listing: StoreListing, group: str) -> Check:
    records: list[Ownership | Checkpoint] = [*listing.ownerships, *listing.checkpoints]
    mine = [record for record in records if record.group.lower() == group.lower()]
    layouts = sorted({record.layout.value for record in mine})

    if mine:
        told = f"{len(mine)} records of {safe(group)!r}, written as {', '.join(layouts)}."
        return Check("store.records", Verdict.OK, told)

    others = sorted({record.group for record in records})

    if others:
        names = ", ".join(safe(name) for name in others[:5])
        told = f"No record of {safe(group)!r}; there are some of {names}."
        return Check("store.records", Verdict.NOTE, told, "Check the consumer group's name.")

    if listing.elsewhere:
        first = listing.elsewhere[0]
        told = f"Records stand under another name of the namespace: {safe(first.namespace)}."
        advice = f"If that is this namespace, set eventhub.aliases: [{safe(first.namespace)}]."
        return Check("store.records", Verdict.NOTE, told, advice)

    told = "No owner or checkpoint of this event hub is recorded yet."
    advice = "Start a consumer with a checkpoint store, or check the container's name."
    return Check("store.records", Verdict.NOTE, told, advice)


def _open_account(address: StorageAddress, clock: Callable[[], float]) -> BlobAccount:
    from ehtui.wire.storage_client import HttpBlobAccount  # noqa: PLC0415 - httpcore

    return HttpBlobAccount(address, clock=clock)
