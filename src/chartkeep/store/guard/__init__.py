"""The alarm on the store: notices that what is kept is being changed, stops taking in, says so.

It promises no more than docs/threats.md says: whoever is root on the host can blind it. What he
cannot do is be as fast as he likes and stay unheard.
"""
