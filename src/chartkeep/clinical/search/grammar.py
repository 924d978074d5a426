"""The subset of FHIRPath the official search expressions are written in, read into a tree.

Paths, `|`, `and`, `=`, `!=`, `is`, `as`, indexes, `%resource`, and the functions `as`, `ofType`,
`where`, `exists`, `resolve`. The grammar's source is FHIRPath N1; what is not listed is refused,
so a new expression that needs more is noticed when the table is made.
"""

import re

import msgspec

from chartkeep.errors import BadInputError

_WORD = re.compile(r"\s*(?:(%?[A-Za-z_]\w*)|'([^']*)'|(\d+)|(!=|[.()\[\]|=]))")


class Name(msgspec.Struct, frozen=True):
    """A resource type at the beginning, `%resource`, or an element of what stands before it."""

    name: str


class Literal(msgspec.Struct, frozen=True):
    """A string, or true or false."""

    value: str | bool


class Step(msgspec.Struct, frozen=True):
    """`of.name`."""

    of: "Node"
    name: str


class Index(msgspec.Struct, frozen=True):
    """`of[at]`."""

    of: "Node"
    at: int


class Call(msgspec.Struct, frozen=True):
    """`of.function(argument)`; `as T` is the call of `as`."""

    of: "Node"
    function: str
    argument: "Node | None"


class Two(msgspec.Struct, frozen=True):
    """Two nodes and an operator: `|`, `and`, `=`, `!=`, `is`."""

    operator: str
    left: "Node"
    right: "Node"


Node = Name | Literal | Step | Index | Call | Two
HERE = Name("$this")
_FUNCTIONS = frozenset({"as", "ofType", "where", "exists", "resolve"})
_BINDING = (("and",), ("=", "!="), ("|",), ("is", "as"))
"""Operators, the loosest first (FHIRPath 7, operator precedence)."""


def parse(expression: str) -> Node:
    """Read an expression. Raises BadInputError when it is outside the subset."""
    reader = _Reader(_words(expression))
    node = reader.operators(0)
    reader.take("")
    return node


def _words(expression: str) -> list[str]:
    words, place = [], 0
    text = expression.rstrip()
    while place < len(text):
        found = _WORD.match(text, place)
        if found is None:
            raise BadInputError("a search expression has a sign FHIRPath does not know")
        words.append(f"'{found[2]}" if found[2] is not None else found[0].strip())
        place = found.end()
    return [*words, ""]


class _Reader:
    """Recursive descent over the words; it only moves forward."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._place = 0

    def take(self, *wanted: str) -> str:
        """Take the next word, which must be one of those wanted when any are named."""
        word = self._words[self._place]
        if wanted and word not in wanted:
            raise BadInputError("a search expression is outside the FHIRPath known here")
        self._place += 1
        return word

    def next(self) -> str:
        return self._words[self._place]

    def operators(self, level: int) -> Node:
        if level == len(_BINDING):
            return self.path()
        node = self.operators(level + 1)
        while self.next() in _BINDING[level]:
            operator = self.take()
            right = self.operators(level + 1)
            node = Call(node, "as", right) if operator == "as" else Two(operator, node, right)
        return node

    def path(self) -> Node:
        node = self.first()
        while self.next() in {".", "["}:
            if self.take() == "[":
                node = Index(node, int(self.take()))
                self.take("]")
            else:
                node = self.step(node, self.take())
        return node

    def first(self) -> Node:
        word = self.take()
        if word == "(":
            node = self.operators(0)
            self.take(")")
            return node
        if word.startswith("'"):
            return Literal(word[1:])
        if word in {"true", "false"}:
            return Literal(word == "true")
        if self.next() == "(":
            return self.step(HERE, word)
        return Name(word)

    def step(self, node: Node, word: str) -> Node:
        if self.next() != "(":
            return Step(node, word)
        if word not in _FUNCTIONS:
            raise BadInputError("a search expression calls a function not known here")
        self.take("(")
        argument = None if self.next() == ")" else self.operators(0)
        self.take(")")
        return Call(node, word, argument)
