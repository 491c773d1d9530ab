"""``python -m gradwright``."""

from gradwright.cli import main

main()
