"""Where channels are: ffmpeg's layouts and the masks of WAV files."""

_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_ALAC_LAYOUTS = {**_LAYOUTS, 4: "4.0", 7: "6.1(back)", 8: "7.1(wide)"}  # it has no others
_MASKS = {1: 0x4, 2: 0x3, 3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x70F, 8: 0x63F}
_FRONT = 0x7
_PAIRS = (0x3, 0x30, 0xC0, 0x600, 0x5000, 0x28000)  # left and right of the same place


def layout_name(channels: int, *, is_alac: bool = False) -> str:
    """The usual one of so many channels, by ffmpeg's name."""
    return (_ALAC_LAYOUTS if is_alac else _LAYOUTS)[channels]


def output_mask(channels: int) -> int:
    """The usual one of so many channels, as a WAV file states it."""
    return _MASKS[channels]


def mixing_layout(channels: int, mask: int | None) -> str:
    """Where channels are that are to be mixed: as the mask says, if it makes sense, else the usual one."""
    return hex(mask) if mask and _can_be_mixed(channels, mask) else _LAYOUTS[channels]


def _can_be_mixed(channels: int, mask: int) -> bool:
    is_whole = mask.bit_count() == channels and mask < 1 << 18
    has_front = bool(mask & _FRONT)
    return is_whole and has_front and all(mask & pair in (0, pair) for pair in _PAIRS)
