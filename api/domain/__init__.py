"""What the law and the house rules make of facts: pure state machines, clocks and the audit chain."""
