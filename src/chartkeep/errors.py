"""The errors of the whole house, divided by who must act.

`RefusedError`: the caller asked for something that may not be; asking again changes nothing.
`DamagedError`: bytes are not what they were; whoever keeps the data must act.
`UnavailableError`: try later.

Messages are lower case, without full stop, and never hold patient content, keys or raw bytes.
"""


class ChartkeepError(Exception):
    """The root of every error this house raises; `hint` says what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class RefusedError(ChartkeepError):
    """The caller must act: the request breaks a rule."""


class DamagedError(ChartkeepError):
    """The keeper of the data must act: something is not what was written."""


class UnavailableError(ChartkeepError):
    """Try later: a part of the house does not answer."""


class SealBrokenError(DamagedError):
    """Sealed bytes do not open: they were changed, or belong somewhere else."""


class UnknownFormatError(DamagedError):
    """A format or a version this software does not know; it never guesses."""


class LedgerBrokenError(DamagedError):
    """A ledger contradicts itself or what a witness saw: a rollback, a fork, a changed line."""


class UnknownWriteError(DamagedError):
    """Nobody knows what reached the disk; the process must stop and start again."""


class BadInputError(RefusedError):
    """What came in is not what the standard says; the message names the place."""


class NotAllowedError(RefusedError):
    """A role, a relation, a consent or a session does not carry this."""


class OverBudgetError(RefusedError):
    """The opening would pass a budget."""


class GuessedError(OverBudgetError):
    """Too many wrong guesses were made about one chart."""


class FrozenError(RefusedError):
    """Releases are frozen for this session, instance or site."""


class NotFoundError(RefusedError):
    """There is no such chart, entry or principal."""


class TooWideError(RefusedError):
    """A search means more than one answer shows: narrow it."""


class FalseWriterError(RefusedError):
    """Sealed under a key of another writer, or outside its lease: somebody must look into it."""


class StaleError(RefusedError):
    """The caller wants to change a version that is not the present one any more."""


class ConflictError(RefusedError):
    """The same source and key came before with other bytes, or a version was already taken."""
