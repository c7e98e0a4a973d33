"""Played situations: real consumers, and the findings that each must and must not bring."""

from ehtui.sandbox.scenes.calm import CALM
from ehtui.sandbox.scenes.faults import FAULTS
from ehtui.sandbox.scenes.mixed import MIXED
from ehtui.sandbox.scenes.processes import PROCESSES
from ehtui.sandbox.scenes.scene import Expected, Scene
from ehtui.sandbox.scenes.setting import Setting
from ehtui.sandbox.scenes.stage import Stage
from ehtui.sandbox.scenes.streams import STREAMS

SCENES = {scene.name: scene for scene in (*CALM, *FAULTS, *STREAMS, *PROCESSES, *MIXED)}

__all__ = ["SCENES", "Expected", "Scene", "Setting", "Stage"]
