"""Trace: is what somebody posted ours, as of when, and through which door it left."""
