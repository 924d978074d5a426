"""Pixels: pictures decoded, shown and recoded in processes of their own.

`pool.Pixels` is all that the rest of the house calls: data in, bytes out. The process that holds
keys never decodes; what decodes holds no key, opens no file, and a hostile picture ends at most
the process it is given to. docs/decisions/0018-pixels-in-processes-of-their-own.md says why.
"""
