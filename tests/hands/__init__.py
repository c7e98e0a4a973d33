"""Restarts, starts and signals against real processes, real files and real limits."""
