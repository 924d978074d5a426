"""The imaging door: DICOM over HTTP and over DIMSE, from and to sealed charts."""
