"""Criteria about other resources: chains and `_has`, inside the pool and nowhere else."""

from chartkeep.clinical.search.criteria import Criterion
from chartkeep.clinical.search.pool import Passes, Pool
from chartkeep.clinical.search.sources import Within, contained, references


class Chain:
    """`reference.parameter=value`: a resource it names passes; each is asked once."""

    def __init__(self, kind: str, link: str, inner: dict[str, Criterion]) -> None:
        self._kind, self._link, self._inner = kind, link, inner

    def bind(self, pool: Pool) -> Passes:
        """Give the test, looking at this pool."""
        inner = {kind: each.bind(pool) for kind, each in self._inner.items()}
        known: dict[tuple[str, str], bool] = {}

        def holds(target: tuple[str, str]) -> bool:
            if target not in known:
                test = inner.get(target[0])
                record = pool.get(*target) if test else None
                known[target] = bool(test and record and test(record))
            return known[target]

        def holds_within(part: Within) -> bool:
            test = inner.get(part.kind)
            return test is not None and test(part)

        return lambda record: (
            any(map(holds, references(record, self._link)))
            or any(map(holds_within, contained(record, self._link)))
        )

    def kinds(self) -> frozenset[str]:
        """Name the types it looks at."""
        return frozenset(self._inner).union(*(each.kinds() for each in self._inner.values()))


class Has:
    """`_has:Type:reference:parameter=value`: something that passes names the record."""

    def __init__(self, kind: str, link: str, inner: Criterion) -> None:
        self._kind, self._link, self._inner = kind, link, inner

    def bind(self, pool: Pool) -> Passes:
        """Give the test, looking at this pool."""
        inner = self._inner.bind(pool)
        named = {
            target
            for record in pool.of(self._kind)
            if inner(record)
            for target in references(record, self._link)
        }
        return lambda record: (record.kind, record.id) in named

    def kinds(self) -> frozenset[str]:
        """Name the types it looks at."""
        return self._inner.kinds() | {self._kind}
