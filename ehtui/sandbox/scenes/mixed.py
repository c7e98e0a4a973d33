"""Scenes with two SDKs in one group, or two names of one namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Health, Severity
from ehtui.sandbox.scenes.scene import Expected, Scene
from ehtui.sandbox.scenes.setting import Setting

if TYPE_CHECKING:
    from ehtui.sandbox.scenes.stage import Stage


def _mixed(stage: Stage) -> None:
    stage.start_javascript("kappa")
    stage.start("alpha", "beta", "gamma")
    stage.settle(4)
    stage.cue()


def _two_names(stage: Stage) -> None:
    stage.start("alpha")
    stage.settle(1)
    stage.pause(3)
    stage.cue()
    stage.start_javascript("kappa")


def _other_name(stage: Stage) -> None:
    stage.cue()
    stage.start("alpha", "beta", address="localhost")


MIXED = (
    Scene(
        "mixed",
        "JavaScript and Python share a group",
        "Three Python consumers and a JavaScript one write the same names and share four "
        "partitions; each process is tied to its owner by what its log says.",
        _mixed,
        health=Health.OK,
        setting=Setting(has_port=False),
        needs_node=True,
        watch_s=12,
    ),
    Scene(
        "other-name",
        "The consumers know the namespace by another name",
        "Their Endpoint says localhost, ours 127.0.0.1: one machine, two names in the store. They "
        "live and read, and under our name there is nothing.",
        _other_name,
        expects=(Expected("store.other_name", Severity.WARNING, within=75),),
        watch_s=34,
    ),
    Scene(
        "two-names",
        "JavaScript and Python do not see each other",
        "The Endpoint names a port: Python writes it into the store, JavaScript does not. Each "
        "believes to be alone, and they take each other's links for ever.",
        _two_names,
        expects=(Expected("store.two_names", Severity.WARNING, within=20),),
        needs_node=True,
        watch_s=14,
    ),
)
