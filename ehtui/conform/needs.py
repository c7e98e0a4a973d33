"""What a check needs beside a hub that it may read, and how it may find nothing."""

from __future__ import annotations

from enum import Flag, auto


class Need(Flag):
    """One thing, or several."""

    NOTHING = 0
    KEY = auto()  # a key of the hub, to make wrong tokens with
    SEND = auto()  # may write events
    GROUP = auto()  # a consumer group of its own
    STORE = auto()  # may write blobs
    STORE_KEY = auto()  # the store's account key
    ADMIN = auto()  # may change hubs and groups: a sandbox's control port
    EMPTY = auto()  # a partition that was never written
    SLOW = auto()  # takes minutes


WITHOUT = {
    Need.KEY: "needs a shared key, to make tokens that are wrong",
    Need.SEND: "needs a hub that may be written to (--send)",
    Need.GROUP: "needs a consumer group of its own (--own-group)",
    Need.STORE: "needs a container that may be written to (--store)",
    Need.STORE_KEY: "needs the store's account key",
    Need.ADMIN: "needs a hub that can be changed: only the sandbox's control port is asked to",
    Need.EMPTY: "needs a partition that was never written, and there is none",
    Need.SLOW: "takes minutes, or half an hour (--slow)",
}


class SilentError(Exception):
    """Nothing came for too long."""


class NotHereError(Exception):
    """The check finds nothing here that it could look at; says what."""
