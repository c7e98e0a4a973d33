"""The overview and the dialogs."""
