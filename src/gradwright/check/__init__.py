"""Checking by arithmetic. ``gradwright.check`` is this room and, called,
the check of a document: both names are wanted,
and Python sets the attribute of a package to its submodule as soon as that is imported, so the module is callable.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """``gradwright.check(text, …)``: every relation of a document with its verdict."""
        from gradwright.document.checker import check

        return check(*arguments, **options)


sys.modules[__name__].__class__ = _Room
