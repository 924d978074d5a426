"""The intake door: HL7 v2 over MLLP, watched folders, ECG files, into sealed charts; reads none."""
