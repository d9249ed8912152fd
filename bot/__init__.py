"""The conversation edge: channels, gateway, and the dialogue engine behind them."""
