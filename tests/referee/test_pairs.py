"""Small documents that differ in one place, ``«right|wrong»``: nothing is said of the one, the other is refuted.

They stand in pairs.txt, one after the other, and are of many subjects and turns of phrase.
"""

import re
from pathlib import Path

import pytest

import gradwright as gw

_PAIRS = (Path(__file__).parent / "pairs.txt").read_text(encoding="utf-8").strip().split("\n\n---\n\n")
_PLACE = re.compile(r"«(?P<right>(?:[^|»]|\\\|)*?)(?<!\\)\|(?P<wrong>(?:[^»])*)»")


def verdicts(document: str, which: str) -> list[str]:
    said, count = _PLACE.subn(lambda found: found[which], document)
    assert count == 1
    return [relation.verdict for relation in gw.check(said).relations]


@pytest.mark.parametrize("document", _PAIRS, ids=range(len(_PAIRS)))
def test_a_right_document_is_spared_and_its_damage_found(document: str) -> None:
    right = verdicts(document, "right")
    assert not {*right} & {"refuted", "needs", "layout", "unread"}
    assert "refuted" in verdicts(document, "wrong")
