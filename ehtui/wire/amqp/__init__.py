"""AMQP 1.0 without sockets: bytes in, events out. The monitor's client and the sandbox use it."""
