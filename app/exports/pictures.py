"""Pictures: SVG drawn as PNG, with fonts that come along, so that they look the same wherever they are made."""

from pathlib import Path

from app.exports.formats import Extra

PICTURES = Extra("maps", "resvg_py")

MEDIA_TYPE = "image/png"


def png(svg: str, style: str) -> bytes:
    """Returns an SVG with a style sheet as PNG, in the size of its `viewBox`."""
    # Here, because they belong to an extra.
    import fontpkg_noto_sans
    import fontpkg_noto_sans_arabic
    from resvg_py import svg_to_bytes

    fonts = [str(Path(one.ROOT, "files")) for one in (fontpkg_noto_sans, fontpkg_noto_sans_arabic)]
    return svg_to_bytes(svg_string=svg, style_sheet=style, skip_system_fonts=True, font_dirs=fonts)
