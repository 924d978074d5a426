"""What may be asked of a keyholder, and how it answers. docs/formats/keyholder-protocol.md.

`token` is a session's secret of 32 bytes, bound to the instance that opened it. Ids are 16 bytes,
times Millis, section sets bit masks with bit `1 << Section`. A request outside the bounds its
types name is refused before anybody looks at it. A module for each kind of question; who speaks
the protocol imports its words from here.
"""

from chartkeep.keyholder.protocol.acts import *
from chartkeep.keyholder.protocol.following import *
from chartkeep.keyholder.protocol.keys import *
from chartkeep.keyholder.protocol.labels import *
from chartkeep.keyholder.protocol.lines import *
from chartkeep.keyholder.protocol.packs import *
from chartkeep.keyholder.protocol.people import *
from chartkeep.keyholder.protocol.requests import *
from chartkeep.keyholder.protocol.restoring import *
