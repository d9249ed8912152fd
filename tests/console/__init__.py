"""Tests of the staff console and its JSON twin."""
