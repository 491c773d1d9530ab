"""Checking a document: every relation of its mathematics gets a verdict. Entry: ``document.checker.check``."""
