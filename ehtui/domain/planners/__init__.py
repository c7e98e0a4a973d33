"""A request and the picture become a Plan, or a Refusal with its reason: an action a file.

`Request.plan` is the one way in; nobody outside asks which planner it is.
"""
