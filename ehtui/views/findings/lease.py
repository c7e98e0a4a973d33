"""Partitions without a live owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.views import formats
from ehtui.views.basis import basis
from ehtui.views.case import Case, Words
from ehtui.views.findings.forecast import joined, takeover
from ehtui.views.telling import have, it

if TYPE_CHECKING:
    from collections.abc import Mapping


def _unowned(case: Case) -> str:
    lasting, them = case.since("unowned_since_at"), it(case.places)
    nobody = f"{case.where} {have(case.places)} no owner for {lasting}"

    if case.text("state") == "never_owned":
        nobody = f"{case.where} never had an owner (watched for {lasting})"
    elif case.text("last_owner"):
        nobody = f"{nobody}: {case.owner('last_owner')} gave {them} up"

    return joined(nobody, _waiting(case), takeover(case))


def _waiting(case: Case) -> str:
    lag = case.whole("lag")

    return f"{formats.plural(lag, 'event')} wait" + ("s" if lag == 1 else "") if lag else ""


def _unowned_advice(case: Case) -> tuple[str, ...]:
    lines = [
        f"Nobody reads {it(case.places)} until a consumer of the group claims {it(case.places)}."
    ]

    if case.whole("live_owners") or case.whole("standbys"):
        lines.append(
            "Consumers of the group are alive: one of them should claim it in its next round "
            f"(within {case.lasting('grace_s')}). If none does, look at their logs for "
            "“claim_ownership” and “load-balancing” errors."
        )
    else:
        lines.append("No consumer of the group is alive: start one.")

    return tuple(lines)


def _overdue(case: Case) -> str:
    if case.number("process_gone_at") is not None and not case.text("signal"):
        ended = f"(process {case.pid}) ended {case.time('process_gone_at')} without release"

        return joined(f"{case.where}: its owner {case.owner()} {ended}", takeover(case))

    when = f" {case.time('renewed_at')}" if case.number("renewed_at") is not None else ""
    stopped = f"{case.where}: owner {case.owner()} stopped renewing{when}"

    return joined(stopped, _process(case))


def _process(case: Case) -> str:
    """What became of the owner's process, where that is known."""
    pid = case.whole("pid")

    if pid is None:
        return ""

    if case.text("signal"):
        verb = "killed" if case.text("signal") == "KILL" else f"sent SIG{case.text('signal')}"
        return f"its process {pid} was {verb} by you {case.time('signalled_at')}"

    if case.number("process_gone_at") is not None:
        return f"its process {pid} ended {case.time('process_gone_at')}"

    return f"its process {pid} still runs"


def _dead_since(case: Case) -> float | None:
    """When the owner died, as far as that is known: its end, a fatal signal, its last renewal."""
    gone = case.number("process_gone_at")

    if gone is None and case.text("signal") == "KILL":
        gone = case.number("signalled_at")

    return case.number("renewed_at") if gone is None else gone


def _no_live_owner(case: Case) -> str:
    dead_since = _dead_since(case) or case.number("expires_at")
    lasting = f" for {case.say.since(dead_since)}" if dead_since is not None else ""

    return joined(f"{case.where} {have(case.places)} no live owner{lasting}", takeover(case))


def _overdue_headline(case: Case) -> str:
    if case.number("process_gone_at") is not None or case.text("signal") == "KILL":
        return _no_live_owner(case)

    known = case.number("renewed_at") is not None
    lasting = f"has not renewed for {case.since('renewed_at')}" if known else "stopped renewing"
    silent = f"{case.where}: {case.owner()} {lasting}"
    expires = case.number("expires_at")
    lapse = f"its lease runs out {case.say.time(expires)}" if expires is not None else ""

    return joined(silent, takeover(case) or lapse)


def _overdue_advice(case: Case) -> tuple[str, ...]:
    every, length = case.number("renewed_every_s"), case.number("expires_after_s")
    rhythm = f"It used to renew every {formats.duration(every)}. " if every is not None else ""

    if case.number("expires_at") is None:
        return (f"{rhythm}When its lease runs out is not known.", _way_out(case))

    judged = f", judged by {basis(case.text('expiry_basis'))}" if case.text("expiry_basis") else ""
    after = f", {formats.duration(length)} after the last renewal" if length is not None else ""

    return (
        f"{rhythm}Its lease runs out {case.time('expires_at')}{after}{judged}. {_until_then(case)}",
        _way_out(case),
    )


def _until_then(case: Case) -> str:
    """Whoever takes over judges the expiry, by its own settings."""
    earliest, expires = case.number("takeover_earliest_at"), case.number("expires_at")

    if earliest is not None and expires is not None and earliest < expires:
        return f"A consumer with a shorter expiry may take {it(case.places)} sooner."

    return f"Until then nobody else may take {it(case.places)}."


def _way_out(case: Case) -> str:
    pid = case.whole("pid")

    if pid is not None and case.number("process_gone_at") is None:
        return (
            f"Process {pid} still runs: a blocked event loop stops renewals. Look at its CPU and "
            "log; if it hangs, end it, and the lease runs out by itself."
        )

    if case.whole("survivors") or case.whole("standbys"):
        return "Nothing to do: a survivor takes over by itself, and reads on from the checkpoint."

    return "No other consumer of the group is alive: start one, it takes over at expiry."


def _expired(case: Case) -> str:
    when = case.number("expires_at")
    told = case.say.time(when) if when is not None else "before ehtui looked"
    ran_out = f"{case.owner()}'s lease ran out {told}"

    return joined(f"{_no_live_owner(case)}", ran_out, _process(case))


def _expired_advice(case: Case) -> tuple[str, ...]:
    lines = [f"Events of {case.where} wait at the checkpoint; none is lost while retention lasts."]
    lines.append(_way_out(case))

    if case.whole("survivors"):
        lines.append(
            "If it stays free though others are alive, they may use a longer expiry than "
            f"{case.lasting('expires_after_s')}: set lease.expires_after_s."
        )

    return tuple(lines)


LEASE_WORDS: Mapping[str, Words] = {
    "partition.unowned": Words(_unowned, _unowned_advice),
    "lease.overdue": Words(_overdue, _overdue_advice, _overdue_headline),
    "lease.expired": Words(_expired, _expired_advice, _no_live_owner),
}
