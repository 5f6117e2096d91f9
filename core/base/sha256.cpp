// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 after FIPS 180-4.
#include "core/base/sha256.h"

#include "core/base/files.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <vector>

namespace prunescope {
namespace {

constexpr std::array<std::uint32_t, 64> kRound{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::string hex(std::span<const std::uint8_t> bytes) {
    std::string out;
    for (const std::uint8_t byte : bytes) {
        out += "0123456789abcdef"[byte >> 4U];
        out += "0123456789abcdef"[byte & 15U];
    }
    return out;
}

}  // namespace

Sha256::Sha256()
    : m_state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19} {}

void Sha256::block(const std::uint8_t* data) {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t i = 0; i < 16; ++i) {
        w[i] = static_cast<std::uint32_t>(data[4 * i]) << 24U | static_cast<std::uint32_t>(data[4 * i + 1]) << 16U |
               static_cast<std::uint32_t>(data[4 * i + 2]) << 8U | data[4 * i + 3];
    }
    for (std::size_t i = 16; i < 64; ++i) {
        const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3U);
        const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10U);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = m_state;
    for (std::size_t i = 0; i < 64; ++i) {
        const std::uint32_t t1 = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) + kRound[i] + w[i];
        const std::uint32_t t2 = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const std::array<std::uint32_t, 8> add{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) {
        m_state[i] += add[i];
    }
}

void Sha256::update(std::span<const std::uint8_t> bytes) {
    std::size_t used = m_length % 64;
    m_length += bytes.size();
    while (!bytes.empty()) {
        if (used == 0 && bytes.size() >= 64) {
            block(bytes.data());
            bytes = bytes.subspan(64);
            continue;
        }
        const std::size_t take = std::min<std::size_t>(64 - used, bytes.size());
        std::memcpy(m_buffer.data() + used, bytes.data(), take);
        bytes = bytes.subspan(take);
        used += take;
        if (used == 64) {
            block(m_buffer.data());
            used = 0;
        }
    }
}

void Sha256::update(std::string_view text) {
    const void* start = text.data();
    update(std::span<const std::uint8_t>(static_cast<const std::uint8_t*>(start), text.size()));
}

std::string Sha256::finish() {
    const std::uint64_t bits = m_length * 8;
    std::vector<std::uint8_t> tail(1, 0x80);
    while ((m_length + tail.size()) % 64 != 56) {
        tail.push_back(0);
    }
    for (int shift = 56; shift >= 0; shift -= 8) {
        tail.push_back(static_cast<std::uint8_t>(bits >> static_cast<unsigned>(shift)));
    }
    update(std::span<const std::uint8_t>(tail));
    std::array<std::uint8_t, 32> digest{};
    for (std::size_t i = 0; i < 32; ++i) {
        digest[i] = static_cast<std::uint8_t>(m_state[i / 4] >> (24U - 8U * static_cast<unsigned>(i % 4)));
    }
    return hex(digest);
}

std::string sha256(std::span<const std::uint8_t> bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::string sha256(std::string_view text) {
    Sha256 hash;
    hash.update(text);
    return hash.finish();
}

Result<std::string> sha256OfFile(const std::filesystem::path& path) {
    ReadOptions options;
    options.limit = INT64_MAX;
    options.allowEmpty = true;
    auto file = openRegularFile(path, options);
    if (!file) {
        return file.error();
    }
    Sha256 hash;
    std::vector<std::uint8_t> buffer(1U << 20U);
    for (;;) {
        const ssize_t got = ::read(file->handle.get(), buffer.data(), buffer.size());
        if (got == 0) {
            return hash.finish();
        }
        if (got < 0 && errno != EINTR) {
            return Error{ErrorCode::kBadInput, "FILE-IO", "cannot read", path.string(), "the system could not read the file", "", nullptr};
        }
        if (got > 0) {
            hash.update(std::span<const std::uint8_t>(buffer.data(), static_cast<std::size_t>(got)));
        }
    }
}

std::string freshId() {
    static std::atomic<std::uint64_t> counter{0};
    std::array<std::uint8_t, 8> bytes{};
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        const std::uint64_t fallback = ++counter + (static_cast<std::uint64_t>(getpid()) << 32U);
        std::memcpy(bytes.data(), &fallback, bytes.size());
    }
    return hex(bytes);
}

}  // namespace prunescope
