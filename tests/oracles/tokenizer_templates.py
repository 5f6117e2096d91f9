# SPDX-License-Identifier: GPL-3.0-or-later
"""Records what transformers' chat template renderer makes of templates and questions: tests/data/text/templates.json.

  tokenizer_templates.py [--check]

The templates are written for this file after the shapes that model folders carry (reference/models.md section 9)."""

import json
import pathlib
import sys

from transformers.utils.chat_template_utils import render_jinja_template

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "text" / "templates.json"

LLAVA = ("{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': '}}{% endif %}{# Render all images first #}"
         "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}{# Render all text next #}"
         "{% if message['role'] != 'assistant' %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] + ' '}}{% endfor %}"
         "{% else %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{% generation %}{{ content['text'] + ' '}}{% endgeneration %}{% endfor %}"
         "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}")

TEMPLATES = {
    # name: (template, image token, bos, content: "list" or "string")
    "llava-1.5": (LLAVA, "<image>", "<s>", "list"),
    "vicuna-bos": ("{{ bos_token }}{% for message in messages %}{{ message.role.upper() }}: {% for part in message.content %}{% if part.type == 'image' %}<image>\n"
                   "{% elif part['type'] == 'text' %}{{ part.text }} {% endif %}{% endfor %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}", "<image>", "<s>", "list"),
    "generation": ("{% for message in messages %}\n  {% if message.role == 'user' %}\nUSER: {% for c in message.content %}{{ '<image>\\n' if c.type == 'image' else c.text }}"
                   "{% endfor %}\n  {% else %}\n{% generation %}\nA: {{ message.content }}\n{% endgeneration %}\n  {% endif %}\n{% endfor %}\n"
                   "{%- if add_generation_prompt %} ASSISTANT:{% endif -%}\n", "<image>", "<s>", "list"),
    "mistral-inst": ("{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' }}{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}"
                     "{{ '<image>\n' }}{% endfor %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] }}{% endfor %}{{' [/INST]' }}"
                     "{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'][0]['text'] + '</s>' }}{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}"
                     "{% endif %}{% endfor %}", "<image>", "<s>", "list"),
    "mistral-strict": ("{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
                       "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if message['role'] == 'user' %}"
                       "{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}{% endif %}{% endfor %}",
                       "<image>", "<s>", "string"),
    "onevision": ("{% for message in messages %}{{'<|im_start|>' + message['role'] + ' '}}{# Render all images first #}{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}"
                  "{{ '<image>' }}{% endfor %}{# Render all video then #}{% for content in message['content'] | selectattr('type', 'equalto', 'video') %}{{ '<video>' }}{% endfor %}"
                  "{# Render all text next #}{% if message['role'] != 'assistant' %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ '\n' + content['text'] }}{% endfor %}"
                  "{% else %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{% generation %}{{ '\n' + content['text'] }}{% endgeneration %}{% endfor %}{% endif %}"
                  "{{'<|im_end|>'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}", "<image>", "", "list"),
    "qwen2-text": ("{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}"
                   "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
                   "<image>", "", "string"),
    "qwen2-vl": ("{% set image_count = namespace(value=0) %}{% set video_count = namespace(value=0) %}{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
                 "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n"
                 "{% else %}{% for content in message['content'] %}{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}"
                 "{% set image_count.value = image_count.value + 1 %}{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}<|vision_start|><|image_pad|><|vision_end|>"
                 "{% elif content['type'] == 'video' or 'video' in content %}{% set video_count.value = video_count.value + 1 %}<|vision_start|><|video_pad|><|vision_end|>"
                 "{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
                 "<|image_pad|>", "", "list"),
    "internvl": ("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n'}}{% if message['content'] is string %}{{ message['content'] }}{% else %}"
                 "{% for content in message['content'] %}{% if content['type'] == 'image' %}{{ '<IMG_CONTEXT>\n' }}{% elif content['type'] == 'video' %}{{ '<video>\n' }}"
                 "{% elif content['type'] == 'text' %}{{ content['text'] }}{% endif %}{% endfor %}{% endif %}{{'<|im_end|>\n'}}{% endfor %}"
                 "{% if add_generation_prompt %}{{'<|im_start|>assistant\n' }}{% endif %}", "<IMG_CONTEXT>", "", "list"),
    "vicuna-text": ("{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}"
                    "{% set loop_messages = messages %}{% set system_message = 'A chat between a curious user and an artificial intelligence assistant.' %}{% endif %}"
                    "{% for message in loop_messages %}{% if loop.index0 == 0 %}{{ system_message }}{% endif %}{% if message['role'] == 'user' %}"
                    "{{ ' USER: ' + message['content'].strip() }}{% elif message['role'] == 'assistant' %}{{ ' ASSISTANT: ' + message['content'].strip() + eos_token }}{% endif %}{% endfor %}"
                    "{% if add_generation_prompt %}{{ ' ASSISTANT:' }}{% endif %}", "<image>", "<s>", "string"),
    "llama2-chat": ("{%- set ns = namespace(found=false) -%}\n{%- for message in messages -%}\n    {%- if message['role'] == 'system' -%}\n        {%- set ns.found = true -%}\n"
                    "    {%- endif -%}\n{%- endfor -%}\n{%- if not ns.found -%}\n    {{- '' + 'Below is a question.' + '\\n' -}}\n{%- endif %}\n{%- for message in messages %}\n"
                    "    {%- if message['role'] == 'user' %}\n        {{- '### Q: ' ~ (message['content'] | trim) + '\\n' -}}\n    {%- else %}\n        {{- message.content }}\n"
                    "    {%- endif %}\n{%- endfor -%}\n{% if add_generation_prompt %}\n{{- '### A: ' -}}\n{% endif %}", "<image>", "<s>", "string"),
    "trim-parts": ("{%- for message in messages -%}{{- message.role | capitalize }}: {% for c in message.content if c.type == 'image' -%}<image>{%- endfor %}\n"
                   "{{ message.content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join(' ') | trim }}\n{% endfor -%}\n"
                   "{{ 'Assistant:' if add_generation_prompt else '' }}", "<image>", "", "list"),
    "smol": ("<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}"
             "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}"
             "<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}", "<image>", "", "list"),
    "white-space": ("  \n{% for message in messages %}  \n   {% if true %}\n  a {{ message.role }}\n   {%- endif %}\n   {# note #}\nb{%+ if true +%}\n c {% endif %}\n"
                    "{% for p in message['content'] %}\t{% if p.type == 'image' %}\n<image>\n{% elif p.type is defined and p.type == 'text' and not p.video is defined %}\n[{{ p.text }}]"
                    "\n{% endif %}\n{%- endfor %}\n{% endfor %}\r\nend {{ 7 // 2 }} {{ -7 % 3 }} {{ [1, 2, 3][-1] }} {{ 'x' * 1 if false else 'y' }} {{ none }} {{ true and 'z' or 'w' }}\n\n",
                    "<image>", "", "list"),
    "macro-free-loop": ("{% for m in messages %}{% for c in m['content'] %}{% if c['type'] != 'image' %}{% continue %}{% endif %}<image>{% break %}{% endfor %}"
                        "{% set body %}{% for c in m.content %}{% if c.text is defined %}{{ c.text }}{% endif %}{% endfor %}{% endset %}{{ loop.index }}/{{ loop.length }}"
                        "{{ ' last' if loop.last }}: {{ body }}{% else %}nothing{% endfor %}{{ {'a': 1, 'b': 'two'}.items() | list | length }}"
                        "{% for k, v in {'a': 1, 'b': 'two'}.items() %} {{ k }}={{ v }}{% endfor %} {{ range(3) | join(',') }} {{ 'a,b'.split(',')[1] }} {{ missing | default('d') }}"
                        " {{ 'Hello'[1:3] }} {{ 'abc'[::-1] }} {{ 'b' in 'abc' }} {{ 'a' not in ['b'] }} {{ [1, 'x', none, true] | tojson }}", "<image>", "", "list"),
}

