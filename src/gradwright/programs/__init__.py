"""Programs in Python: their formula, and verdicts on backward passes written by hand. Owns: formula, verify.

Never: traces (``read/program`` does), differentiates. Only a program that a caller hands over is ever run.
"""

from gradwright.programs.expressions import formula
from gradwright.programs.verdicts import verify

__all__ = ["formula", "verify"]
