"""Judged facts: one module per theme, one row per id in `evidence_records.FINDINGS`.

A finding is an id, a subject and typed evidence; its sentence and advice are made in `views`, in
the module of the same theme. `gather.gather` asks in the order of causes: what a root cause
explains is not told again.
"""
