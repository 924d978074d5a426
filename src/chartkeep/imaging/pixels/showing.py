"""Samples to what an eye sees: eight bits of grey, or of red, green and blue.

Grey goes through modality, window or table, and MONOCHROME1's inversion (PS3.4 N.2). Up to 16 bits
that is worked out for each value that can be stored, once, and then looked up for each pixel.
Not applied: presentation states, overlays, ICC profiles, supplemental palettes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.processing import apply_color_lut

from chartkeep.imaging.pixels.asking import Curve, Window
from chartkeep.imaging.pixels.decoding import as_rgb
from chartkeep.imaging.pixels.picture import Lut, Picture, Shading, read_palette, read_shading

Grey = NDArray[np.uint8]


def show(
    picture: Picture,
    samples: NDArray[Any],
    photometric: str,
    window: Window | None = None,
    frame: int = 1,
) -> Grey:
    """Show decoded samples; `photometric` is what they are in after decoding."""
    if picture.samples == 3:
        return _eight_bits(as_rgb(samples, photometric), picture.bits_stored)
    if photometric == "PALETTE COLOR":
        return _look_up(picture, samples, _palette(picture, _values(picture)))
    shading = read_shading(picture, frame)
    if window is not None:
        shading = shading._replace(window=(window.center, window.width, window.curve.value))
    if shading.window is None and shading.voi is None:
        shading = shading._replace(window=_whole_range(picture, samples, shading))
    inverse = photometric == "MONOCHROME1"
    if picture.floating or picture.bits_allocated > 16:
        return _grey(samples.astype(np.float32), shading, inverse=inverse)
    return _look_up(picture, samples, _grey(_values(picture), shading, inverse=inverse))


def _values(picture: Picture) -> NDArray[np.float32]:
    """Return every value a pixel can hold, in the order of its unsigned bits."""
    bits = 8 if picture.bits_allocated <= 8 else 16
    unsigned = np.arange(1 << bits, dtype=np.uint16 if bits == 16 else np.uint8)
    return (unsigned.view(f"i{bits // 8}") if picture.signed else unsigned).astype(np.float32)


def _look_up(picture: Picture, samples: NDArray[Any], table: Grey) -> Grey:
    bits = 8 if picture.bits_allocated <= 8 else 16
    native = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    return np.take(table, native.view(f"u{bits // 8}"), axis=0, mode="wrap")


def _grey(values: NDArray[np.float32], shading: Shading, *, inverse: bool) -> Grey:
    light = _window(_modality(values, shading), shading)
    np.clip(light, 0, 1, out=light)
    np.nan_to_num(light, copy=False)
    if inverse:
        np.subtract(1, light, out=light)
    light *= 255
    light += 0.5
    return light.astype(np.uint8)


def _modality(values: NDArray[np.float32], shading: Shading) -> NDArray[np.float32]:
    if shading.modality is not None:
        return _entries(shading.modality, values)
    return values * np.float32(shading.slope) + np.float32(shading.intercept)


def _window(values: NDArray[np.float32], shading: Shading) -> NDArray[np.float32]:
    """Map values to 0..1 (PS3.3 C.11.2.1.2); a window asked for goes before a table."""
    if shading.window is None:
        assert shading.voi is not None
        return _entries(shading.voi, values) / np.float32((1 << shading.voi.bits) - 1)
    center, width, curve = shading.window
    match curve:
        case Curve.SIGMOID.value:
            steep = np.clip(-4 * (values - np.float32(center)) / np.float32(width), -80, 80)
            return np.asarray(1 / (1 + np.exp(steep)), np.float32)
        case Curve.EXACT.value:
            return (values - np.float32(center)) / np.float32(width) + np.float32(0.5)
        case _:
            full = np.float32(max(width - 1, 1e-3))
            return (values - np.float32(center - 0.5)) / full + np.float32(0.5)


def _entries(lut: Lut, values: NDArray[np.float32]) -> NDArray[np.float32]:
    first = lut.first
    if first > 32_767 and values.min() < 0:
        first -= 65_536  # written as unsigned although the values are signed
    at = np.clip(np.nan_to_num(values) - first, 0, len(lut.values) - 1).astype(np.int32)
    return lut.values[at]


def _whole_range(
    picture: Picture, samples: NDArray[Any], shading: Shading
) -> tuple[float, float, str]:
    """Choose the window where the file names none: all of 8 bits, of more what there is."""
    if picture.bits_stored <= 8 and not picture.signed and not picture.floating:
        ends = np.array([0, (1 << picture.bits_stored) - 1], np.float32)
    else:
        seen = samples[np.isfinite(samples)] if picture.floating else samples
        if shading.padding is not None:
            seen = seen[seen != shading.padding]
        ends = np.array([seen.min(), seen.max()] if seen.size else [0, 1], np.float32)
    low, high = sorted(float(each) for each in _modality(ends, shading))
    return (low + high) / 2, max(high - low, 1e-6), Curve.EXACT.value


def _palette(picture: Picture, values: NDArray[np.float32]) -> Grey:
    if "SegmentedRedPaletteColorLookupTableData" in picture.header:
        table = apply_color_lut(values.astype(np.int32), picture.header)
        return _eight_bits(table, table.dtype.itemsize * 8)
    luts = read_palette(picture)
    colors = np.stack([_entries(lut, values) for lut in luts], axis=-1)
    return _eight_bits(colors.astype(np.uint16), 16 if colors.max() > 255 else 8)


def _eight_bits(samples: NDArray[Any], bits: int) -> Grey:
    if bits > 8:
        samples = samples >> (bits - 8)
    elif bits < 8:
        samples = samples << (8 - bits)
    return samples.astype(np.uint8, copy=False)
