#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Translations are complete: lupdate over the sources leaves nothing unfinished, and placeholders, mnemonics and dots agree.

    test_translations.py ROOT LUPDATE

To bring resources/translations up to date, in the repository's root:
    lupdate ui app/window -no-obsolete -locations none -source-language en -target-language zh_CN -ts resources/translations/prunescope_zh_CN.ts
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

root, lupdate = pathlib.Path(sys.argv[1]), sys.argv[2]
problems = []


def check(name, context, message):
    source, node = message.findtext("source"), message.find("translation")
    text = node.text or ""
    where = f"{name}: {context}: '{source}'"
    if node.get("type") == "unfinished" or not text:
        problems.append(f"{where} is not translated")
        return
    if sorted(re.findall(r"%L?\d|%n", source)) != sorted(re.findall(r"%L?\d|%n", text)):
        problems.append(f"{where}: other placeholders than in '{text}'")
    if sorted(re.findall(r"</?[a-z]+", source)) != sorted(re.findall(r"</?[a-z]+", text)):
        problems.append(f"{where}: other tags than in '{text}'")
    mnemonic = re.compile(r"&(?![a-zA-Z]+;|&| )\w")
    if bool(mnemonic.search(source)) != bool(mnemonic.search(text)):
        problems.append(f"{where}: mnemonic here or there only: '{text}'")
    if source.rstrip().endswith("…") != text.rstrip().endswith("…"):
        problems.append(f"{where}: the dots at the end differ: '{text}'")


files = sorted((root / "resources/translations").glob("*.ts"))
if not files:
    problems.append("resources/translations holds no translation")
for path in files:
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / path.name
        shutil.copy(path, copy)
        subprocess.run([lupdate, "ui", "app/window", "-silent", "-no-obsolete", "-locations", "none", "-ts", str(copy)], cwd=root, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        count = 0
        for context in xml.parse(copy).getroot().findall("context"):
            for message in context.findall("message"):
                count += 1
                check(path.name, context.findtext("name"), message)
        if count < 300:
            problems.append(f"{path.name}: lupdate found only {count} texts")
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
