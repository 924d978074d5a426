"""Search inside one open chart: R4 search, from its parameters to the records found.

`parse_search` reads, `Search.run` finds. Everything is pure: the records come in as a Pool, and
nothing outside that pool can be reached.
"""

from chartkeep.clinical.search.indexed import Indexed
from chartkeep.clinical.search.pool import Found, Pool, Record
from chartkeep.clinical.search.query import Search, parse_search
from chartkeep.clinical.search.shortening import shorten
from chartkeep.clinical.search.sources import UnknownParameterError
from chartkeep.clinical.search.table import Parameter, parameters_of

__all__ = [
    "Found",
    "Indexed",
    "Parameter",
    "Pool",
    "Record",
    "Search",
    "UnknownParameterError",
    "parameters_of",
    "parse_search",
    "shorten",
]
