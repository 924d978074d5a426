"""The FHIR door: bytes of FHIR R4 on one side, our words on the other."""
