"""Groups that are configured are shown before the store knows them."""

from __future__ import annotations

from ehtui.domain.policy import Policy
from ehtui.domain.reduce import reduce, start
from ehtui.domain.updates import StoreRead
from ehtui.domain.world.store import StoreListing


def test_groups_that_are_configured_are_there_the_default_one_first() -> None:
    policy = Policy(default_group="Own", groups=("orders", "OWN", "Audit"))
    listing = StoreListing((), (), (), 1.0, 1.0, 0, 1)
    state = reduce(start(policy, 1.0, ("store",)), StoreRead(1.0, "store", listing, 0.0))

    assert [group.name for group in state.snapshot.groups] == ["Own", "orders", "Audit"]
    assert policy.spelled("audit") == "Audit"
