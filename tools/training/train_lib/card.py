# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes README.md and relevance.json of a checkpoint from measured figures.

`python -m train_lib.card MODEL FACTS.json ACCEPTANCE`: FACTS holds minutes, crops, questions and machine of each stage, and what the
model cannot do; ACCEPTANCE is the folder that `tools/training/acceptance --out` filled.
"""
import json
import os
import sys

from .export import dump
from .tokens import known_words

HEAD = """---
license: gpl-3.0
pipeline_tag: image-text-to-text
tags: [llava, from-scratch, visual-token-pruning]
---
# The bundled model of PruneScope

A small vision-language model of the LLaVA-1.5 family, **trained from scratch** by `tools/training/train` on drawn scenes.
It exists so that PruneScope can be used, shown and tested where no model hub can be reached. It knows the things listed below
and nothing else; it is no general model and says nothing about photographs.

| | |
|---|---|
| tower | CLIP layout, 336 px, patch 14, 576 visual tokens, d 192, 8 layers, 3 heads, quick_gelu; features of layer -2 |
| projector | 192 - 320 - 320, gelu |
| decoder | Llama layout, d 320, 12 layers, 5 heads, feed-forward 864, vocabulary {vocab} |
| parameters | {params:.1f} million, float16; text tower in `clip/` 0.7 million |
| prompt | `USER: <image>\\n{{question}} ASSISTANT:` ; answers are one word and `</s>` |
"""

HOW = """
## How it was trained

Machine: {machine}. Seed {seed}; code of commit {commit}. No pruning method is used anywhere in training.
{scenes} training scenes ({mix}); test scenes come from other
seeds and another split and were never trained on. Held out entirely: 15 % of the (class, colour) pairs.

| stage | what is trained | on | minutes | seen |
|---|---|---|---|---|
{stages}

Losses, all disclosed because they shape what pruning methods see:
- stage 1: dense patch-to-word cross-entropy in the decoder's own embedding space (masks supervise it), query localisation
  (mean of ALL question-token embeddings against the patches, every question template), class token multi-label, colour, letter,
  sign-word, size and middle-of-the-object heads (thrown away), position regression (thrown away); position table started as 2-D sine-cosine;
- stage 2: answer cross-entropy on packed rows of 72 of 576 tokens, every fourth step on rows of one sign with the question for its word,
  in the last third another fourth on all 576 tokens; and what the decoder is told about its way to an answer
  (`tools/training/train_lib/aux.py`): attention of heads 0 and 4 of layers 6 and 7 from each object's name to its patches (absent: to `<s>`),
  of heads 1 and 2 of the same layers to the outermost of several, of heads 1 and 2 of layers 9 and 10 from the last token to the names, of
  head 3 of layers 10 and 11 from the last token to the patches that hold the answer; linear heads (thrown away) that read place, outermost
  places, colour, number and sign word at the name after layer 8;
- stage 3: everything together at 576 tokens, the losses of stages 1 and 2 still on.
Because relevance is trained with masks, relevance-based pruning looks better here than on a checkpoint without that training;
attention-based pruning of late layers profits from the grounding.
"""

END = """
Intervals: 95 %. Pointing: the most relevant patch is covered to at least 30 % by an object that
the question is about (items with a patch covered at least half); relevance is the cosine between projected tokens and the mean of all question-token embeddings (`relevance.json`:
space `llm`, sign +). "Blank" replaces the picture by its mean colour.
{note}

## What it cannot do

{cannot}

## Known words

{words}

## Licences

Weights, tokenizer and this card: GPL-3.0-or-later. Training pictures were drawn by this repository's generator from Noto Color Emoji
(font OFL-1.1, upstream images Apache-2.0), Tux Paint stamps (GPL-2.0-or-later) and DejaVu letters (Bitstream Vera licence); texts in
`tools/training/assets`.
"""


FIGURES = """
## Figures

By `tools/training/acceptance --world full --scenes {scenes} --method-scenes {few}`, which is the program's own `eval` on unseen std scenes (seed 90210,
split `test`; held-out pairs: `test_comp`), float32 arithmetic on these float16 weights, original positions.

{table}
The last table has its own, smaller set of scenes; its interval is the normal one. "Evidence kept": patches under the referred objects that
were kept.
"""


def main(folder, facts, acceptance):
    def read(name):
        with open(os.path.join(acceptance, name), encoding="utf-8") as f:
            return f.read()

    with open(facts, encoding="utf-8") as f:
        facts = json.load(f)
    stages = "\n".join(f"| {s['stage']} | {s['what']} | {s['on']} | {s['minutes']} | {s['seen']} |" for s in facts["stages"])
    words = "\n".join(f"- {g}: {', '.join(ws)}" for g, ws in known_words().items() if g != "plurals")
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        vocab = json.load(f)["text_config"]["vocab_size"]
    text = HEAD.format(vocab=vocab, params=facts["parameters"] / 1e6)
    text += HOW.format(machine=facts["machine"], seed=facts["seed"], commit=facts["commit"], scenes=facts["scenes"], mix=facts["mix"], stages=stages)
    text += FIGURES.format(table=read("table.md"), scenes=facts["acceptance_scenes"], few=facts["method_scenes"])
    text += END.format(words=words, note=facts.get("note", ""), cannot="\n".join("- " + x for x in facts["cannot"]))
    with open(os.path.join(folder, "README.md"), "w", encoding="utf-8") as f:
        f.write(text)
    exist = json.loads(read("full.json"))["families"]["exist"]
    dump(folder, "relevance.json", {
        "space": "llm", "sign": 1, "positions": "original", "query": "mean of the embeddings of all question tokens, template words included",
        "measure": "cosine with the projected visual tokens", "pointing_game": round(exist["pointing"], 4), "pointing_n": exist["pointing_n"],
        "calibrated_on": "tools/training/scenes --preset std --split test, existence questions about present objects"})


if __name__ == "__main__":
    main(*sys.argv[1:])
