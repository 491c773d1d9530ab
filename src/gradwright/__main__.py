"""``python -m gradwright``."""

from gradwright.doors.cli import main

main()
