# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes tests/data/text from PyPI `tokenizers` (the Rust library behind transformers).

  tokenizer_fixtures.py --train   train the small vocabularies again, then record
  tokenizer_fixtures.py           record ids, offsets and decoded text with the vocabularies that are there
  tokenizer_fixtures.py --check   exit 1 unless what is there is what would be recorded
  tokenizer_fixtures.py --fuzz N  write N random strings per shape, with their ids, to the folder given by --out (not committed)

Files: tokenizer_<shape>.json, strings.bin (texts, each with its length), cases_<shape>.bin (see `record`). Numbers are LEB128.
"""

import argparse
import json
import pathlib
import sys
import tempfile

from tokenizers import Tokenizer, models, trainers

import tokenizer_strings as source

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "text"
MARK = "\u2581"
QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CLIP = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def corpus():
    rng = source.Random(7)
    words = "is there a the pot on stove kitchen red car green what color left of image in this shown two cats dog please describe user assistant".split()
    lines = []
    for _ in range(3000):
        lines.append(" ".join(rng.pick(words) for _ in range(3 + rng.below(9))) + rng.pick(["?", ".", "!", "", ",", "\n"]))
    lines += source.SCRIPTS * 12
    lines += ["".join(source.random_string(rng)) for _ in range(300)]
    return lines


def train(pieces, vocab_size, alphabet_limit, specials, suffix=None):
    """Vocabulary and merges over `pieces` (already pre-tokenized words)."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix=suffix) if suffix else models.BPE())
    options = {"vocab_size": vocab_size, "special_tokens": specials, "show_progress": False, "limit_alphabet": alphabet_limit}
    if suffix:
        options["end_of_word_suffix"] = suffix
    trainer = trainers.BpeTrainer(**options)
    from tokenizers import pre_tokenizers
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\x00", "removed")
    tokenizer.train_from_iterator(["\x00".join(pieces[i:i + 200]) for i in range(0, len(pieces), 200)], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], model["merges"]


def added(vocab, entries):
    """added_tokens with ids as `tokenizers` gives them."""
    out, following = [], len(vocab)
    for content, options in entries:
        ident = vocab.get(content)
        if ident is None:
            ident, following = following, following + 1
        token = {"id": ident, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        token.update(options)
        out.append(token)
    return out


LLAMA_ADDED = [("<unk>", {}), ("<s>", {}), ("</s>", {}), ("<image>", {}), ("<pad>", {}), ("[STRIP]", {"lstrip": True, "rstrip": True}),
               ("<word>", {"single_word": True}), ("<Norm>", {"normalized": True, "special": False}), ("WORDY", {"single_word": True, "special": False}),
               ("<<im", {"special": False})]
QWEN_ADDED = [("<|endoftext|>", {}), ("<|im_start|>", {}), ("<|im_end|>", {}), ("<image>", {}), ("<video>", {"special": False}),
              ("[STRIP]", {"lstrip": True, "special": False}), ("<word>", {"single_word": True}), ("<norm>", {"normalized": True, "special": False}),
              ("e\u0301\u0301", {"normalized": True, "special": False})]
CLIP_ADDED = [("<|startoftext|>", {"normalized": True}), ("<|endoftext|>", {}), ("<Norm>", {"normalized": True, "special": False}), ("[STRIP]", {"rstrip": True})]


def single(bos):
    return {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [bos], "tokens": ["<s>"]}}}


def document(model, added_tokens, normalizer, pre, post, decoder):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added_tokens, "normalizer": normalizer, "pre_tokenizer": pre,
            "post_processor": post, "decoder": decoder, "model": model}


def bpe(vocab, merges, **options):
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
             "byte_fallback": False, "ignore_merges": False}
    model.update(options)
    model["vocab"] = vocab
    model["merges"] = merges
    return model


def sequence(kind, key, members):
    return {"type": "Sequence", key: members} if kind else members


