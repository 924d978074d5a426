"""Whether a resource is what a profile asks: StructureDefinitions with snapshots, handed in.

Checks how often an element is there, types of a choice, fixed values and patterns, required
bindings, and all this inside each slice it can tell apart. What it cannot check (a slice told
apart by another profile, a value set nobody wrote out) is an `information` issue that says so.
Ignores mustSupport, invariants, and the profiles of inner types.
"""

from collections.abc import Iterator
from typing import Any

from chartkeep.clinical.element import path_text
from chartkeep.clinical.profile_tree import Found, Part, names_of, strangers, tree_of, values
from chartkeep.clinical.rules import Steps, packaged_sets
from chartkeep.clinical.slicing import demand, meets, members
from chartkeep.clinical.validating import Issue, bounded
from chartkeep.clinical.value_sets import Sets

Json = dict[str, Any]

_REASONS = {
    "fixed": ("value", "is not the value the profile fixes"),
    "pattern": ("value", "does not have what the profile asks for"),
    "codes": ("code-invalid", "has no code of the value set the profile asks for"),
}


def validate_profile(body: Json, definition: Json, sets: Sets | None = None) -> list[Issue]:
    """List what a resource lacks of a profile; empty if nothing. At most `validating.MOST`.

    `body`: a resource that is valid in itself. `sets`: value sets of the profile's package,
    written out. Raises BadInputError when the profile has no snapshot.
    """
    kind = str(definition.get("type", ""))
    if body.get("resourceType") != kind:
        return [Issue("error", "structure", "resourceType", f"the profile is of {kind}")]
    return bounded(_Check(kind, packaged_sets() | (sets or {})).node(tree_of(definition), body, ()))


class _Check:
    """One resource against one profile; what cannot be checked is said once."""

    def __init__(self, kind: str, sets: Sets) -> None:
        self._kind = kind
        self._sets = sets
        self._said: set[tuple[str, str]] = set()

    def node(self, part: Part, node: Json, steps: Steps) -> Iterator[Issue]:
        """Check every child the profile has of one node."""
        for child in part.children.values():
            found = [((*steps, *place), value) for place, value in values(child, node)]
            for name in strangers(child, node):
                yield self._error((*steps, name), "structure", "is a type the profile refuses")
            yield from self._count(child, found, (*steps, child.name))
            for place, value in found:
                yield from self._value(child, value, place)
            yield from self._slices(child, node, steps)

    def _count(
        self, part: Part, found: list[Found], steps: Steps, named: str = ""
    ) -> Iterator[Issue]:
        least, most = part.element.get("min", 0), part.element.get("max", "*")
        of = f" of slice {named}" if named else ""
        if len(found) < least:
            message = f"is there {len(found)} times{of}; the profile asks for {least}"
            yield self._error(steps, "required", message)
        if most != "*" and len(found) > int(most):
            message = f"is there {len(found)} times{of}; the profile allows {most}"
            yield self._error(steps, "structure", message)

    def _value(self, part: Part, value: Any, steps: Steps) -> Iterator[Issue]:
        if value is None:
            return
        wanted = demand(part.element, self._sets)
        if wanted is None:
            yield from self._unknown_set(part, steps)
        elif not meets(wanted, value):
            yield self._error(steps, *_REASONS[wanted[0]])
        if isinstance(value, dict):
            yield from self.node(part, value, steps)

    def _slices(self, part: Part, node: Json, steps: Steps) -> Iterator[Issue]:
        found = values(part, node)
        left = list(found)
        known = True
        for name, piece in part.slices.items():
            chosen = members(part, piece, found, self._sets)
            if chosen is None:
                known = False
                if found or piece.element.get("min"):
                    text = "its slices are told apart by what cannot be checked here"
                    yield from self._say((*steps, part.name), text)
                continue
            left = [each for each in left if each not in chosen]
            yield from self._count(piece, chosen, (*steps, part.name), name)
            for place, value in chosen:
                yield from self._value(piece, value, (*steps, *place))
        if left and known and part.element.get("slicing", {}).get("rules") == "closed":
            yield self._error((*steps, *left[0][0]), "structure", "is no slice the profile allows")

    def _unknown_set(self, part: Part, steps: Steps) -> Iterator[Issue]:
        binding = part.element.get("binding", {})
        bound = binding.get("strength") == "required" and set(names_of(part).values()) & {
            "CodeableConcept", "Coding", "code", "Quantity",
        }  # fmt: skip
        if bound:
            yield from self._say(steps, f"{binding.get('valueSet')} cannot be checked here")

    def _say(self, steps: Steps, text: str) -> Iterator[Issue]:
        element = path_text(self._kind, [step for step in steps if isinstance(step, str)])
        if (element, text) not in self._said:
            self._said.add((element, text))
            yield Issue("information", "not-supported", path_text(self._kind, steps), text)

    def _error(self, steps: Steps, code: str, text: str) -> Issue:
        return Issue("error", code, path_text(self._kind, steps), text)
