"""Which letters of a page a person sees. A PDF may hold text that it does not draw: below a picture that was read by a
machine, on a layer that is switched off, white on white, under something else, beside the page."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecgcore.reports.file.pdf_frame import Frame
from ecgcore.reports.page.box import Pixels
from ecgcore.reports.printed.letter import Edges, Letter

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

_NOT_PAINTED = (3, 7)  # of the text render modes of PDF
_STROKED = (1, 5)
_CONTRAST = 24  # of 255; the least by which a drawn letter differs from what is around it
_NEAR = 120  # of 255; the edges of a letter are lighter than its colour, a thin one is nothing else
_DARK = 30  # of 255
_LIGHT = 180  # of 255; paper has such colours, too
_OVERLAP = 0.35  # of the height; letters whose middles are nearer lie over each other
_MOST_COMPARED = 2_000  # signs, each with each
_MOST_SEARCHED = 4_000  # drawn objects; a page that is a picture has few
_MOST_NESTED = 3  # forms in forms
_MOST_LAYERS = 8
_LONGEST_NAME = 256  # bytes
_TRIAL_SCALE = 2.0  # 144 dpi


Levels = Sequence[int]


@dataclass(frozen=True)
class _Look:
    """How a text object is painted: not at all, or in a colour (red, green, blue) that needs a trial if it is light."""

    painted: bool
    colour: tuple[int, int, int]
    doubtful: bool


def seen_letters(
    letters: Sequence[Letter], page: PdfPage, frame: Frame, pixels: Pixels | None, pictures: bool
) -> list[Letter]:
    """Return the letters that are drawn and not covered.

    A letter must be painted, and where it lies the page must have its colour and another. Where that does not prove it
    (a light colour, a layer, a picture or another letter over it) the page is drawn with and without its text object.

    Args:
        letters: of the page.
        page: open in pdfium.
        frame: of the page.
        pixels: the page as Poppler draws it, uint8 (H, W, 3); None if its size is not the frame's: then every letter
            that is painted counts as seen.
        pictures: whether there may be some in the page.
    """
    looks = {letter.writing.key: _look(letter.writing.raw) for letter in letters}
    painted = [letter for letter in letters if looks[letter.writing.key].painted]
    if pixels is None:
        return painted
    pixels = np.asarray(pixels)  # a mapped file's own kind of array costs as much again for each of many small cuts
    there: list[Letter] = []
    doubtful: set[int] = set()
    for letter in painted:
        if letter.follows:
            there.append(letter)
        elif (levels := _levels(letter, pixels)) is not None:
            there.append(letter)
            if letter.is_sign and not _shows(levels, looks[letter.writing.key].colour, letter, pixels):
                doubtful.add(letter.writing.key)
    signs = [letter for letter in there if not letter.follows]
    doubtful |= {key for key, look in looks.items() if look.doubtful} | _overlapping(signs)
    if pictures:
        doubtful |= _in_pictures(signs, page, frame)
    hidden = _not_drawn(_by_writing(signs, doubtful), page)
    return _without_rests([letter for letter in there if letter.writing.key not in hidden])


def painted_letters(letters: Sequence[Letter]) -> list[Letter]:
    """Return the letters that are not written invisibly."""
    return [letter for letter in letters if _look(letter.writing.raw).painted]


def _without_rests(letters: Sequence[Letter]) -> list[Letter]:
    """Drop the spaces and accents of text objects of which nothing else is left."""
    left = {letter.writing.key for letter in letters if not letter.follows}
    return [letter for letter in letters if letter.writing.key in left]


def _look(raw: Any) -> _Look:
    import pypdfium2.raw as pdfium

    mode = pdfium.FPDFTextObj_GetTextRenderMode(raw)
    if mode in _NOT_PAINTED:
        return _Look(False, (0, 0, 0), False)
    red, green, blue, opacity = (ctypes.c_uint() for _ in range(4))
    ask = pdfium.FPDFPageObj_GetStrokeColor if mode in _STROKED else pdfium.FPDFPageObj_GetFillColor
    known = ask(raw, red, green, blue, opacity)
    colour = (red.value, green.value, blue.value)
    doubtful = not known or min(colour) > _LIGHT or opacity.value < 255 or _is_on_a_layer(raw)
    return _Look(not known or opacity.value > 0, colour, bool(doubtful))


def _is_on_a_layer(raw: Any) -> bool:
    """Tell whether a text object is marked as optional content; other marks are for readers of tagged PDFs."""
    import pypdfium2.raw as pdfium

    names = [_mark_name(pdfium.FPDFPageObj_GetMark(raw, i)) for i in range(pdfium.FPDFPageObj_CountMarks(raw))]
    return "OC" in names


def _mark_name(mark: Any) -> str:
    import pypdfium2.raw as pdfium

    text, size = ctypes.create_string_buffer(_LONGEST_NAME), ctypes.c_ulong()
    wide = ctypes.cast(text, ctypes.POINTER(pdfium.FPDF_WCHAR))
    if not pdfium.FPDFPageObjMark_GetName(mark, wide, _LONGEST_NAME, size):
        return ""
    return text.raw[: size.value].decode("utf-16-le", "replace").rstrip("\0")


def _levels(letter: Letter, pixels: Pixels) -> tuple[Levels, Levels] | None:
    """Return the least and the largest level of each channel where a letter lies; None if nothing is to be seen."""
    patch = _patch(letter, pixels)
    if not patch.size:
        return None
    channels = patch.transpose(2, 0, 1).reshape(3, -1)  # a copy, in which each channel lies together
    least, most = channels.min(axis=1).tolist(), channels.max(axis=1).tolist()
    contrast = max(high - low for low, high in zip(least, most, strict=True))
    return (least, most) if contrast >= _CONTRAST else None


def _patch(letter: Letter, pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    return letter.box.clipped(width, height).cut(pixels)


def _shows(levels: tuple[Levels, Levels], colour: Sequence[int], letter: Letter, pixels: Pixels) -> bool:
    """Tell whether a pixel has nearly the letter's colour, as far as the levels do not say it of black on white."""
    least, most = levels
    if max(colour) <= _DARK and max(least) <= _NEAR - _DARK and min(most) >= _LIGHT:
        return True
    away = np.abs(_patch(letter, pixels).astype(np.int16) - np.array(colour, np.int16)).max(axis=2)
    return bool(away.min() <= _NEAR)