QUESTIONS = ["What is shown in this image?", "Is there a pot on the stove?", "a", "  two  spaces  ", "line one\nline two", "USER: What? ASSISTANT:", "日本語で答えて 😀", "{{ 7 * 7 }} {% if x %}",
             "user", "image", "quote ' \" \\ \\n", "<s>[INST] hi [/INST]", "e\u0301 \u00a0x\u00a0"]


def messages(content, image, question):
    if content == "list":
        return [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}]
    return [{"role": "user", "content": image + "\n" + question}]


def build():
    out = []
    for name, (template, image, bos, content) in TEMPLATES.items():
        prompts = []
        for question in QUESTIONS:
            extra = {"image_token": image}
            extra["bos_token"] = bos
            rendered, _ = render_jinja_template(conversations=[messages(content, image, question)], chat_template=template, add_generation_prompt=True, **extra)
            prompts.append(rendered[0])
        out.append({"name": name, "template": template, "image": image, "bos": bos, "content": content, "prompts": prompts})
    return {"questions": QUESTIONS, "templates": out}


def main():
    text = json.dumps(build(), ensure_ascii=True, indent=1) + "\n"
    if "--check" in sys.argv:
        same = DATA.exists() and DATA.read_text(encoding="utf-8") == text
        print("as recorded" if same else "different")
        return 0 if same else 1
    DATA.write_text(text, encoding="utf-8")
    print(len(TEMPLATES), "templates,", len(QUESTIONS), "questions,", len(text), "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
