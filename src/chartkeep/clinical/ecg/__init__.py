"""ECGs: one model, to and from a FHIR Observation, and drawn on paper's own grid. Pure."""
