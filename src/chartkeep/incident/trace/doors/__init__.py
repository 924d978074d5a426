"""Through which door rows left: one likelihood over all doors, and the rules before a name.

    site = Site(doors, openings, histories, stays)      # numbers only: no chart id, no name
    leak = gather(evidence, numbers, posted)  # the matcher's rows
    answer = judge(leak, site, calibrate(site, seed))

A person is an opaque id here and in every answer (`veil`): opening a name takes two people.
"""
