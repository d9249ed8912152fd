"""The public JSON routes: knowledge, triage, eligibility, intake, health."""
