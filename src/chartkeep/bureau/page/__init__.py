"""The page on which people with a letter see what of theirs is concerned: a host of its own.

It holds no key of the desk, no list and no state: it asks the desk's door, as one program with one
right, and shows what it is told. Whoever takes this host can ask as a visitor does.
"""
