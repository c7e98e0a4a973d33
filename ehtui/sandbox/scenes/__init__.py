"""Played situations: real consumers, and the findings that each must and must not bring."""

from ehtui.sandbox.scenes.consumers import CALM, FAULTS
from ehtui.sandbox.scenes.deployments import DEPLOYMENTS, Deployment
from ehtui.sandbox.scenes.scene import Expected, Scene
from ehtui.sandbox.scenes.stage import Setting, Stage
from ehtui.sandbox.scenes.surroundings import MIXED, PROCESSES, STREAMS

SCENES = {scene.name: scene for scene in (*CALM, *FAULTS, *STREAMS, *PROCESSES, *MIXED)}

__all__ = ["DEPLOYMENTS", "SCENES", "Deployment", "Expected", "Scene", "Setting", "Stage"]
