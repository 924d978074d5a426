"""Invented intrusions: two ordinary weeks of a small hospital's logs, and one thing that is not.

    staged = stage("vpn guessed", seed=1)
    staged.files       # logs as other machines write them, each with its own clock and zone
    staged.house       # what the house's own ledger said
    staged.truth       # the first foreign act and its door, by name; nothing else knows it

Everything is invented, addresses of the outside are those of RFC 5737 and a few that nobody uses
for attacks. Pure: a seed gives the same bytes on every machine.
"""

from chartkeep.inventor.intrusions.plots import PLOTS, UNANSWERABLE, stage

__all__ = ["PLOTS", "UNANSWERABLE", "stage"]
