"""Showing a derivation, an equality and a report on a document, in every format."""
