# SPDX-License-Identifier: GPL-3.0-or-later
"""Llama-style BPE tokenizer in which every known word is one token (a chain of merges a word)."""
import json
import os

from scenes_lib import assets as A
from scenes_lib.questions import NUMBERS, TEMPLATES

BAR = "\u2581"
EXTRA = ("a an the is are there in on of to it at by and or not no yes what which where who how many much color this that "
         "these those can you see image picture scene place sign word say left right above below behind front near "
         "any one two three four five six seven eight nine ten zero Is Are Can What Which Where How Do Does I cannot tell "
         "USER ASSISTANT Question Answer Please answer using single phrase or small large big").split()
TEMPLATE = ("{% for message in messages %}{{ message['role'].upper() + ': ' }}"
            "{% if message['content'] is string %}{{ message['content'] + ' ' }}{% else %}"
            "{% for c in message['content'] if c['type'] == 'image' %}{{ '<image>\n' }}{% endfor %}"
            "{% for c in message['content'] if c['type'] == 'text' %}{{ c['text'] + ' ' }}{% endfor %}"
            "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}")


def known_words():
    """Answers and nouns the model is taught, in groups (also shown in the card)."""
    ks = A.classes()
    return {"objects": [k.name for k in ks] + ["sign"], "plurals": sorted({k.plural for k in ks} | {"signs"}),
            "colours": A.COLOUR_NAMES, "places": A.PLACE_NAMES, "numbers": NUMBERS,
            "sign words": [w.lower() for w in A.WORDS]}


def all_words():
    words = list(EXTRA)
    for group in known_words().values():
        words += group
    for forms in TEMPLATES.values():
        for t in forms:
            words += [w for w in t.replace("?", "").split() if "{" not in w]
    return list(dict.fromkeys(words))


def build_spec():
    """The content of tokenizer.json."""
    vocab = {"<unk>": 0, "<s>": 1, "</s>": 2}
    for b in range(256):
        vocab[f"<0x{b:02X}>"] = len(vocab)
    chars = [BAR] + [chr(c) for c in range(33, 127)]
    for c in chars:
        vocab[c] = len(vocab)
    merges = []
    for w in all_words():
        at = BAR
        for c in w:
            if at + c not in vocab:
                vocab[at + c] = len(vocab)
                merges.append([at, c])
            at += c
    pad, image, nl = len(vocab), len(vocab) + 1, len(vocab) + 2
    flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=False)
    added = [dict(id=i, content=t, special=True, **flags) for i, t in ((0, "<unk>"), (1, "<s>"), (2, "</s>"),
                                                                      (pad, "<pad>"), (image, "<image>"))]
    added.append(dict(id=nl, content="\n", special=False, **flags))
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": BAR}, {"type": "Replace", "pattern": {"String": " "}, "content": BAR}]},
            "pre_tokenizer": None,
            "post_processor": {"type": "TemplateProcessing",
                               "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                                          {"Sequence": {"id": "A", "type_id": 0}}],
                               "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                                        {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
                               "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": BAR}, "content": " "}, {"type": "ByteFallback"},
                {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
            "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                      "vocab": vocab, "merges": merges}}


class Words:
    """Ids by the real tokenizer, with a small cache."""

    def __init__(self):
        from tokenizers import Tokenizer
        self.spec = build_spec()
        self.tok = Tokenizer.from_str(json.dumps(self.spec))
        self.size = self.tok.get_vocab_size()
        self.image = self.tok.token_to_id("<image>")
        self.pad = self.tok.token_to_id("<pad>")
        self.bos, self.eos = 1, 2
        self.cache = {}
        self.prefix = [self.bos] + self.ids("USER: ")
        self.tail = self.ids(" ASSISTANT:".strip())

    def ids(self, text):
        r = self.cache.get(text)
        if r is None:
            r = self.cache[text] = self.tok.encode(text, add_special_tokens=False).ids
        return r

    def word(self, w):
        ids = self.ids(w)
        if len(ids) != 1:
            raise ValueError(f"{w} is {len(ids)} tokens")
        return ids[0]

    def after_image(self, question):
        """Ids of everything after the image: newline, question, role."""
        return self.ids(f"\n{question} ASSISTANT:")

    def save(self, folder):
        with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as f:
            json.dump(self.spec, f, ensure_ascii=False, indent=1)
        cfg = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
               "pad_token": "<pad>", "image_token": "<image>", "extra_special_tokens": {"image_token": "<image>"},
               "clean_up_tokenization_spaces": False, "model_max_length": 1024, "padding_side": "left",
               "processor_class": "LlavaProcessor", "chat_template": TEMPLATE}
        with open(os.path.join(folder, "tokenizer_config.json"), "w", encoding="utf-8") as f:
            json.dump(cfg, f, indent=1)
        with open(os.path.join(folder, "chat_template.json"), "w", encoding="utf-8") as f:
            json.dump({"chat_template": TEMPLATE}, f, indent=1)
