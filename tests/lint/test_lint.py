#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each rule of lint.py catches the violation it is for, and passes a clean tree. Standard library only."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

LINT = pathlib.Path(__file__).with_name("lint.py")
SPDX = "// SPDX-License-Identifier: GPL-3.0-or-later\n"
CLEAN = {
    "core/base/result.h": SPDX + "#pragma once\n",
    "core/ops/gram.cpp": SPDX + '#include "core/base/result.h"\n#include <vector>\nint one() { return 1; }  // std::cout in words\n',
    "core/engine/engine.h": SPDX + "#pragma once\n",
    "core/engine/private.h": SPDX + "#pragma once\n#include <ATen/ATen.h>\n",
    "core/engine/tower.cpp": SPDX + "#include <ATen/ATen.h>\n",
    "ui/plot/qcp.h": SPDX + "#pragma once\n#include <qcustomplot.h>\n",
    "ui/widgets/canvas.cpp": SPDX + '#include "ui/plot/qcp.h"\n#include <QWidget>\n#include "core/base/result.h"\n',
    "app/main.cpp": SPDX + '#include "core/engine/engine.h"\n#include <CLI/CLI.hpp>\n',
    "README.md": "| folder | what |\n|---|---|\n" + "".join(
        f"| `{p}` | x |\n" for p in ("core/", "core/base/", "core/ops/", "core/engine/", "ui/", "ui/plot/", "ui/widgets/", "app/", "README.md")),
}

# check, file, text appended to it (or the whole of a new file), rule in the finding
VIOLATIONS = [
    ("includes", "core/base/up.cpp", SPDX + '#include "core/ops/gram.cpp"\n', "arrows"),
    ("includes", "ui/widgets/canvas.cpp", '#include "core/engine/engine.h"\n', "arrows"),
    ("includes", "core/ops/gram.cpp", "#include <QString>\n", "no-qt"),
    ("includes", "core/ops/gram.cpp", "#include <QtCore/qglobal.h>\n", "no-qt"),
    ("includes", "core/ops/gram.cpp", "#include <ATen/ATen.h>\n", "torch"),
    ("includes", "core/engine/engine.h", "#include <c10/core/Device.h>\n", "torch"),
    ("includes", "core/engine/tower.cpp", "#include <torch/torch.h>\n", "torch"),
    ("includes", "app/main.cpp", "#include <ATen/ATen.h>\n", "torch"),
    ("includes", "app/main.cpp", '#include "core/engine/private.h"\n', "torch"),
    ("includes", "ui/widgets/canvas.cpp", "#include <qcustomplot.h>\n", "qcustomplot"),
    ("includes", "ui/widgets/canvas.cpp", "#include <nlohmann/json.hpp>\n", "json"),
    ("core", "core/ops/gram.cpp", "auto root = nlohmann::json::parse(text);\n", "json"),
    ("core", "core/ops/gram.cpp", "#pragma omp parallel\n", "threads"),
    ("includes", "core/ops/gram.cpp", "#include <CLI/CLI.hpp>\n", "cli11"),
    ("includes", "core/ops/gram.cpp", "#include <opencv2/imgcodecs.hpp>\n", "opencv"),
    ("includes", "core/strange/x.cpp", SPDX, "arrows"),
    ("core", "core/ops/gram.cpp", "#ifdef PRUNESCOPE_WITH_CUDA\n#endif\n", "cuda-ifdef"),
    ("core", "core/ops/gram.cpp", "void go() { std::jthread worker; }\n", "threads"),
    ("core", "core/ops/gram.cpp", "void go() { std::cerr << 1; }\n", "prints"),
    ("core", "core/ops/gram.cpp", "void go() { std::exit(1); }\n", "exits"),
    ("core", "ui/widgets/canvas.cpp", "class A { signals: void b(); };\n", "qt-keywords"),
    ("spdx", "core/ops/bare.cpp", "int x;\n", "spdx"),
    ("spdx", "tools/a.py", "#!/usr/bin/env python3\nimport sys\n", "spdx"),
    ("length", "core/ops/long.cpp", SPDX + "int x;\n" * 801, "length"),
    ("length", "core/ops/gram.cpp", "int f(int a) const\n{\n" + "    a += 1;\n" * 90 + "    return a;\n}\n", "length"),
    ("names", "docs/a.md", "see /" + "work/main\n", "names"),
    ("names", "docs/a.md", "from https://py" + "pi.org/simple\n", "names"),
    ("format", "core/ops/gram.cpp", "\tint y;\n", "format"),
    ("format", "core/ops/gram.cpp", "int y; \n", "format"),
    ("format", "core/ops/gram.cpp", "int y;\r\n", "format"),
    ("format", "core/ops/gram.cpp", "// " + "x" * 240 + "\n", "format"),
    ("format", "core/ops/guardless.h", SPDX, "format"),
    ("format", "core/ops/CamelCase.cpp", SPDX, "format"),
    ("python", "tools/a.py", "def broken(:\n", "python"),
    ("python", "tests/lint/a.py", "import numpy\n", "python"),
    ("tree", "README.md", "| `core/gone/` | x |\n", "tree"),
    ("tree", "surprise/x.md", "x\n", "tree"),
    ("tree", "core/text/x.cpp", SPDX, "tree"),
    ("links", "README.md", "[a](docs/gone.md)\n", "links"),
]


def run(files, *checks):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        done = subprocess.run([sys.executable, str(LINT), "--root", folder, *checks], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


class LintTest(unittest.TestCase):
    def test_clean_tree_passes(self):
        self.assertEqual(run(CLEAN, "all"), (0, "no findings\n"))

    def test_each_violation_is_found(self):
        for check, name, text, rule in VIOLATIONS:
            with self.subTest(check=check, name=name, text=text[-60:]):
                code, output = run({**CLEAN, name: CLEAN.get(name, "") + text}, check)
                self.assertEqual(code, 1, output)
                where = "README.md" if rule == "tree" else name
                self.assertRegex(output, rf"{where}:\d+: {rule}: ")

    def test_words_in_comments_and_strings_are_no_findings(self):
        text = SPDX + '// std::thread, exit(1)\nconst char* a = "std::cout << exit(1)";\n/* printf(\n) */ int f() { return 1\'000; }\n'
        self.assertEqual(run({**CLEAN, "core/ops/words.cpp": text}, "core", "length")[0], 0)


if __name__ == "__main__":
    unittest.main()
