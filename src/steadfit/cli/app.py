"""The command line itself; `steadfit.cli.commands` registers its commands."""

from cyclopts import App

app = App(
    name="steadfit",
    help="Find out how much of your network's error is chance, which regularizers reduce it, and "
    "get the best model.",
    version_flags=["--version"],
    help_format="plaintext",  # markdown would take a third of the time of --help
    suppress_keyboard_interrupt=False,  # `steadfit.cli.main` says how to go on
)
