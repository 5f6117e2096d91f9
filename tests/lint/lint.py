#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository's rules that a script can check. Standard library only.

    lint.py [--root DIR] CHECK...    CHECK: one of the names below, or `all`

Prints one line per finding (`path:line: rule: text`); exit status 1 when there is any.
"""
import argparse
import ast
import pathlib
import re
import sys

SKIPPED_FOLDERS = {".git", "build", ".deps", "__pycache__", ".cache", ".venv", ".clangd", ".idea", ".vscode"}
SKIPPED_FILES = {"first-run.png", "compile_commands.json"}
CPP = {".h", ".cpp", ".cu", ".cuh"}

# The arrows of docs/architecture.md: room -> rooms whose headers it may include directly or through others.
ARROWS = {
    "core/base": [],
    "core/ops": ["core/base"], "core/image": ["core/base"], "core/text": ["core/base"], "core/checkpoint": ["core/base"],
    "core/prune": ["core/ops"], "core/analysis": ["core/ops"],
    "core/run": ["core/prune", "core/analysis", "core/image", "core/text", "core/checkpoint"],
    "core/engine": ["core/run"],
    "cuda": ["core/ops"],
    "ui/viewmodel": ["core/run"],
    "ui/figure": ["ui/viewmodel"],
    "ui/widgets": ["ui/figure"], "ui/plot": ["ui/figure"], "ui/dialogs": ["ui/figure"],
    "app": ["ui/widgets", "ui/plot", "ui/dialogs", "core/engine", "cuda"],
}
# ui/widgets, ui/plot and ui/dialogs are one library.
SAME_LIBRARY = {"ui/widgets", "ui/plot", "ui/dialogs"}


class Findings:
    def __init__(self, root):
        self.root, self.lines = root, []

    def add(self, path, line, rule, text):
        self.lines.append(f"{path.relative_to(self.root)}:{line}: {rule}: {text}")


def files(root, suffixes=None, folders=None):
    """Files of the repository, sorted; `folders` restricts to these top-level folders."""
    stack, found = [root], []
    while stack:
        for entry in stack.pop().iterdir():
            if entry.is_dir() and not entry.is_symlink():
                if entry.name not in SKIPPED_FOLDERS and not entry.name.startswith("stage-"):
                    stack.append(entry)
            elif entry.is_file() and entry.name not in SKIPPED_FILES and (suffixes is None or entry.suffix in suffixes):
                found.append(entry)
    if folders is not None:
        found = [f for f in found if f.relative_to(root).parts[0] in folders]
    return sorted(found)


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


def room_of(relative):
    """'core/ops' of 'core/ops/x.h'; None outside the rooms."""
    parts = pathlib.PurePosixPath(relative).parts
    if parts[0] in ("core", "ui") and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0] if parts[0] in ("cuda", "app") and len(parts) > 1 else None


def reachable(room):
    seen, queue = set(), list(ARROWS.get(room, []))
    while queue:
        following = queue.pop()
        if following not in seen:
            seen.add(following)
            queue.extend(ARROWS.get(following, []))
    if room in SAME_LIBRARY:
        seen |= SAME_LIBRARY
    return seen


TORCH = re.compile(r"(torch|ATen|c10|caffe2)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def brings_torch(root, header, seen):
    """Whether the header includes LibTorch, directly or through others of the engine."""
    seen.add(header)
    targets = [m.group(2) for m in map(INCLUDE.match, read(root / header).splitlines()) if m]
    return any(TORCH.match(t) or (t.startswith("core/engine/") and t not in seen and (root / t).exists() and brings_torch(root, t, seen))
               for t in targets)


def check_includes(root, out):
    """Arrows between rooms; Qt, LibTorch, QCustomPlot, JSON, CLI11 and OpenCV only where they belong."""
    for path in files(root, CPP, {"core", "ui", "cuda", "app"}):
        relative = path.relative_to(root).as_posix()
        room = room_of(relative)
        if room is None:
            continue
        if room not in ARROWS:
            out.add(path, 1, "arrows", f"room '{room}' is not drawn in docs/architecture.md")
            continue
        allowed = reachable(room) | {room}
        for number, line in enumerate(read(path).splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, target = match.groups()
            target_room = room_of(target) if quote == '"' and (root / target).exists() else None
            if target_room and target_room not in allowed:
                out.add(path, number, "arrows", f"'{room}' may not include '{target}'")
            if quote == '"' and target.startswith("tests/"):
                out.add(path, number, "arrows", "nothing includes tests")
            if room.startswith(("core", "cuda")) and re.match(r"Q[A-Z]|Qt[A-Z]|qt[a-z]*\.h|qcustomplot", target):
                out.add(path, number, "no-qt", f"'{target}': no Qt in core/ or cuda/")
            if TORCH.match(target) and not (room == "core/engine" and relative != "core/engine/engine.h"):
                out.add(path, number, "torch", f"'{target}': LibTorch only inside core/engine, never in its public header")
            if target == "qcustomplot.h" and relative != "ui/plot/qcp.h":
                out.add(path, number, "qcustomplot", "include ui/plot/qcp.h instead")
            if target.startswith("nlohmann/") and room.startswith(("ui", "cuda")):
                out.add(path, number, "json", "JSON belongs to core/ and app/")
            if target.startswith("CLI/") and room != "app":
                out.add(path, number, "cli11", "CLI11 belongs to app/")
            if re.match(r"opencv2/(?!core|imgproc)", target):
                out.add(path, number, "opencv", f"'{target}': only core and imgproc are used")
            if room == "core/engine" and re.match(r"torch/(torch|nn|script)", target):
                out.add(path, number, "torch", f"'{target}': ATen and c10 headers only")
            if room != "core/engine" and target_room == "core/engine" and brings_torch(root, target, set()):
                out.add(path, number, "torch", f"'{target}' brings LibTorch's headers: it is private to the engine")


def check_core(root, out):
    """core/: no `#if CUDA`, no threads, no printing, no exit; no Qt keyword tricks."""
    rules = (
        ("cuda-ifdef", re.compile(r"^\s*#\s*(if|ifdef|ifndef|elif)\b.*CUDA"), "kernels register themselves in the op registry"),
        ("threads", re.compile(r"\bstd::(j?thread\b(?!::)|async\b)|\bpthread_create\b|#\s*pragma\s+omp"), "core starts no threads"),
        ("prints", re.compile(r"\bstd::c(out|err|log)\b|(?<![\w.>])f?printf\s*\(|\bputs\s*\("), "libraries never print"),
        ("exits", re.compile(r"(?<![\w.>:])(std::)?(exit|abort|quick_exit|_exit)\s*\("), "libraries never exit"),
    )
    for path in files(root, CPP, {"core"}):
        for number, line in enumerate(strip_comments(read(path)).splitlines(), 1):
            for name, pattern, text in rules:
                if pattern.search(line) and not (path.parent.name == "engine" and "#pragma omp" in line):   # LibTorch's own pool
                    out.add(path, number, name, text)
    for path in files(root, CPP, {"core", "app"}):
        for number, line in enumerate(strip_comments(read(path)).splitlines(), 1):
            if re.search(r"\bjson::(parse|accept|sax_parse)\s*\(", line, re.I) and path.relative_to(root).as_posix() != "core/base/json_gate.cpp":
                out.add(path, number, "json", "read through core/base/json_gate.h")
    for path in files(root, CPP, {"ui"}):
        if path.relative_to(root).as_posix() == "ui/plot/qcp.h":
            continue
        for number, line in enumerate(strip_comments(read(path)).splitlines(), 1):
            if re.search(r"(?<![\w.>:])(signals|slots|emit|foreach)\b(?!\s*[=;,.(\[])", line) and not line.lstrip().startswith("#"):
                out.add(path, number, "qt-keywords", "Q_SIGNALS, Q_SLOTS, Q_EMIT: Qt's keywords are off")


SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"


def check_spdx(root, out):
    """First line (second after `#!`) of every source, script and CMake file."""
    for path in files(root, CPP | {".py", ".sh", ".cmake"}) + [p for p in files(root) if p.name in ("CMakeLists.txt", "run", "test") and is_text(p)]:
        lines = read(path).splitlines()[:2]
        if lines and lines[0].startswith("#!"):
            lines = lines[1:]
        if not lines or SPDX not in lines[0]:
            out.add(path, 1, "spdx", f"first line must hold '{SPDX}'")


def check_length(root, out):
    """No file over 800 lines, no function over 80."""
    for path in files(root, CPP | {".py", ".sh", ".cmake"}):
        text = read(path)
        count = text.count("\n")
        if count > 800:
            out.add(path, 801, "length", f"{count} lines; 800 are allowed")
        if path.suffix in CPP and path.relative_to(root).parts[0] in ("core", "ui", "app", "cuda"):
            for start, length in cpp_functions(text):
                if length > 80:
                    out.add(path, start, "length", f"function of {length} lines; 80 are allowed")


def strip_comments(text):
    """C++ text with comments, strings and character constants blanked; lines stay where they are."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    pattern = r'R"([^()\s]{0,16})\((?:.|\n)*?\)\1"|//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, lambda m: m.group(0) if m.group(0).startswith('"') and is_include_line(text, m.start()) else blank(m), text)


