"""Print the tables of docs/formats/which-chart.md from the code that decides.

python tools/which_chart.py > docs/formats/which-chart.md
"""

from pathlib import Path

from chartkeep.clinical.deciding import DECIDING, FACILITY, REFUSED
from chartkeep.clinical.sections import RESTRICTING, SECTIONS

MARK = "<!-- from here on printed by tools/which_chart.py -->\n"
PAGE = Path(__file__).parent.parent / "docs/formats/which-chart.md"


def tables() -> str:
    """Print every resource type of FHIR R4 with what decides about it."""
    rows = [
        f"| {kind} | {rule.element} | {SECTIONS[kind].name.lower()} | {rule.absent.value} |"
        for kind, rule in DECIDING.items()
    ]
    refused = [f"| {kind} | {reason} |" for kind, reason in REFUSED.items()]
    labels = [f"| {system} | {' '.join(sorted(RESTRICTING[system]))} |" for system in RESTRICTING]
    return "\n".join(
        [
            "\n## Types with a deciding element\n",
            "| Type | Deciding element | Section of a chart | When it names nobody |",
            "|---|---|---|---|",
            *rows,
            "\n## Types that concern no patient: the facility's ordinary section\n",
            ", ".join(sorted(FACILITY)),
            "\n## Types that are never kept\n",
            "| Type | Why |",
            "|---|---|",
            *refused,
            "\n## Labels that restrict\n",
            "| Code system | Codes |",
            "|---|---|",
            *labels,
            "",
        ]
    )


if __name__ == "__main__":
    print(PAGE.read_text().partition(MARK)[0] + MARK + tables(), end="")
