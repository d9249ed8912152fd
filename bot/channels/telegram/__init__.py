"""Telegram: updates come in by webhook or polling, answers go out through the Bot API (https://core.telegram.org/bots/api)."""
