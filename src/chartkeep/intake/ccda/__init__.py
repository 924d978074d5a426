"""C-CDA documents (HL7 CDA R2): whose they are, and what of their entries FHIR has a place for."""
