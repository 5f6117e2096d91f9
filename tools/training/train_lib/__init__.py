# SPDX-License-Identifier: GPL-3.0-or-later
"""Trainer of the bundled model: data, network, losses, export, checks."""
