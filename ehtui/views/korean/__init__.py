"""한국어: the sentences of findings, Why?, the legend and the header, in modules of the same names.

They give the same types as the English ones (`FindingText`, `CheckText`, …), tied to the same
kinds, so that mypy refuses a sentence for another rule's evidence; `tests/views/test_korean.py`
misses what has none. `Phrasing.language` chooses; nobody loads them who reads English.
"""
