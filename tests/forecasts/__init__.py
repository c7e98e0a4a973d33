"""`make forecasts`: kills of real consumers, each forecast held against what the store showed."""
