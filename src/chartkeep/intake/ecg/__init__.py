"""ECG files of carts and stores: SCP-ECG, aECG, MUSE, Philips, WFDB, EDF, and others."""
