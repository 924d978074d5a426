"""Which promise a test attacks: what the house must withstand, by where the test stands.

The first pattern that fits decides; what fits none is shown under 0 and is not forgotten.
"""

import re

PROMISES = {
    1: "a stolen disk says nothing",
    2: "changed, swapped and misplaced objects are named",
    3: "whatever breaks or is killed, nothing acknowledged is lost",
    4: "a copy of yesterday is noticed",
    5: "a stolen application host is bounded, frozen, and listed exactly",
    6: "replay, forged requests and name dictionaries",
    7: "cut ledgers, hung witnesses and rogue administrators",
    8: "a door tells strangers nothing, and takes no harm from any request",
    9: "root on the primary destroys what he can: it is said, and all comes back, proved",
    0: "others",
}

_PLACES = (
    (9, r"attacks/test_acts|store/guard/|recovery/"),
    (8, r"fhir/|journeys/|console/|imaging/|intake/|bureau/|web/|clinical/ecg/|test_folders"),
    (1, r"attacks/test_(canaries|thief)"),
    (2, r"attacks/test_tampering|store/test_attacks|ledger/test_[tlnp]|verify/"),
    (3, r"attacks/test_(kills|breaking)|store/test_(crashes|hostile)"),
    (3, r"keyholder/test_(follower|crash|backup)"),
    (4, r"attacks/test_rollbacks|test_witnessing|tests/witness/"),
    (7, r"incident/(case/|test_desk)"),
    (5, r"attacks/test_(stolen|ordinary)|ledger/test_exposure|incident/"),
    (7, r"attacks/test_outages|store/test_service|keyholder/test_(shredding|ledger_file)"),
    (6, r"attacks/test_dictionary|keyholder/|wire/"),
)


def number_of(node: str) -> int:
    """Give the promise a test attacks."""
    file, _, _ = node.partition("::")
    return next((number for number, place in _PLACES if re.search(place, file)), 0)