def _by_writing(signs: Sequence[Letter], keys: set[int]) -> dict[int, list[Letter]]:
    found: dict[int, list[Letter]] = {}
    for letter in signs:
        if letter.writing.key in keys:
            found.setdefault(letter.writing.key, []).append(letter)
    return found


def _overlapping(signs: Sequence[Letter]) -> set[int]:
    """Return the text objects with a letter that lies over one of another object."""
    if not 1 < len(signs) <= _MOST_COMPARED:
        return set()
    boxes = np.array([letter.ink for letter in signs])
    keys = np.array([letter.writing.key for letter in signs])
    reach = _OVERLAP * np.maximum(boxes[:, 2:] - boxes[:, :2], 1).max(axis=1)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    near = (np.abs(middle[:, None] - middle) < np.minimum.outer(reach, reach)[..., None]).all(axis=2)
    both = near & (keys[:, None] != keys)
    return set(keys[both.any(axis=1)].tolist())


def _in_pictures(signs: Sequence[Letter], page: PdfPage, frame: Frame) -> set[int]:
    """Return the text objects that a picture may cover."""
    import pypdfium2.raw as pdfium

    if not signs or pdfium.FPDFPage_CountObjects(page) > _MOST_SEARCHED:
        return set()
    found = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM], max_depth=_MOST_NESTED)
    bounds = [item.get_bounds() for item in found if item.type == pdfium.FPDF_PAGEOBJ_IMAGE]
    pictures = frame.edges(np.array(bounds, float).reshape(-1, 4))
    inks = np.array([letter.ink for letter in signs])
    middle = (inks[:, :2] + inks[:, 2:]) / 2
    inside = (middle[:, None] >= pictures[:, :2]).all(axis=2) & (middle[:, None] <= pictures[:, 2:]).all(axis=2)
    return {letter.writing.key for letter, covered in zip(signs, inside.any(axis=1), strict=True) if covered}


def _not_drawn(doubtful: dict[int, list[Letter]], page: PdfPage) -> set[int]:
    """Return the text objects without which the page looks the same."""
    if not doubtful:
        return set()
    whole = _trial(page)
    hidden: set[int] = set()
    for layer in _layers(doubtful):
        _set_active(layer, active=False)
        without = _trial(page)
        _set_active(layer, active=True)
        changed = (whole != without).any(axis=2) if whole.shape == without.shape else None
        if changed is not None:
            hidden |= {letters[0].writing.key for letters in layer if not _is_changed(letters, changed)}
    return hidden


def _layers(doubtful: dict[int, list[Letter]]) -> list[list[list[Letter]]]:
    """Sort text objects into layers, in each of which none lies over another; what needs a ninth layer is left."""
    layers: list[list[list[Letter]]] = []
    for letters in doubtful.values():
        free = next((layer for layer in layers if not any(_touch(letters, other) for other in layer)), None)
        if free is not None:
            free.append(letters)
        elif len(layers) < _MOST_LAYERS:
            layers.append([letters])
    return layers


def _touch(letters: Sequence[Letter], others: Sequence[Letter]) -> bool:
    left, top, right, bottom = _hull(letters)
    x0, y0, x1, y1 = _hull(others)
    return left < x1 and x0 < right and top < y1 and y0 < bottom


def _hull(letters: Iterable[Letter]) -> Edges:
    edges = np.array([letter.ink for letter in letters])
    left, top = edges[:, :2].min(axis=0)
    right, bottom = edges[:, 2:].max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _set_active(layer: Iterable[Sequence[Letter]], active: bool) -> None:
    import pypdfium2.raw as pdfium

    for letters in layer:
        pdfium.FPDFPageObj_SetIsActive(letters[0].writing.raw, active)


def _trial(page: PdfPage) -> Pixels:
    return np.array(page.render(scale=_TRIAL_SCALE, may_draw_forms=False).to_numpy())


def _is_changed(letters: Sequence[Letter], changed: NDArray[np.bool_]) -> bool:
    left, top, right, bottom = (int(edge * _TRIAL_SCALE * 72 / 300) for edge in _hull(letters))
    return bool(changed[max(top - 1, 0) : bottom + 2, max(left - 1, 0) : right + 2].any())
