"""FHIR R4 over HTTP: requests in, resources out, every one of them on the one road."""
