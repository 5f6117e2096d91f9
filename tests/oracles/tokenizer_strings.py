# SPDX-License-Identifier: GPL-3.0-or-later
"""The strings of the tokenizer fixtures, from a fixed generator (SplitMix64), so that they can be made again anywhere."""

SEED = 20240711

SCRIPTS = [
    "What color is the car in this image? Is there a pot on the stove?", "Größe, Straße, naïve café, fiancée, coöperate",
    "Привет, как дела? Съешь ещё этих мягких французских булок", "Ελληνικά: ΑΣΦΑΛΕΙΑ, ὀδός, ΟΔΥΣΣΕΥΣ", "日本語のテキスト、カタカナ。ﾊﾝｶｸ ｶﾞ",
    "你好，世界！这是一个测试。", "안녕하세요 세계 한국어", "مرحبا بالعالم ١٢٣", "שלום עולם שָׁלוֹם", "नमस्ते दुनिया क़ ख़", "สวัสดีชาวโลก น้ำ", "வணக்கம் கொ",
    "ગુજરાતી", "ᠮᠣᠩᠭᠣᠯ", "Tiếng Việt: đường phố ữ", "İstanbul ıI ǅ ǆ ẞß ſt ﬁ ﬀ", "ⅣⅨ ½ ² ① ⒶⓩＡｂ１２", "ĀāĂă ĘęŁł Žž",
]
EMOJI = ["😀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪", "❤️", "☕", "🧑🏿‍🚀", "1️⃣", "🫠"]
CONTROL = ["\x00", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\x1b[31m", "\x1f", "\x7f", "\x85", "\xad", "\u180e", "\u200b", "\u200c", "\u200d", "\u200e", "\u202e",
           "\u2028", "\u2029", "\u2060", "\ufeff", "\ufffd", "\ufffe", "\uffff", "\ue000", "\U000e0001", "\U0010ffff"]
MARKS = ["e\u0301", "\u0301", "a\u0300\u0323\u0302", "\u1e69", "s\u0307\u0323", "\u0344", "q\u0307\u0323\u0301", "\u212b", "\u2126", "\uac00\u11a8", "\u1100\u1161\u11a8",
         "\u0958", "\u09c7\u09be", "\u0b47\u0b3e", "\u0dd9\u0dcf", "\u3099", "か\u3099", "\u0f73", "\u1112\u1161", "\ufb1d", "o" + "\u0308" * 9, "\u2adc", "\U0001d15f"]
SPACES = [" ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", "\r", " \n", "\n ", "        ", "\u00a0", "\u1680", "\u2003", "\u202f", "\u205f", "\u3000", "\x0b", "\x0c", "\x85", "\u2028",
          "  \n\n  ", "\t\t", " \t "]
ADDED = ["<image>", "<s>", "</s>", "<unk>", "<pad>", "<video>", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|startoftext|>", "[STRIP]", "<word>", "<Norm>", "<norm>",
         "<image", "image>", "<<image>>", "<image><image>", "<image>\n", " <image> ", "<|im_start|>user\n", "</s><s>", "<i", "<ima ge>", "WORDY", "wordy", "<im>"]
PUNCT = ["'s", "'S", "'t", "'re", "'RE", "'ve", "'m", "'LL", "'d", "don't", "I'LL", "'ſ", "...", "?!", "--", "(a)", "[b]", "{c}", "1,234.56", "a_b", "x=y+1;", "http://a.b/c?d=e&f",
         "#tag", "@me", "$5", "100%", "\\", "\"q\"", "`", "~", "^", "|", "/", "▁", "▁▁a", "Ġ", "Ċ", "</w>", "##ing", "<0x0A>", "<0xFF>"]
ASCII = [chr(c) for c in range(32, 127)]


class Random:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed & 0xFFFFFFFFFFFFFFFF

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        return z ^ (z >> 31)

    def below(self, n):
        return self.next() % n

    def pick(self, items):
        return items[self.below(len(items))]


def code_point(rng):
    """Any scalar value, small ones more often."""
    ranges = [(0x20, 0x7F), (0x80, 0x250), (0x250, 0x800), (0x800, 0x3000), (0x3000, 0xA000), (0xA000, 0xD800), (0xE000, 0x10000), (0x10000, 0x20000),
              (0x1F300, 0x1FB00), (0x20000, 0x110000)]
    low, high = rng.pick(ranges)
    return chr(low + rng.below(high - low))


def fragment(rng):
    kind = rng.below(14)
    if kind < 4:
        words = rng.pick(SCRIPTS).split(" ")
        first = rng.below(len(words))
        return " ".join(words[first:first + 1 + rng.below(5)])
    if kind == 4:
        return rng.pick(EMOJI)
    if kind == 5:
        return rng.pick(CONTROL)
    if kind == 6:
        return rng.pick(MARKS)
    if kind in (7, 8):
        return rng.pick(SPACES)
    if kind in (9, 10):
        return rng.pick(ADDED)
    if kind == 11:
        return rng.pick(PUNCT)
    if kind == 12:
        return "".join(rng.pick(ASCII) for _ in range(1 + rng.below(8)))
    return "".join(code_point(rng) for _ in range(1 + rng.below(3)))


def random_string(rng):
    return "".join(fragment(rng) + (" " if rng.below(3) == 0 else "") for _ in range(1 + rng.below(8)))


def strings(random_count=2300, seed=SEED):
    out = ["", " ", "  ", "a", "  a", "\n", "日本😀", "<image> x", "x<image>", "x <image>\ny", "a photo of a cat", "It's   2024, HELLO!! don't",
           "USER: <image>\nWhat is shown in this image? ASSISTANT:", "[INST] <image>\nWhat is shown in this image? [/INST]",
           "<|im_start|>user\n<image>\nWhat is shown in this image?<|im_end|>\n<|im_start|>assistant\n", "don't DON'T I'LL", "x  y   z", "\n\n\n a", "tab\tx\r\ny",
           "I'm 12345 caf\u00e9\u0301  x\n\n  y\u00a0z", "１２ab", "a" * 2000, "ab " * 700, "é" * 500, " " * 700, "\n" * 300, "\U0001f600" * 60, "o" + "\u0323\u0308" * 200]
    for group in (SCRIPTS, EMOJI, CONTROL, MARKS, SPACES, ADDED, PUNCT):
        out += group
        out += ["a" + item + "b" for item in group]
        out += [item + " x" for item in group]
    for token in ADDED[:15]:
        for left in ("", " ", "x", "  ", "\n", "é", "_", "\u200d", "\u0301", "<"):
            out.append(left + token + left)
            out.append("pot" + left + token + "y")
    out += ASCII
    rng = Random(seed)
    out += [random_string(rng) for _ in range(random_count)]
    unique = list(dict.fromkeys(out))
    return unique
