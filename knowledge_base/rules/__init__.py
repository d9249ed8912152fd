"""The law as dated, cited data: read from YAML a lawyer can change, and applied in three-valued logic."""
