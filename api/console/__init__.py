"""Staff pages, rendered on the server: they work with a keyboard, a screen reader, and without JavaScript."""
