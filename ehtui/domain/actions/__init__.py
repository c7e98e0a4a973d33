"""What is done to the world: request, plan, target, outcome, event.

A *request* is what somebody asks for: one frozen class an action, whose `plan(context)` is the one
way in. A *plan* is what doing it will do, judged by the newest picture and shown before anything is
touched; a `Refusal` says why there is none. A *target* is one process that a plan is for: what the
plan does to it, and what it loses. An *outcome* is how that ended, in fields; what the timeline
tells of it is an *event*.
"""
