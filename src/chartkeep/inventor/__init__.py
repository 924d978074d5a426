"""Invented hospitals and patients from a seed: for the demo, for decoys, for load.

Promises: the same seed gives the same bytes; numbers and phones lie in ranges nobody has; all
bundles are FHIR R4 transactions. Does no I/O and asks no clock: today is a parameter. It does
not promise medicine: what is written is plausible to look at, not true to any patient.
"""
