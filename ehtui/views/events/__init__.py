"""How events look: what a body is, as a row, whole, and as a line of JSON. Bounded and harmless."""
