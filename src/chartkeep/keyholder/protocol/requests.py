"""All that a keyholder hears, and a follower from its primary."""

from chartkeep.keyholder.protocol.acts import (
    Act,
    Approve,
    AskDecoys,
    NoteBackup,
    Proposals,
    Reviews,
    SetConsent,
    Status,
)
from chartkeep.keyholder.protocol.following import Copy, Fetch, Follow, Seed, Where
from chartkeep.keyholder.protocol.keys import (
    OpenKeys,
    ReadGrant,
    RetireKey,
    RotateChart,
    Sameness,
    SealKeys,
)
from chartkeep.keyholder.protocol.labels import (
    MatchNumber,
    ReadLabels,
    SamePerson,
    WriteLabels,
)
from chartkeep.keyholder.protocol.lines import OpenLines, ReadCheckpoint, ReadLines, ReadTile
from chartkeep.keyholder.protocol.packs import NotePack, PackWard
from chartkeep.keyholder.protocol.people import Census, Login, LoginProgram, Logout, Sessions, WhoIs
from chartkeep.keyholder.protocol.restoring import AskBeds, AskKeyless, AskWritten
from chartkeep.wire.frames import union

REQUESTS = union(
    [
        Login, LoginProgram, Logout, WhoIs, Census, Sessions, Reviews, ReadGrant, SealKeys,
        OpenKeys, SetConsent, WriteLabels, ReadLabels, MatchNumber, SamePerson, Sameness,
        PackWard, NotePack, Act, Proposals, Approve, AskDecoys, NoteBackup,
        AskBeds, AskKeyless, AskWritten, RotateChart, RetireKey, ReadLines, OpenLines,
        ReadTile, ReadCheckpoint, Status,
    ]
)  # fmt: skip

FOLLOWER_REQUESTS = union([Where, Follow, Fetch, Seed, Copy])
"""What a follower hears, from its primary only."""
