"""`python -m steadfit` is the command `steadfit`."""

from steadfit.cli import main

main()
