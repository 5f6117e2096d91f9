#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the seeds of tests/fuzz/corpus: good files of every kind and the hostile ones of the catalogue, small and made by hand.

Files named seed-* are made here; files with other names were found by fuzzing and are kept as they are. Standard library only.
"""
import hashlib
import json
import pathlib
import struct
import zlib

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent / "data"
CORPUS = HERE / "corpus"


def put(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(data if isinstance(data, bytes) else data.encode())


def st(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(dtype="U8", shape=(1,), begin=0, end=1):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def safetensors():
    good = {"a": tensor("F32", (2, 2), 0, 16), "b": tensor("F16", (3,), 16, 22), "__metadata__": {"format": "pt"}}
    put("safetensors", "good", st(json.dumps(good), bytes(range(22))))
    put("safetensors", "padded", st(json.dumps(good) + "     ", bytes(22)))
    put("safetensors", "empty", st("{}"))
    for i, dtype in enumerate(("F64", "F32", "F16", "BF16", "I64", "I32", "U8", "BOOL", "F8_E4M3", "f32")):
        size = (8, 4, 2, 2, 8, 4, 1, 1, 1, 4)[i]
        put("safetensors", f"type-{dtype}", st(json.dumps({"x": tensor(dtype, (2,), 0, 2 * size)}), bytes(range(2 * size))))
    put("safetensors", "scalar", st(json.dumps({"x": tensor("F32", (), 0, 4)}), bytes(4)))
    put("safetensors", "no-elements", st(json.dumps({"x": tensor("F32", (0, 3), 0, 0)})))
    put("safetensors", "short", b"1234567")
    for name, length in (("zero", 0), ("one", 1), ("all", 2**64 - 1), ("100m", 100_000_001), ("beyond", 3)):
        put("safetensors", f"length-{name}", st("{}", length=length))
    put("safetensors", "big-endian", struct.pack(">Q", 2) + b"{}")
    for name, text in (("array", "[]"), ("blank", " {}"), ("bom", "\ufeff{}"), ("nul", "{}\0\0"), ("open", "{"), ("meta", '{"__metadata__":{"a":1}}')):
        put("safetensors", f"header-{name}", st(text))
    put("safetensors", "utf8", st(b'{"\xff":1}'))
    put("safetensors", "deep", st('{"a":' + "[" * 300 + "]" * 300 + "}"))
    put("safetensors", "wrap", st(json.dumps({"x": tensor("F32", (4194305, 4194305, 211106198978564), 0, 16)}), bytes(16)))
    put("safetensors", "huge-zero", st(json.dumps({"x": tensor("F32", (2**62, 8, 0), 0, 0)})))
    put("safetensors", "negative", st('{"x":{"dtype":"U8","shape":[-1],"data_offsets":[-4,0]}}', bytes(4)))
    put("safetensors", "floats", st('{"x":{"dtype":"U8","shape":[1.0],"data_offsets":[0.0,1.0]}}', bytes(1)))
    put("safetensors", "reversed", st(json.dumps({"x": tensor("U8", (1,), 4, 0)}), bytes(4)))
    put("safetensors", "overlap", st(json.dumps({"a": tensor("U8", (5,), 0, 5), "b": tensor("U8", (4,), 4, 8)}), bytes(8)))
    put("safetensors", "hole", st(json.dumps({"a": tensor("U8", (3,), 0, 3), "b": tensor("U8", (4,), 4, 8)}), bytes(8)))
    put("safetensors", "trailing", st(json.dumps({"a": tensor("U8", (3,), 0, 3)}), bytes(4)))
    put("safetensors", "inside", st(json.dumps({"a": tensor("U8", (8,), 0, 8), "b": tensor("U8", (0,), 4, 4)}), bytes(8)))
    put("safetensors", "twice", st('{"a":' + json.dumps(tensor()) + ',"a":' + json.dumps(tensor()) + "}", bytes(2)))
    put("safetensors", "control", st(json.dumps({"a\n\x1b[31m\u202e": tensor("U8", (3,), 0, 4)}), bytes(4)))
    put("safetensors", "pickle", b"\x80\x02}q\x01.")
    put("safetensors", "zip", b"PK\x03\x04rest of an archive")
    put("safetensors", "gguf", b"GGUF\x03\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff")


def jsons():
    texts = ["{}", "[]", "null", "true", "-0", "1e5", "0.1", '"a\\u00e9\\ud83d\\ude00"', '{"a":{"b":[1,2,{"c":null}]}}', "\ufeff{}", "[1,2.5,-3e-2]", "18446744073709551615",
             "18446744073709551616", "-9223372036854775809", "1e400", "NaN", "[1,]", "{'a':1}", "//c\n{}", "{}{}", '{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '"\\ud800"', '"\\u0000"',
             "[" * 40 + "]" * 40, "[" * 1000, '{"a":' * 20 + "1" + "}" * 20, "", " ", '"open', "01", "+1", ".5", "tru", "version https://git-lfs", "<!DOCTYPE html>", "{\n\n\n  x", "{}\0"]
    for i, text in enumerate(texts):
        put("json", f"{i:02d}", text)
    for i, data in enumerate((b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b"\x1f\x8b\x08", b'{"\xf4\x90\x80\x80":1}')):
        put("json", f"bytes-{i}", data)


def configs():
    base = {"model_type": "llava", "torch_dtype": "float16", "image_token_index": 32000, "vision_feature_layer": -2, "vision_feature_select_strategy": "default",
            "vision_config": {"model_type": "clip_vision_model", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "image_size": 28, "patch_size": 14},
            "text_config": {"model_type": "llama", "vocab_size": 128, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4, "rms_norm_eps": 1e-5}}
    put("config", "good", json.dumps(base))
    put("config", "bare", '{"model_type":"llava"}')

    def change(name, part, **values):
        copy = json.loads(json.dumps(base))
        (copy[part] if part else copy).update(values)
        put("config", name, json.dumps(copy))

    change("list", "", vision_feature_layer=[-2, 1], vision_feature_select_strategy="full")
    change("mistral", "text_config", model_type="mistral", num_key_value_heads=2, sliding_window=None)
    change("sliding", "text_config", model_type="mistral", num_key_value_heads=2, sliding_window=16)
    change("qwen2", "text_config", model_type="qwen2", num_key_value_heads=2, rope_theta=1000000)
    change("llama3", "text_config", rope_parameters={"rope_type": "llama3", "rope_theta": 5e5, "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 32})
    change("linear", "text_config", rope_scaling={"type": "linear", "factor": 2.5})
    change("yarn", "text_config", rope_scaling={"type": "yarn", "factor": 2})
    change("sizes", "vision_config", image_size=[28, 28], patch_size=[14, 14])
    change("oblong", "vision_config", image_size=[28, 42])
    change("eos", "", eos_token_id=[1, 2, 2])
    change("quant", "", quantization_config={"quant_method": "awq"})
    change("next", "", model_type="llava_next")
    change("original", "", mm_projector_type="mlp2x_gelu")
    for i, value in enumerate((2**31, 2**32 + 1, -1, 0, 4096.5, 1e30, True, "4096", None, [1], {})):
        change(f"lie-{i}", "text_config", hidden_size=value)
        change(f"vision-lie-{i}", "vision_config", patch_size=value)
    change("heads", "text_config", num_attention_heads=7)
    change("largest", "text_config", vocab_size=4000000, hidden_size=131072, intermediate_size=1048576, num_attention_heads=1024)
    change("eps", "text_config", rms_norm_eps=0)
    put("config", "array", "[]")


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_start(width, height, depth, colour, interlace=0):
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def images():
    for path in sorted((DATA / "image/files").iterdir()):
        if path.stat().st_size < 2500:
            put("image", path.name, path.read_bytes())
    whole = (DATA / "image/files/rgb8i.png").read_bytes()
    put("image", "cut.png", whole[: len(whole) // 2])
    jpeg = (DATA / "image/files/progressive.jpg").read_bytes()
    put("image", "cut.jpg", jpeg[: len(jpeg) // 2])
    put("image", "bomb.png", png_start(32000, 32000, 1, 0) + chunk(b"IDAT", zlib.compress(bytes(4000))))
    put("image", "zero.png", png_start(0, 0, 8, 2))
    put("image", "huge.png", png_start(2**31 - 1, 2**31 - 1, 8, 2))
    put("image", "colour.png", png_start(3, 3, 3, 7))
    body = chunk(b"IDAT", zlib.compress(b"\0\1\2\3" * 3)) + chunk(b"IEND", b"")
    put("image", "tiny.png", png_start(3, 3, 8, 0) + body)
    put("image", "apng.png", png_start(3, 3, 8, 0) + chunk(b"acTL", struct.pack(">II", 5, 0)) + body)
    put("image", "exif.png", png_start(3, 3, 8, 0) + chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0") + body)
    put("image", "exif-loop.png", png_start(3, 3, 8, 0) + chunk(b"eXIf", b"II*\0\xff\xff\xff\xff\xff\xff") + body)
    put("image", "palette.png", png_start(3, 3, 8, 3) + chunk(b"PLTE", b"\1\2\3") + body)
    put("image", "length.png", b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffIHDR")
    head = struct.pack("<IiiHHIIiiII", 40, 3, -2, 1, 24, 0, 0, 0, 0, 0, 0)
    put("image", "down.bmp", b"BM" + struct.pack("<IHHI", 0, 0, 0, 54) + head + bytes(24))
    put("image", "min.bmp", b"BM" + struct.pack("<IHHI", 0, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 10, -2**31, 1, 24, 0, 0, 0, 0, 0, 0))
    put("image", "offset.bmp", b"BM" + struct.pack("<IHHI", 0, 0, 0, 0xFFFFFFFF) + head + bytes(24))
    for i, text in enumerate(("P6\n2000000000 2000000000\n255\n", "P6\n-5 10\n255\n", "P3\n2 1\n255\n1 2 3 4 5 6", "P3\n2 1\n255\n1 2 x", "P1\n3 2\n101010", "P2 2 2 65535 1 2 3 65535", "P6\n1 1\n65535\nabcdef", "P4\n9 2\nabcd")):
        put("image", f"pnm-{i}", text)
    put("image", "dicom", bytes(128) + b"DICM")
    for i, data in enumerate((b"GIF89a", b"II*\0", b"<svg>", b"%PDF-1.7", b"RIFF\0\0\0\0WEBPVP8 ", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\x10JFIF", b"")):
        put("image", f"other-{i}", data)


def tokenizers():
    llama = json.loads((DATA / "engine/l0_llama/tokenizer.json").read_text())
    base = json.dumps(llama, separators=(",", ":"))
    put("tokenizer", "llama", base + "\x1eHello <image> w\u00f6rld</s>")
    put("tokenizer", "empty-text", base + "\x1e")
    put("tokenizer", "bytes", base.encode() + b"\x1e\xff\xfe\xed\xa0\x80")
    put("tokenizer", "emoji", base + "\x1e\U0001f372\u200d\u0301 \t\n")
    small = {"version": "1.0", "added_tokens": [{"id": 5, "content": "<image>", "special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}],
             "normalizer": None, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}, "post_processor": None,
             "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "\u0120": 3, "\u0120a": 4}, "merges": ["a b", ["\u0120", "a"]]}}

    def change(name, text="ab a<image>b", **values):
        copy = json.loads(json.dumps(small))
        model = values.pop("model", {})
        copy.update(values)
        copy["model"].update(model)
        put("tokenizer", name, json.dumps(copy) + "\x1e" + text)

    change("small")
    change("long", "ab" * 900)
    change("ids", model={"vocab": {"a": -1, "b": 2**31, "c": 1.5, "d": "0"}})
    change("gap", model={"vocab": {"a": 0, "b": 1000000000}, "merges": []})
    change("same-id", model={"vocab": {"a": 0, "b": 0}, "merges": []})
    change("no-vocab", model={"vocab": {}, "merges": []})
    change("merge-unknown", model={"merges": ["x y"]})
    change("merge-odd", model={"merges": ["ab", ["a"], 7]})
    change("byte-tokens", model={"vocab": {"<0x-1>": 0, "<0x100>": 1, "<0xZZ>": 2, "<0x41>": 3}, "merges": [], "byte_fallback": True})
    change("redos", "a" * 40 + "!", pre_tokenizer={"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False})
    change("bad-regex", pre_tokenizer={"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated", "invert": False})
    change("recursion", pre_tokenizer={"type": "Split", "pattern": {"Regex": "(?R)"}, "behavior": "Removed", "invert": True})
    change("replace", normalizer={"type": "Replace", "pattern": {"String": ""}, "content": "aa"})
    change("replace-regex", normalizer={"type": "Replace", "pattern": {"Regex": ""}, "content": "aa"})
    change("prepend", normalizer={"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Prepend", "prepend": "\u2581"}, {"type": "Lowercase"}]})
    change("unknown-kind", normalizer={"type": "Precompiled", "precompiled_charsmap": "!!!"})
    change("added-empty", added_tokens=[{"id": 5, "content": "", "special": True}])
    change("added-clash", added_tokens=[{"id": 0, "content": "b", "special": False}])
    change("added-strip", "a <image> b", added_tokens=[{"id": 5, "content": "<image>", "special": True, "lstrip": True, "rstrip": True, "single_word": True}])
    change("decoder", decoder={"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": "a", "start": 1, "stop": 2**31}]})
    change("post", post_processor={"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<x>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens": {}})
    change("dropout", model={"dropout": 0.5, "unk_token": "?", "fuse_unk": True})
    change("suffix", model={"end_of_word_suffix": "</w>", "continuing_subword_prefix": "##"})
    for i, text in enumerate(("", "{}", "[]", '{"model":{"type":"Unigram","vocab":[]}}', '{"model":null}', "[" * 100)):
        put("tokenizer", f"broken-{i}", text)


def templates():
    record = json.loads((DATA / "text/templates.json").read_text())
    found = []

    def collect(value):
        if isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, str) and ("{%" in item or "{{" in item):
                    found.append(item)
                else:
                    collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)
        elif isinstance(value, str) and ("{%" in value or "{{" in value):
            found.append(value)

    collect(record)
    for i, text in enumerate(sorted(set(found))[:20]):
        put("template", f"known-{i:02d}", text + "\x1eIs there a pot?")
    for i, text in enumerate(("", "{{", "{% for", "{% if true %}", "{{ x.__class__ }}", "{% for a in messages %}{% for b in messages %}x{% endfor %}{% endfor %}", "{% set a = 'x' %}{{ a + a }}",
                              "{{ messages[0]['role'].upper() }}", "{{ messages[99] }}", "{{ 'a' * 1000000 }}", "{% include 'x' %}", "{{ raise_exception('no') }}", "{# open", "{%- if not a -%} x {%- endif -%}",
                              "{{ " + "(" * 500 + "1" + ")" * 500 + " }}", "{{ " + "not " * 500 + "1 }}", "{% if a %}" * 300, "<image>\n{question}", "plain text", "{{ messages | selectattr('a','equalto','b') | list }}")):
        put("template", f"odd-{i:02d}", text)
    put("template", "question-special", "{{ messages[0]['content'] }}\x1e<image></s>{{ x }}\u202e")
    put("template", "bytes", b"{{ '\xff' }}\x1e\xff\xfe")


def traces():
    """Containers with right and wrong checksums, and HEADER \\0 NAME \\0 TYPE ROWS COLS VALUES, which the target packs itself."""
    def pad(data):
        return data + bytes(-len(data) % 64)

    def packed(header, sections, major=1, minor=0):
        entries, body = [], b""
        for name, kind, shape, data in sections:
            body = pad(body)
            entries.append({"name": name, "type": kind, "shape": shape, "offset": len(body), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
            body += data
        full = {**header, "format": {"name": "prunescope.trace", "major": major, "minor": minor}, "sections": entries}
        text = json.dumps(full, separators=(",", ":"), sort_keys=True).encode()
        front = 64 + len(text)
        total = front + (-front % 64 if sections else 0) + len(body)
        head = b"\x89PSCOPE\x1a" + struct.pack("<IIQQ", major, minor, len(text), total) + hashlib.sha256(text).digest() + text
        return (pad(head) if sections else head) + body

    options = {"method": "script", "keep": "2"}
    times = {k: 1.5 for k in ("load_model", "decode_image", "preprocess", "vision", "project", "prune", "prefill", "decode", "first_token", "per_token", "total")}
    cost = {k: 9 for k in ("macs_visual_only", "macs_llm", "macs_vision", "macs_total", "kv_bytes", "kv_bytes_measured", "peak_memory_bytes")}
    run = {"question": "q?", "prompt": None, "max_new_tokens": 8, "requested": options, "options": options, "prompt_tokens": 5, "clip_space": False, "auto_sign": 1,
           "tau": 0.5, "decision_warnings": [], "decision_ms": {k: 0.1 for k in ("gram", "relevance", "gsp", "greedy", "total")}, "has_answer": True, "answer": "yes",
           "finish": "eos", "timings_ms": {**times, "vision_from_cache": False}, "cost": cost, "warnings": []}
    grid = {"rows": 2, "cols": 2, "image_width": 4, "image_height": 3, "input_size": 4, "patch_size": 2, "scale": [1, 1], "offset": [0, 0], "padded": False, "class_token": False}
    header = {"schema": "prunescope.trace/1", "created": "2026-01-01T00:00:00Z", "program": {"version": "0", "torch": "", "cuda": ""}, "environment": {"system": "x"},
              "model": {"path": "m", "family": "llava", "device": "cpu", "dtype": "float32", "parameters": 1, "hidden": 2, "visual_tokens": 4, "patch_size": 2, "grid": [2, 2],
                        "clip_text_tower": False, "load_ms": 0}, "runs": [run],
              "image": {"path": "", "sha256": "00", "format": "png", "decode_ms": 1, "preprocess_ms": 1, "vision_ms": 1, "project_ms": 1, "warnings": [], "rule": "embed",
                        "grid": grid}}
    f32 = lambda *values: struct.pack(f"<{len(values)}f", *values)
    i32 = lambda *values: struct.pack(f"<{len(values)}i", *values)
    i64 = lambda *values: struct.pack(f"<{len(values)}q", *values)
    sections = [("image.rgb", "U8", [3, 4, 3], bytes(range(36))), ("image.seen", "U8", [4, 4, 3], bytes(48)), ("tokens", "F32", [4, 2], f32(1, 0, 0, 1, 1, 1, -1, 2)),
                ("run0.query", "F32", [2], f32(1, 2)), ("run0.kept", "U8", [4], bytes((1, 0, 1, 0))), ("run0.reason", "U8", [4], bytes((0, 1, 0, 2))),
                ("run0.row", "I32", [4], i32(0, 0, 1, 1)), ("run0.col", "I32", [4], i32(0, 1, 0, 1)), ("run0.degree", "I32", [4], i32(1, 1, 0, 2)),
                ("run0.gsp_rank", "I32", [4], i32(0, 1, 2, 3)), ("run0.mean_similarity", "F32", [4], f32(0.5, 0.5, float("nan"), 1)),
                ("run0.gsp_score", "F32", [4], f32(1, 2, 3, 4)), ("run0.relevance_raw", "F32", [4], f32(0.1, 0.2, 0.3, 0.4)), ("run0.relevance", "F32", [4], f32(0, 1, 0.5, 0.2)),
                ("run0.order", "I64", [2], i64(0, 2)), ("run0.gain", "F32", [2], f32(1, 0.5)), ("run0.emitted", "I64", [2], i64(0, 2)),
                ("run0.answer_tokens", "I64", [2], i64(5, 2)), ("run0.answer_log_probabilities", "F32", [2], f32(-0.1, -0.2))]
    good = packed(header, sections)
    put("trace", "good", good)
    put("trace", "no-sections", packed(header, []))
    put("trace", "extra-section", packed(header, sections + [("later", "U8", [0], b"")]))
    put("trace", "newer-minor", packed(header, sections, minor=7))
    put("trace", "newer-major", packed(header, sections, major=2))
    put("trace", "major-zero", packed(header, sections, major=0))
    put("trace", "altered", good[:-1] + b"\x01")
    put("trace", "longer", good + b"\0")
    for size in (0, 4, 8, 40, 64, 200, len(good) // 2, len(good) - 1):
        put("trace", f"cut-{size:05}", good[:size])
    for name, at, value in (("header-length", 16, 2**64 - 1), ("file-length", 24, 2**63), ("file-length-zero", 24, 0)):
        put("trace", name, good[:at] + struct.pack("<Q", value) + good[at + 8:])
    for name, change in (("no-schema", {"schema": None}), ("runs-object", {"runs": {}}), ("runs-empty", {"runs": []}), ("environment-number", {"environment": {"a": 1}}),
                         ("rows-negative", {"image": {**header["image"], "grid": {**grid, "rows": -1}}}), ("scale-zero", {"image": {**header["image"], "grid": {**grid, "scale": [0, 1]}}}),
                         ("rows-huge", {"image": {**header["image"], "grid": {**grid, "rows": 65535, "cols": 65535}}}),
                         ("finish", {"runs": [{**run, "finish": "later"}]}), ("tau-text", {"runs": [{**run, "options": {**options, "tau": "7"}}]}), ("two-runs", {"runs": [run, run]})):
        put("trace", f"header-{name}", packed({**header, **change}, sections))
    for name in ("tokens", "run0.kept", "run0.order", "run0.gain", "image.seen"):
        put("trace", f"without-{name}", packed(header, [s for s in sections if s[0] != name]))
    put("trace", "order-outside", packed(header, [(s[0], s[1], s[2], i64(0, 4)) if s[0] == "run0.order" else s for s in sections]))
    put("trace", "tokens-nan", packed(header, [(s[0], s[1], s[2], f32(*[float("nan")] * 8)) if s[0] == "tokens" else s for s in sections]))
    kinds = {"U8": 0, "I32": 1, "I64": 2, "F32": 3}
    loose = json.dumps(header).encode() + b"\0"
    for name, kind, shape, data in sections:
        loose += name.encode() + b"\0" + bytes((kinds[kind] + (128 if len(shape) == 3 else 0), shape[0], shape[1] if len(shape) > 1 else 0)) + data
    put("trace", "loose", loose)


def main():
    for folder in CORPUS.glob("*"):
        for old in folder.glob("seed-*"):
            old.unlink()
    for make in (safetensors, jsons, configs, images, tokenizers, templates, traces):
        make()
    for folder in sorted(CORPUS.iterdir()):
        files = list(folder.iterdir())
        print(f"{folder.name}: {len(files)} files, {sum(f.stat().st_size for f in files)} bytes")


if __name__ == "__main__":
    main()
