"""Official texts in, documents out: every line is placed, or reported with its file and number."""
