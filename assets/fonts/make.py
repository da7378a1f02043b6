"""Makes DenierSans-Regular.ttf and DenierSans-Bold.ttf: the Latin part of Liberation Sans 2.1.5.

    python3 make.py /usr/share/fonts/truetype/liberation2     (Debian: fonts-liberation2, fonttools)

The same input makes the same bytes. A modified version may not bear the reserved name, hence
another one. U+2011 (non-breaking hyphen), which the source lacks, is drawn as U+2010.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

KEPT = [
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x24F),  # Latin-1 but the soft hyphen, Extended-A and B
    (0x1E00, 0x1EFF),                           # Latin Extended Additional: Vietnamese, Welsh
    (0x2BC, 0x2BC), (0x2C6, 0x2C7), (0x2D8, 0x2DD),
    (0x2002, 0x200A), (0x2010, 0x2026), (0x202F, 0x203A), (0x2044, 0x2044),
    (0x2070, 0x208E), (0x20A0, 0x20BF), (0x2116, 0x2116), (0x2122, 0x2122),
    (0x2190, 0x2193), (0x2212, 0x2212), (0x2248, 0x2248), (0x2260, 0x2265), (0x25A0, 0x25CF),
]
FAMILY = "Denier Sans"


def make(source: Path, style: str) -> None:
    """Writes the subset of one face beside this file."""
    font = TTFont(source / f"LiberationSans-{style}.ttf", recalcTimestamp=False)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[0x2011] = table.cmap[0x2010]
    options = subset.Options(
        hinting=False, layout_features=[], glyph_names=False, notdef_outline=True,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], name_languages=[0x409],
    )
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "kern", "FFTM", "DSIG", "gasp", "meta"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in KEPT for code in range(first, last + 1)])
    subsetter.subset(font)
    names = {1: FAMILY, 2: style, 3: f"{FAMILY} {style}", 4: f"{FAMILY} {style}"}
    names[6] = f"DenierSans-{style}"
    for record in font["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]
    font.save(Path(__file__).parent / f"DenierSans-{style}.ttf")


for style in ("Regular", "Bold"):
    make(Path(sys.argv[1]), style)
