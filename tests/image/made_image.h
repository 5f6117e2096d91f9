// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// PNG, BMP and JPEG bytes made by hand, hostile ones included: no hostile binary is committed.

#include <cstdint>
#include <fstream>
#include <filesystem>
#include <string>
#include <vector>

namespace prunescope::testing {

using ByteString = std::vector<std::uint8_t>;

inline void appendBig32(ByteString& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(shift)));
    }
}

inline std::uint32_t crcOf(const ByteString& bytes, std::size_t from) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (std::size_t i = from; i < bytes.size(); ++i) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
        }
    }
    return ~crc;
}

inline void appendChunk(ByteString& png, const std::string& name, const ByteString& data) {
    appendBig32(png, static_cast<std::uint32_t>(data.size()));
    const std::size_t from = png.size();
    png.insert(png.end(), name.begin(), name.end());
    png.insert(png.end(), data.begin(), data.end());
    appendBig32(png, crcOf(png, from));
}

inline ByteString pngStart(std::uint32_t width, std::uint32_t height, std::uint8_t depth, std::uint8_t colour) {
    ByteString png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    ByteString header;
    appendBig32(header, width);
    appendBig32(header, height);
    header.insert(header.end(), {depth, colour, 0, 0, 0});
    appendChunk(png, "IHDR", header);
    return png;
}

/// zlib stream of stored blocks.
inline ByteString stored(const ByteString& raw) {
    ByteString out{0x78, 0x01};
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    for (std::size_t at = 0; at == 0 || at < raw.size(); at += 60000) {
        const std::size_t size = std::min<std::size_t>(60000, raw.size() - at);
        out.push_back(at + size >= raw.size() ? 1 : 0);
        out.push_back(static_cast<std::uint8_t>(size & 255U));
        out.push_back(static_cast<std::uint8_t>(size >> 8U));
        out.push_back(static_cast<std::uint8_t>(~size & 255U));
        out.push_back(static_cast<std::uint8_t>((~size >> 8U) & 255U));
        for (std::size_t i = at; i < at + size; ++i) {
            out.push_back(raw[i]);
            a = (a + raw[i]) % 65521;
            b = (b + a) % 65521;
        }
    }
    appendBig32(out, b << 16U | a);
    return out;
}

/// Grey 8-bit PNG of one level; `extra` goes between header and data.
inline ByteString greyPng(std::uint32_t width, std::uint32_t height, std::uint8_t level = 90, const ByteString& extra = {}) {
    ByteString png = pngStart(width, height, 8, 0);
    png.insert(png.end(), extra.begin(), extra.end());
    ByteString raw;
    for (std::uint32_t y = 0; y < height; ++y) {
        raw.push_back(0);
        raw.insert(raw.end(), width, level);
    }
    appendChunk(png, "IDAT", stored(raw));
    appendChunk(png, "IEND", {});
    return png;
}

inline ByteString bytesOf(const std::string& text) { return ByteString(text.begin(), text.end()); }

inline ByteString fileBytes(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return ByteString(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

}  // namespace prunescope::testing
