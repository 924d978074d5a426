"""HL7 v2 messages into FHIR resources, a file for each family of messages; docs/feeds.md."""
