# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks PyPI `tokenizers` about every code point and prints where PCRE2 and utf8proc of this machine differ: the source of the tables in
core/text/unicode_additions.cpp. Takes some minutes.

  tokenizer_unicode.py            ranges per regex class, lower case, word characters, normalization"""

import ctypes

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
CATEGORIES = "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z".split()
NAMES = "CN LU LL LT LM LO MN MC ME ND NL NO PC PD PS PE PI PF PO SM SC SK SO ZS ZL ZP CC CF CS CO".split()
WORD = {"LU", "LL", "LT", "LM", "LO", "MN", "MC", "ME", "ND", "NL", "PC"}
UTF, UCP = 0x00080000, 0x00020000
STABLE, COMPAT, COMPOSE, DECOMPOSE = 2, 4, 8, 16

pcre = ctypes.CDLL("libpcre2-8.so.0")
pcre.pcre2_compile_8.restype = ctypes.c_void_p
pcre.pcre2_compile_8.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_size_t), ctypes.c_void_p]
pcre.pcre2_match_data_create_8.restype = ctypes.c_void_p
pcre.pcre2_match_data_create_8.argtypes = [ctypes.c_uint32, ctypes.c_void_p]
pcre.pcre2_match_8.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p]
utf8proc = ctypes.CDLL("libutf8proc.so.2")
utf8proc.utf8proc_map.argtypes = [ctypes.c_char_p, ctypes.c_ssize_t, ctypes.POINTER(ctypes.c_void_p), ctypes.c_int]
utf8proc.utf8proc_map.restype = ctypes.c_ssize_t


def oracle_class(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
    out = set()
    for i in range(0, len(POINTS), 4096):
        for piece, _ in split.pre_tokenize_str("".join(map(chr, POINTS[i:i + 4096]))):
            out.update(map(ord, piece))
    return out


def pcre_class(pattern):
    error, offset = ctypes.c_int(), ctypes.c_size_t()
    code = pcre.pcre2_compile_8(pattern.encode(), len(pattern), UTF | UCP, ctypes.byref(error), ctypes.byref(offset), None)
    match = pcre.pcre2_match_data_create_8(1, None)
    return {c for c in POINTS if pcre.pcre2_match_8(code, chr(c).encode(), len(chr(c).encode()), 0, 0, match, None) >= 0}


def mapped(text, options):
    data, result = text.encode(), ctypes.c_void_p()
    length = utf8proc.utf8proc_map(data, len(data), ctypes.byref(result), options)
    return ctypes.string_at(result, length).decode()


def show(name, points):
    ranges = []
    for c in sorted(points):
        if ranges and ranges[-1][1] == c - 1:
            ranges[-1][1] = c
        else:
            ranges.append([c, c])
    print(f"{name}: {len(points)} code points:", " ".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in ranges))


def is_word(c):
    circled = 0x24B6 <= c <= 0x24E9 or 0x1F130 <= c <= 0x1F149 or 0x1F150 <= c <= 0x1F169 or 0x1F170 <= c <= 0x1F189
    return c in (0x200C, 0x200D) or circled or NAMES[utf8proc.utf8proc_category(c)] in WORD


def main():
    for name in CATEGORIES:
        ours, theirs = pcre_class(r"\p{%s}" % name), oracle_class(r"\p{%s}" % name)
        show(f"\\p{{{name}}} added", theirs - ours)
        show(f"\\p{{{name}}} removed", ours - theirs)
    lower = normalizers.Lowercase()
    show("lower case", {c for c in POINTS if c >= 0x80 and c != 0x130 and lower.normalize_str(chr(c)) != chr(utf8proc.utf8proc_tolower(c))})
    tokenizer = Tokenizer(models.BPE({"a": 0}, []))
    tokenizer.add_tokens([AddedToken("ab", single_word=True)])
    show("word characters", {c for c in POINTS if (1 not in tokenizer.encode(chr(c) + "ab").ids) != is_word(c)})
    for name, options in (("NFD", STABLE | DECOMPOSE), ("NFKD", STABLE | DECOMPOSE | COMPAT)):
        form = getattr(normalizers, name)()
        show(name, {c for c in POINTS if c >= 0x80 and form.normalize_str(chr(c)) != mapped(chr(c), options)})
    form, marks = normalizers.NFD(), "\u0301\u0323\u0334\u05b0\u3099"
    show("combining classes", {c for c in POINTS if c >= 0x300 and any(form.normalize_str(t) != mapped(t, STABLE | DECOMPOSE)
                                                                       for m in marks for t in ("a" + m + chr(c), "a" + chr(c) + m))})


if __name__ == "__main__":
    main()
