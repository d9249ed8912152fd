"""The pure parts of intake."""
