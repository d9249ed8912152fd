"""The use cases of intake and conversation, as functions over ports."""
