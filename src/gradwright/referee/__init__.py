"""Checking documents: statements, evidence, verdicts and likely slips."""
