"""QR codes as SVG images that need no second file."""

import segno

QUIET_ZONE = 4
#: Side of the symbol itself in millimetres, without its quiet zone (domain 5.9: 25 to 30 mm).
SYMBOL_MM = 28


def qr_image(url: str) -> tuple[str, float]:
    """(data: URI of the SVG, side in mm with the quiet zone of four modules on every side).

    Error correction M survives a coffee stain; a larger one would make the modules too small.
    """
    code = segno.make(url, error="m", boost_error=False, micro=False)
    modules = code.symbol_size(border=0)[0]
    side = SYMBOL_MM * (modules + 2 * QUIET_ZONE) / modules
    return code.svg_data_uri(border=QUIET_ZONE, dark="#1a1a1a", light=None, omitsize=True), round(side, 3)
