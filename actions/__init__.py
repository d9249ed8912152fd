"""The hands of the dialogue: what Rasa calls, what it gets back, and the words both sides share for it."""
