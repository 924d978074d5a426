"""DIMSE: DICOM over associations. Modalities store, ask for their worklist, find and move."""
