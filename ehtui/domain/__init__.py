"""What is true: values, updates, `reduce()`, rules and plans. Pure: no IO, no clock, no words.

All times are UTC seconds since the epoch (`float`) and are passed in, never read. `None` is
unknown; zero is only ever a measured zero.
"""