def is_include_line(text, position):
    return text[text.rfind("\n", 0, position) + 1:position].lstrip().startswith("#")


def cpp_functions(text):
    """(first line, lines) of each braced block that follows `)` (qualifiers, initialisers allowed) outside other functions."""
    clean = re.sub(r"^[ \t]*#[^\n]*(\\\n[^\n]*)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), strip_comments(text), flags=re.M)
    found, stack, head, line, depth_function = [], [], "", 1, None
    for character in clean:
        if character == "\n":
            line += 1
        if character == "{":
            declaration = head.strip()
            is_function = (depth_function is None and ")" in declaration
                           and not re.match(r"(template\s*<.*>\s*)?(class|struct|enum|union|namespace|extern)\b", declaration, re.S))
            stack.append(line)
            if is_function:
                depth_function = len(stack)
            head = ""
        elif character == "}":
            if stack:
                start = stack.pop()
                if depth_function is not None and len(stack) + 1 == depth_function:
                    found.append((start, line - start + 1))
                    depth_function = None
            head = ""
        elif character == ";" :
            head = ""
        else:
            head += character
    return found


def check_names(root, out):
    """No path of one developer's machine, no host of a package registry."""
    forbidden = [re.compile(p) for p in (
        "/" + r"work/", "/" + r"opt/py", "/" + r"root/", r"py" + r"pi\.org", "python" + r"hosted\.org", "download\\." + r"pytorch\.org",
        "deb" + r"\.debian\.org", "npm" + r"js\.", "crates" + r"\.io", "registry" + r"\.[a-z]+\.")]
    for path in files(root):
        if path.stat().st_size > 2_000_000 or not is_text(path) or path.suffix in (".json", ".jsonl"):
            continue
        for number, line in enumerate(read(path).splitlines(), 1):
            for pattern in forbidden:
                if pattern.search(line):
                    out.add(path, number, "names", f"machine path or registry host: '{pattern.search(line).group(0)}'")


def is_text(path):
    with open(path, "rb") as stream:
        return b"\0" not in stream.read(4096)


def check_format(root, out):
    """LF line ends, no tabs, no trailing blanks, one newline at the end, lines up to 240 columns, #pragma once in headers."""
    for path in files(root, CPP | {".py", ".sh", ".cmake"}) + files(root, {".txt"}):
        if path.suffix == ".txt" and path.name != "CMakeLists.txt":
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        if not text.strip():
            continue
        if "\r" in text:
            out.add(path, 1, "format", "carriage returns")
        if not text.endswith("\n") or text.endswith("\n\n"):
            out.add(path, text.count("\n"), "format", "exactly one newline at the end")
        for number, line in enumerate(text.split("\n"), 1):
            if "\t" in line:
                out.add(path, number, "format", "tab")
            if line.rstrip() != line:
                out.add(path, number, "format", "blanks at the end of the line")
            if len(line) > 240:
                out.add(path, number, "format", f"{len(line)} columns; 240 are allowed")
        if path.suffix in (".h", ".cuh") and not re.search(r"^#pragma once$|include guard on purpose", text, re.M):
            out.add(path, 1, "format", "#pragma once is missing")
    for path in files(root, CPP, {"core", "ui", "app", "cuda"}):
        if not re.fullmatch(r"[a-z0-9_]+", path.stem):
            out.add(path, 1, "format", "file names are lower_snake")


def check_python(root, out):
    """Every Python file parses; lints use the standard library only."""
    for path in files(root, {".py"}):
        try:
            tree = ast.parse(read(path), str(path))
        except SyntaxError as error:
            out.add(path, error.lineno or 1, "python", error.msg)
            continue
        if "lint" in path.relative_to(root).parts:
            for node in ast.walk(tree):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module] if isinstance(node, ast.ImportFrom) else []
                for name in names:
                    if name.split(".")[0] not in sys.stdlib_module_names:
                        out.add(path, node.lineno, "python", f"'{name}' is not of the standard library")


