"""DICOMweb (PS3.18): images stored, searched and retrieved over HTTP at `/dicom-web`."""
