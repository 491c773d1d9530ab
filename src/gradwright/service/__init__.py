"""Answers as data, with limits: what page, editor and agents share."""
