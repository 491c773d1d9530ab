"""Small documents that differ in one place, ``«right|wrong»``: nothing is said of the one, the other is refuted.

They stand in pairs.txt, one after the other, and are of many subjects and turns of phrase. Those in spared.txt are right,
and a lecture's way of saying things makes them hard: they may be unread in part, and nothing in them is called false.
"""

import re
from pathlib import Path

import pytest

import gradwright as gw


def _documents(name: str) -> list[str]:
    return (Path(__file__).parent / name).read_text(encoding="utf-8").strip().split("\n\n---\n\n")


_PAIRS, _SPARED = _documents("pairs.txt"), _documents("spared.txt")
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


@pytest.mark.parametrize("document", _SPARED, ids=range(len(_SPARED)))
def test_nothing_right_is_called_false(document: str) -> None:
    assert not {r.verdict for r in gw.check(document).relations} & {"refuted", "needs", "layout"}


@pytest.mark.parametrize(
    ("said", "claim"),
    [
        (r"The SVD is $X = U S V^\top$.", r"$X^\top X = V S^2 V^\top$"),
        (r"By the eigendecomposition $A = Q D Q^\top$.", r"$A^2 = Q D^2 Q^\top$"),
        (r"With the QR decomposition $A = Q R$", r"$A^\top A = R^\top R$"),
        (r"Its Cholesky decomposition is $A = L L^\top$.", r"$\det A = \prod_i L_{ii}^2$"),
        (r"The LU decomposition is $A = L U$.", r"$\det A = \prod_i L_{ii} U_{ii}$"),
    ],
)
def test_a_decomposition_that_is_named_says_what_its_factors_are(said: str, claim: str) -> None:
    assert gw.check(f"{said} Then {claim}.").relations[-1].verdict in ("proved", "confirmed")
    unnamed = re.sub(r"SVD|eigendecomposition|QR decomposition|Cholesky decomposition|LU decomposition", "form", said)
    assert gw.check(f"{unnamed} Then {claim}.").relations[-1].verdict not in ("proved", "confirmed")
