"""Snapshot or plan into rows, cells, sentences and documents. Pure."""
