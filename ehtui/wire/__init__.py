"""How bytes travel: AMQP link and codec, storage HTTP, credentials, one limiter a namespace."""
