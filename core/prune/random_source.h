// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The one random source of this room: SplitMix64 with unbiased bounded draws, equal on every machine and library (std::shuffle is not).

#include <cstdint>
#include <utility>
#include <vector>

namespace prunescope::detail {

class RandomSource {
public:
    /// `stream` separates uses of one seed (tile, purpose).
    RandomSource(std::uint64_t seed, std::uint64_t stream) : m_state(mix(seed + 0x9E3779B97F4A7C15ULL) ^ mix(stream + 0xD1B54A32D192ED03ULL)) {}

    [[nodiscard]] std::uint64_t next() {
        m_state += 0x9E3779B97F4A7C15ULL;
        return mix(m_state);
    }
    /// Uniform in [0, bound), bound > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
        std::uint64_t draw = next();
        while (draw >= limit) {
            draw = next();
        }
        return draw % bound;
    }
    /// Uniform in [0, 1).
    [[nodiscard]] double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    /// Fisher-Yates from the front: the first `count` places are a uniform draw without replacement, nested in count.
    template <typename T>
    void shuffle(std::vector<T>& items, std::int64_t count) {
        const std::uint64_t n = items.size();
        for (std::uint64_t i = 0; i + 1 < n && i < static_cast<std::uint64_t>(count); ++i) {
            std::swap(items[i], items[i + below(n - i)]);
        }
    }

private:
    [[nodiscard]] static std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    std::uint64_t m_state;
};

}  // namespace prunescope::detail