def build():
    lines = corpus()
    out = {}
    # Llama shapes: "▁" words, byte tokens.
    words = [MARK + w for line in lines for w in line.replace("\x00", "").split(" ")]
    specials = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    vocab, merges = train(words, 1500, 170, specials)
    for n in range(2, 9):   # runs of marks, as Llama's vocabulary has them
        if MARK * n not in vocab:
            vocab[MARK * n] = len(vocab)
            half = MARK * (n // 2)
            merges.append([half, MARK * (n - n // 2)])
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": MARK}
    legacy_normalizer = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": MARK}, replace]}
    decoder = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": MARK}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                                                {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    llama = {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
    tokens = added(vocab, LLAMA_ADDED)

    def metaspace(scheme, split):
        return {"type": "Metaspace", "replacement": MARK, "prepend_scheme": scheme, "split": split}

    out["llama_legacy"] = document(bpe(vocab, [" ".join(m) for m in merges], **llama), tokens, legacy_normalizer, None, single(1), decoder)
    out["llama_first"] = document(bpe(vocab, merges, **llama), tokens, None, metaspace("first", False), single(1), decoder)
    out["llama_always"] = document(bpe(vocab, merges, **llama), tokens, None, metaspace("always", True), single(1), metaspace("always", True))
    out["llama_never"] = document(bpe(vocab, merges, **llama), tokens, {"type": "NFKC"}, metaspace("never", True), single(1), decoder)
    # Unknown symbols: no byte tokens but some; fused and not.
    few = {token: i for i, token in enumerate(t for t in vocab if not (t.startswith("<0x") and t[3] in "9ABCDEF"))}
    kept = [m for m in merges if m[0] in few and m[1] in few and "".join(m) in few]
    tokens = added(few, LLAMA_ADDED[:5])
    out["unk_fused"] = document(bpe(few, kept, unk_token="<unk>", fuse_unk=True, byte_fallback=True, ignore_merges=True), tokens, {"type": "NFD"},
                                metaspace("first", True), None, metaspace("first", True))
    out["unk_single"] = document(bpe(few, kept, unk_token="<unk>"), tokens, legacy_normalizer, {"type": "Split", "pattern": {"Regex": r"\d|[\p{P}\p{S}]"},
                                                                                               "behavior": "MergedWithPrevious", "invert": False}, None, None)
    # Byte-level shapes.
    table = [b for b in range(33, 127)] + list(range(161, 173)) + list(range(174, 256))
    alphabet = {b: chr(b) for b in table}
    alphabet.update({b: chr(256 + i) for i, b in enumerate(b for b in range(256) if b not in alphabet)})
    def mapped(text): return "".join(alphabet[b] for b in text.encode())
    words = [mapped(w) for line in lines for w in (" " + line).replace(" ", "\x00 ").split("\x00") if w]
    words += [alphabet[b] for b in range(256)] * 40
    vocab, merges = train(words, 1100, 256, ["<|endoftext|>"])
    assert all(c in vocab for c in alphabet.values())
    tokens = added(vocab, QWEN_ADDED)
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    pre = {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": QWEN2}, "behavior": "Isolated", "invert": False}, byte_level]}
    out["qwen2"] = document(bpe(vocab, merges), tokens, {"type": "NFC"}, pre, byte_level, byte_level)
    prefix = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    out["gpt2"] = document(bpe(vocab, [" ".join(m) for m in merges], unk_token="<|endoftext|>"), tokens[:4], None, prefix, prefix, prefix)
    # CLIP.
    lower = [mapped(w) for line in lines for w in line.lower().split()]
    lower += [alphabet[b] for b in range(256)] * 40
    vocab, merges = train(lower, 1200, 600, ["<|startoftext|>", "<|endoftext|>"], "</w>")
    for c in alphabet.values():
        vocab.setdefault(c, len(vocab))
        vocab.setdefault(c + "</w>", len(vocab))
    normalizer = {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}, {"type": "Lowercase"}]}
    pre = {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": CLIP}, "behavior": "Removed", "invert": True},
                                                 {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]}
    ids = {t: vocab[t] for t in ("<|startoftext|>", "<|endoftext|>")}
    post = {"type": "RobertaProcessing", "sep": ["<|endoftext|>", ids["<|endoftext|>"]], "cls": ["<|startoftext|>", ids["<|startoftext|>"]],
            "trim_offsets": False, "add_prefix_space": False}
    out["clip"] = document(bpe(vocab, merges, unk_token="<|endoftext|>", end_of_word_suffix="</w>"), added(vocab, CLIP_ADDED), normalizer, pre, post,
                           {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True})
    return out


SHAPES = ["llama_legacy", "llama_first", "llama_always", "llama_never", "qwen2", "gpt2", "clip", "unk_fused", "unk_single"]
ALL_STRINGS = {"llama_legacy", "llama_first", "qwen2", "clip"}   # the others take every third


def number(value):
    out = bytearray()
    while True:
        if value < 128:
            out.append(value)
            return bytes(out)
        out.append(value & 127 | 128)
        value >>= 7


def zigzag(value):
    return number(value * 2 if value >= 0 else -value * 2 - 1)


def blob(text):
    data = text.encode()
    return number(len(data)) + data


def record(tokenizer, shape, strings, every=False):
    """One case: string index, add-special flag, ids; every second case offsets (code points: begin minus previous end, length); then the
    decoded text with special tokens and without: 0 = the input itself, 1 = as before, 2 = given."""
    out = bytearray()
    chosen = [i for i in range(len(strings)) if every or shape in ALL_STRINGS or i % 3 == 0]
    out += number(len(chosen))
    for i in chosen:
        special = i % 2 == 0
        encoding = tokenizer.encode(strings[i], add_special_tokens=special)
        out += number(i) + bytes([special]) + number(len(encoding.ids)) + b"".join(number(t) for t in encoding.ids)
        with_offsets = i % 2 == 0
        out += bytes([with_offsets])
        if with_offsets:
            last = 0
            for begin, end in encoding.offsets:
                out += zigzag(begin - last) + zigzag(end - begin)
                last = end
        before = strings[i]
        for kind, skip in ((0, False), (1, True)):
            text = tokenizer.decode(encoding.ids, skip_special_tokens=skip)
            if text == strings[i]:
                out += bytes([0])
            elif kind == 1 and text == before:
                out += bytes([1])
            else:
                out += bytes([2]) + blob(text)
            before = text
    return bytes(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--fuzz", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out")
    args = parser.parse_args()
    DATA.mkdir(parents=True, exist_ok=True)
    if args.train:
        for shape, doc in build().items():
            (DATA / f"tokenizer_{shape}.json").write_text(json.dumps(doc, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    target = DATA
    strings = source.strings()
    if args.fuzz:
        target = pathlib.Path(args.out or tempfile.mkdtemp())
        rng = source.Random(args.seed)
        strings = [source.random_string(rng) for _ in range(args.fuzz)]
    files = {"strings.bin": number(len(strings)) + b"".join(blob(s) for s in strings)}
    for shape in SHAPES:
        tokenizer = Tokenizer.from_file(str(DATA / f"tokenizer_{shape}.json"))
        files[f"cases_{shape}.bin"] = record(tokenizer, shape, strings, args.fuzz > 0)
    bad = [name for name, data in files.items() if args.check and (not (target / name).exists() or (target / name).read_bytes() != data)]
    if not args.check:
        for name, data in files.items():
            (target / name).write_bytes(data)
    total = sum(len(data) for data in files.values())
    print(f"{len(strings)} strings, {len(SHAPES)} shapes, {total} bytes" + (f", different: {', '.join(bad)}" if bad else ""))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
