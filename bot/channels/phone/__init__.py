"""The telephone: one call flow, whichever way a call comes in."""
