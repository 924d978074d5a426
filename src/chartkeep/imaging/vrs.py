"""The VR of an element whose file does not say it: implicit encodings, and UN (PS3.5 6.2.2).

The dictionaries are pydicom's, private ones too. What an attribute may be (US or SS) is decided by
PixelRepresentation, what may be bytes or words is words.
"""

from functools import lru_cache

from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import dictionary_VR, private_dictionary_VR

from chartkeep.imaging.elements import is_vr

_KNOWN = {tag: entry[0] for tag, entry in DicomDictionary.items()}


def vr_of(tag: int, creator: str = "", *, signed: bool = False) -> str:
    """Give the VR of an attribute; UN for one nobody knows."""
    vr = _KNOWN.get(tag) or _seldom(tag, creator)
    if len(vr) == 2:
        return vr
    if vr == "US or SS":
        return "SS" if signed else "US"
    return "OW"


@lru_cache(4096)
def _seldom(tag: int, creator: str) -> str:
    group, element = tag >> 16, tag & 0xFFFF
    if element == 0:
        return "UL"
    if group & 1 and 0x10 <= element < 0x100:
        return "LO"
    try:
        found = private_dictionary_VR(tag, creator) if group & 1 else dictionary_VR(tag)
    except KeyError:
        return "UN"
    return found if is_vr(found.encode()) or " or " in found else "UN"
