"""Intake, conversations and the staff console: usable without any bot."""
