// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Pictures of an integer formula, the same as tests/oracles/pillow_preprocess.py draws: noise, smooth and hard-edged blocks of 32 pixels.

#include "core/image/image.h"

#include <cstdint>

namespace prunescope::testing {

inline RgbImage drawnPicture(int width, int height, std::uint32_t seed) {
    RgbImage image{width, height, {}};
    image.pixels.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    for (std::uint32_t y = 0; y < static_cast<std::uint32_t>(height); ++y) {
        for (std::uint32_t x = 0; x < static_cast<std::uint32_t>(width); ++x) {
            for (std::uint32_t c = 0; c < 3; ++c) {
                std::uint32_t h = x * 0x9E3779B1U + y * 0x85EBCA77U + c * 0xC2B2AE3DU + seed * 0x27D4EB2FU;
                h ^= h >> 15U;
                h *= 0x2C1B3C6DU;
                h ^= h >> 12U;
                const std::uint32_t smooth = x * 3 + y * 5 + c * 40 + ((x * y) >> 6U);
                const std::uint32_t edge = (((x >> 2U) + (y >> 3U) + c) & 1U) * 255U;
                const std::uint32_t select = ((x >> 5U) + (y >> 5U) + seed) % 3;
                image.pixels.push_back(static_cast<std::uint8_t>(select == 0 ? h : select == 1 ? smooth : edge));
            }
        }
    }
    return image;
}

}  // namespace prunescope::testing
