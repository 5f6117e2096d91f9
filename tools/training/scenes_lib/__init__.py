# SPDX-License-Identifier: GPL-3.0-or-later
"""Scene generator for training and for checking: procedural places, sprites, exact masks, questions."""
