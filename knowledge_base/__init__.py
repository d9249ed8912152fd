"""What is known: documents, answers, triage, safety, the rulebook. Needs nothing of the other packages."""
