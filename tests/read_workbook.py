"""Reads a workbook with nothing but the standard library, as JSON: what each cell holds, its formula, and
what the formula gives, reckoned here in decimals. `python3 tests/read_workbook.py FICHIER.xlsx`"""

import json
import re
import sys
import zipfile
from decimal import ROUND_HALF_UP, Decimal
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FIXED = {0: "General", 3: "#,##0", 4: "#,##0.00", 14: "dd/mm/yyyy"}


def column_number(letters):
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_name(number):
    return "" if number == 0 else column_name((number - 1) // 26) + chr(65 + (number - 1) % 26)


def evaluate(formula, cells):
    """SUM, IF, ROUND and ABS over decimals; anything else is refused."""

    def value(name):
        cell = cells.get(name, {}).get("value")
        if isinstance(cell, str):
            raise ValueError(f"{name} is a text")
        return Decimal(0) if cell is None else cell

    def total(match):
        (left, top), (right, bottom) = match.group(1, 2), match.group(3, 4)
        columns = range(column_number(left), column_number(right) + 1)
        names = [f"{column_name(c)}{r}" for c in columns for r in range(int(top), int(bottom) + 1)]
        values = [cells.get(name, {}).get("value") for name in names]
        return f"Decimal('{sum((one for one in values if isinstance(one, Decimal)), Decimal(0))}')"

    if not re.fullmatch(r'(SUM|IF|ROUND|ABS|[A-Z]{1,3}[0-9]+|[-+/(),:="0-9])+', formula):
        raise ValueError(f"unknown formula: {formula}")
    text = re.sub(r"SUM\(([A-Z]+)([0-9]+)(?::([A-Z]+)([0-9]+))?\)", lambda m: total(m) if m.group(3) else m.group(1) + m.group(2), formula)
    text = re.sub(r"(?<![A-Za-z'])([A-Z]{1,3}[0-9]+)\b", r"value('\1')", text)
    if text.startswith("IF("):
        condition, then, other = re.fullmatch(r"IF\((.*?)=0,\"(.*?)\",(.*)\)", text).groups()
        text = f"('{then}' if ({condition})==0 else {other})"
    rounded = lambda number, digits: number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return eval(text, {"value": value, "Decimal": Decimal, "ROUND": rounded, "ABS": abs})


def read(path):
    book = zipfile.ZipFile(path)
    part = lambda name: ElementTree.fromstring(book.read(name))
    texts = []
    if "xl/sharedStrings.xml" in book.namelist():
        for item in part("xl/sharedStrings.xml"):
            texts.append("".join(one.text or "" for one in item.iter(MAIN + "t")))
    styles = part("xl/styles.xml")
    own = {int(one.get("numFmtId")): one.get("formatCode") for one in styles.iter(MAIN + "numFmt")}
    formats = [int(one.get("numFmtId")) for one in styles.find(MAIN + "cellXfs")]
    workbook = part("xl/workbook.xml")
    titles = {
        int(one.get("localSheetId")): one.text
        for one in workbook.iter(MAIN + "definedName")
        if one.get("name") == "_xlnm.Print_Titles"
    }
    sheets = []
    for rank, entry in enumerate(workbook.find(MAIN + "sheets")):
        sheet = part(f"xl/worksheets/sheet{rank + 1}.xml")
        cells = {}
        for one in sheet.iter(MAIN + "c"):
            value, formula = one.find(MAIN + "v"), one.find(MAIN + "f")
            text = None if value is None else value.text or ""
            if one.get("t") == "s":
                text = texts[int(text)]
            elif text is not None and one.get("t") != "str":
                text = Decimal(text)
            number = formats[int(one.get("s", 0))]
            cells[one.get("r")] = {"value": text, "format": own.get(number) or FIXED.get(number, str(number))}
            if formula is not None:
                cells[one.get("r")]["formula"] = formula.text
        for cell in cells.values():
            if "formula" in cell:
                cell["result"] = evaluate(cell["formula"], cells)
        for cell in cells.values():
            for key in ("value", "result"):
                if isinstance(cell.get(key), Decimal):
                    cell[key] = f"{round(cell[key], 4) + 0:.4f}"
        attribute = lambda tag, name: next((one.get(name) for one in sheet.iter(MAIN + tag)), None)
        sheets.append({
            "name": entry.get("name"),
            "frozen": attribute("pane", "ySplit"),
            "filter": attribute("autoFilter", "ref"),
            "repeated": titles.get(rank),
            "orientation": attribute("pageSetup", "orientation"),
            "paper": attribute("pageSetup", "paperSize"),
            "footer": next((one.text for one in sheet.iter(MAIN + "oddFooter")), None),
            "cells": cells,
        })
    return {"created": book.read("docProps/core.xml").decode().split("created")[1].split(">")[1].split("<")[0], "sheets": sheets}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    json.dump(read(sys.argv[1]), sys.stdout, ensure_ascii=False)
