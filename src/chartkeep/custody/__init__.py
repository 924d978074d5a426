"""The one road: `deposit` in, `release` out; there is no other."""