def readme_tree(text):
    """(path, line) of each row of README's folder table: '| `core/ops/` | … |'."""
    return [(m.group(1), text.count("\n", 0, m.start()) + 1) for m in re.finditer(r"^\| `([^`|]+)`", text, re.M)]


def check_tree(root, out):
    """README's folder table: what it lists exists, and every top-level entry and every room is listed."""
    readme = root / "README.md"
    if not readme.exists():
        out.lines.append("README.md:1: tree: README.md is missing")
        return
    rows = readme_tree(read(readme))
    listed = {path.rstrip("/") for path, _ in rows}
    if not listed:
        out.add(readme, 1, "tree", "no folder table")
    for path, line in rows:
        if not (root / path).exists() or path.endswith("/") != (root / path).is_dir():
            out.add(readme, line, "tree", f"'{path}' does not exist")
    have = {p.relative_to(root).parts[0] for p in files(root)}
    for room in ("core", "ui", "tools"):
        have |= {"/".join(p.relative_to(root).parts[:2]) for p in files(root, None, {room}) if len(p.relative_to(root).parts) > 2}
    for name in sorted(have - listed - {".gitignore", ".clang-format", ".clang-tidy", ".gitattributes"}):
        out.add(readme, 1, "tree", f"'{name}' is not in the folder table")


def check_links(root, out):
    """Relative links of the Markdown pages lead somewhere."""
    for path in files(root, {".md"}):
        for number, line in enumerate(read(path).splitlines(), 1):
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:|#", target):
                    continue
                if not (path.parent / target.split("#")[0]).exists():
                    out.add(path, number, "links", f"'{target}' does not exist")


CHECKS = {"includes": check_includes, "core": check_core, "spdx": check_spdx, "length": check_length, "names": check_names,
          "format": check_format, "python": check_python, "tree": check_tree, "links": check_links}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("checks", nargs="+", choices=[*CHECKS, "all"])
    arguments = parser.parse_args()
    out = Findings(arguments.root.resolve())
    for name in CHECKS if "all" in arguments.checks else arguments.checks:
        CHECKS[name](out.root, out)
    print("\n".join(out.lines) if out.lines else "no findings")
    return 1 if out.lines else 0


if __name__ == "__main__":
    sys.exit(main())
