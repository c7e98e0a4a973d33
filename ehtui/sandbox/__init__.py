"""An Event Hubs endpoint, a checkpoint store, real consumers and a producer, on loopback."""
