// SPDX-License-Identifier: GPL-3.0-or-later
// The safetensors reader and writer (reference/reliability.md 3.4, M01-M32).
#include "tests/checkpoint/st_bytes.h"

#include "core/base/utf8.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <limits>

namespace prunescope {
namespace {

using testing::ByteString;
using testing::ScratchFolder;
using testing::stBytes;
using testing::stFile;

std::string idOf(ByteString bytes) {
    const auto file = SafetensorsFile::parse(std::move(bytes), "x.safetensors");
    if (file.ok()) {
        return "";
    }
    EXPECT_LT(formatErrorLine("prunescope-cli", file.error()).size(), 241U);
    EXPECT_TRUE(file.error().code == ErrorCode::kBadModel || file.error().code == ErrorCode::kLimit);
    return file.error().id;
}

/// One tensor "a" with these texts for dtype, shape and offsets, and `data` bytes.
std::string idOfTensor(const std::string& dtype, const std::string& shape, const std::string& offsets, std::size_t data) {
    return idOf(stBytes(R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}", data));
}

std::string entry(const std::string& name, int begin, int end) {
    return "\"" + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) + R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

TEST(Catalogue, M01_TooShortFiles) {
    EXPECT_EQ(idOf({}), "MODEL-ST-SHORT");
    EXPECT_EQ(idOf(ByteString(7, 0)), "MODEL-ST-SHORT");
    EXPECT_EQ(idOf(ByteString(8, 0)), "MODEL-ST-HLEN");
    const ScratchFolder scratch;
    EXPECT_EQ(SafetensorsFile::open(scratch.put("a.safetensors", "")).error().id, "MODEL-ST-SHORT");
    EXPECT_EQ(SafetensorsFile::open(scratch.put("b.safetensors", "1234567")).error().id, "MODEL-ST-SHORT");
}

TEST(Catalogue, M02_HeaderLengthsThatDoNotFit) {
    for (const std::int64_t length : {0LL, 1LL, 100'000'001LL, 3LL, std::numeric_limits<long long>::max()}) {
        EXPECT_EQ(idOf(stBytes("{}", 0, length)), "MODEL-ST-HLEN") << length;
    }
    ByteString all(20, 0xFF);
    EXPECT_EQ(idOf(all), "MODEL-ST-HLEN");
}

TEST(Catalogue, M03_HugeHeaderNamesTheLimit) {
    const auto file = SafetensorsFile::parse(stBytes("{}" + std::string(17U << 20U, ' ')), "x");
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().id, "MODEL-ST-LIMIT");
    EXPECT_EQ(exitCodeOf(file.error().code), 9);
}

TEST(Catalogue, M04_HeadersThatAreNotJson) {
    for (const std::string& header : {std::string(" {}"), std::string("[]"), std::string("\xEF\xBB\xBF{}"), std::string("{\"a\":}"), std::string("{}\0\0", 4), std::string("{\"\xFF\":1}"), std::string("{} x")}) {
        EXPECT_EQ(idOf(stBytes(header)), "MODEL-ST-JSON") << escapeForLine(header);
    }
    EXPECT_EQ(idOf(stBytes("{}     ")), "");   // padding with blanks is legal
}

TEST(Catalogue, M05_EmptyHeader) {
    EXPECT_EQ(idOf(stBytes("{}")), "");
    EXPECT_EQ(idOf(stBytes("{}", 4)), "MODEL-ST-HOLE");
}

TEST(Catalogue, M06_DeepHeader) {
    EXPECT_EQ(idOf(stBytes("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}")), "MODEL-JSON-DEPTH");
    EXPECT_EQ(idOf(stBytes("{\"a\":" + std::string(1'000'000, '['))), "MODEL-JSON-DEPTH");
}

TEST(Catalogue, M07_AMillionTensors) {
    std::string header = "{";
    for (int i = 0; i < 100'002; ++i) {
        header += (i == 0 ? "" : ",") + entry("t" + std::to_string(i), i, i + 1);
    }
    EXPECT_EQ(idOf(stBytes(header + "}", 100'002)), "MODEL-ST-COUNT");
}

TEST(Catalogue, M08_DuplicateNames) {
    EXPECT_EQ(idOf(stBytes("{" + entry("a", 0, 1) + "," + entry("a", 1, 2) + "}", 2)), "MODEL-JSON-DUP");
    EXPECT_EQ(idOf(stBytes(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1)), "MODEL-JSON-DUP");
}

TEST(Catalogue, M09_Metadata) {
    for (const char* bad : {"1", "[]", "null", "\"text\"", R"({"a":1})", R"({"a":{}})", R"({"a":null})"}) {
        EXPECT_EQ(idOf(stBytes(std::string(R"({"__metadata__":)") + bad + "}")), "MODEL-ST-META") << bad;
    }
    EXPECT_EQ(idOf(stBytes(R"({"__metadata__":{"a":")" + std::string(2U << 20U, 'x') + "\"}}")), "MODEL-ST-META");
    const auto good = SafetensorsFile::parse(stBytes(R"({"__metadata__":{"grid":"24x24"}})"), "x");
    ASSERT_TRUE(good.ok());
    EXPECT_EQ(good->metadata().at("grid"), "24x24");
}

TEST(Catalogue, M10_MissingAndUnknownFields) {
    EXPECT_EQ(idOf(stBytes(R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1)), "MODEL-ST-ENTRY");
    EXPECT_EQ(idOf(stBytes(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1)), "MODEL-ST-ENTRY");
    EXPECT_EQ(idOf(stBytes(R"({"a":{"dtype":"U8","shape":[1]}})", 1)), "MODEL-ST-ENTRY");
    EXPECT_EQ(idOf(stBytes(R"({"a":7})", 0)), "MODEL-ST-ENTRY");
    EXPECT_EQ(idOf(stBytes(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"extra":[1]}})", 1)), "");
}

TEST(Catalogue, M11_UnknownTypes) {
    for (const char* dtype : {"\"NOTADTYPE\"", "\"f32\"", "\"F8_E4M3\"", "\"F4\"", "\"C64\"", "7", "null", "\"\""}) {
        EXPECT_EQ(idOfTensor(dtype, "[1]", "[0,1]", 1), "MODEL-ST-DTYPE") << dtype;
    }
}

TEST(Catalogue, M12_UnusableShapes) {
    for (const char* shape : {"[-1]", "[1.5]", "[\"4\"]", "[true]", "[null]", "[9223372036854775808]", "[1,1,1,1,1,1,1,1,1]", "4", "null", "[4.0]"}) {
        EXPECT_EQ(idOfTensor("\"U8\"", shape, "[0,4]", 4), "MODEL-ST-SHAPE") << shape;
    }
}

TEST(Catalogue, M13_ProductThatWrapsToFour) { EXPECT_EQ(idOfTensor("\"F32\"", "[4194305,4194305,211106198978564]", "[0,16]", 16), "MODEL-ST-OVERFLOW"); }

TEST(Catalogue, M14_HugeSidesBesideZero) {
    EXPECT_EQ(idOfTensor("\"F32\"", "[4611686018427387904,8,0]", "[0,0]", 0), "MODEL-ST-SHAPE");
    EXPECT_EQ(idOfTensor("\"F32\"", "[0,4611686018427387904,8]", "[0,0]", 0), "MODEL-ST-SHAPE");
}

TEST(Catalogue, M15_ScalarsAndEmptyTensors) {
    EXPECT_EQ(idOfTensor("\"F32\"", "[]", "[0,4]", 4), "");
    EXPECT_EQ(idOfTensor("\"F32\"", "[0,3]", "[0,0]", 0), "");
    EXPECT_EQ(idOf(stBytes("{" + entry("a", 0, 0) + "," + entry("b", 0, 0) + "," + entry("c", 0, 5) + "," + entry("d", 5, 5) + "}", 5)), "");
}

TEST(Catalogue, M16_EmptyTensorInsideAnother) { EXPECT_EQ(idOf(stBytes("{" + entry("a", 0, 8) + "," + entry("b", 4, 4) + "}", 8)), "MODEL-ST-OFFSET"); }

TEST(Catalogue, M17_UnusableOffsets) {
    for (const char* offsets : {"[4,0]", "[-4,0]", "[0,2,4]", "[0.0,4.0]", "[0]", "4", "[0,\"4\"]", "[0,18446744073709551615]", "[0,5]", "[8,12]"}) {
        EXPECT_EQ(idOfTensor("\"F32\"", "[1]", offsets, 4), "MODEL-ST-OFFSET") << offsets;
    }
}

TEST(Catalogue, M18_OverlappingTensors) {
    EXPECT_EQ(idOf(stBytes("{" + entry("a", 0, 5) + "," + entry("b", 4, 8) + "}", 8)), "MODEL-ST-OVERLAP");
    EXPECT_EQ(idOf(stBytes("{" + entry("a", 0, 8) + "," + entry("b", 0, 8) + "}", 8)), "MODEL-ST-OVERLAP");
    const auto file = SafetensorsFile::parse(stBytes("{" + entry("first", 0, 5) + "," + entry("second", 4, 8) + "}", 8), "x");
    EXPECT_NE(file.error().why.find("first"), std::string::npos);
    EXPECT_NE(file.error().why.find("second"), std::string::npos);
}

TEST(Catalogue, M19_Holes) {
    EXPECT_EQ(idOf(stBytes("{" + entry("a", 1, 4) + "}", 4)), "MODEL-ST-HOLE");
    EXPECT_EQ(idOf(stBytes("{" + entry("a", 0, 4) + "," + entry("b", 5, 8) + "}", 8)), "MODEL-ST-HOLE");
    EXPECT_EQ(idOf(stBytes("{" + entry("a", 0, 4) + "}", 5)), "MODEL-ST-HOLE");
}

TEST(Catalogue, M20_RangeAndShapeDisagree) {
    EXPECT_EQ(idOfTensor("\"F32\"", "[2]", "[0,7]", 7), "MODEL-ST-SIZE");
    EXPECT_EQ(idOfTensor("\"F32\"", "[2]", "[0,9]", 9), "MODEL-ST-SIZE");
}

TEST(Catalogue, M21_AnyOrder) {
    const auto file = SafetensorsFile::parse(stBytes("{" + entry("z", 4, 8) + "," + entry("a", 0, 4) + "}", 8), "x");
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(file->tensors().size(), 2U);
    ASSERT_NE(file->find("z"), nullptr);
    EXPECT_EQ(file->find("z")->bytes.data() - file->find("a")->bytes.data(), 4);
    EXPECT_EQ(file->find("none"), nullptr);
}

TEST(Catalogue, M22_TensorNames) {
    EXPECT_EQ(idOf(stBytes("{" + entry("", 0, 1) + "}", 1)), "MODEL-ST-NAME");
    EXPECT_EQ(idOf(stBytes("{" + entry(std::string(70'000, 'n'), 0, 1) + "}", 1)), "MODEL-ST-NAME");
    EXPECT_EQ(idOf(stBytes("{" + entry(std::string(255, 'n'), 0, 1) + "}", 1)), "");
    EXPECT_EQ(idOf(stBytes("{" + entry("a\\nb\\u0000\\u202e", 0, 1) + "}", 1)), "");
    const auto shown = SafetensorsFile::parse(stBytes("{" + entry("a\\nb", 0, 1) + "}", 3), "x");
    ASSERT_FALSE(shown.ok());
    EXPECT_EQ(formatErrorLine("p", shown.error()).find('\n'), std::string::npos);
}

TEST(Catalogue, M23_BigEndianLength) {
    ByteString bytes = stBytes("{}");
    std::reverse(bytes.begin(), bytes.begin() + 8);
    EXPECT_EQ(idOf(bytes), "MODEL-ST-HLEN");
}

TEST(Catalogue, M24_FilesCutShort) {
    const std::string whole = stFile({{"a", {3, 4}}, {"b", {5}}});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const ByteString cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        ASSERT_NE(idOf(cut), "") << size;
    }
    EXPECT_EQ(idOf(ByteString(whole.begin(), whole.end())), "");
}

TEST(Catalogue, M25_BooleansOfAnyByte) {
    ByteString bytes = stBytes(R"({"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})", 0);
    bytes.insert(bytes.end(), {0, 2, 255});
    const auto file = SafetensorsFile::parse(bytes, "x");
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(*toFloat32(file->tensors()[0]), (std::vector<float>{0, 1, 1}));
}

TEST(Catalogue, M30_SavingOverTheLoadedFile) {
    const ScratchFolder scratch;
    const auto path = scratch.path / "a.safetensors";
    ASSERT_TRUE(writeSafetensors(path, {{"a", {2}, {1.5F, -2.0F}, {}}}, {}).ok());
    const auto old = SafetensorsFile::open(path);
    ASSERT_TRUE(old.ok());
    ASSERT_TRUE(writeSafetensors(path, {{"b", {1}, {9.0F}, {}}}, {}).ok());
    EXPECT_EQ(*toFloat32(*old->find("a")), (std::vector<float>{1.5F, -2.0F}));   // the mapping keeps the old file
    const auto now = SafetensorsFile::open(path);
    ASSERT_TRUE(now.ok());
    EXPECT_EQ(now->find("a"), nullptr);
    EXPECT_EQ(scratch.entries(), 1U);
}

TEST(Catalogue, M31_PicklesUnderAnyName) {
    const ScratchFolder scratch;
    EXPECT_EQ(SafetensorsFile::open(scratch.put("a.safetensors", "PK\x03\x04 archive/data.pkl")).error().id, "MODEL-PICKLE");
    EXPECT_EQ(SafetensorsFile::open(scratch.put("b.safetensors", "\x80\x02}q\x01X rest of a pickle")).error().id, "MODEL-PICKLE");
}

TEST(Catalogue, M32_OtherModelFormats) {
    for (const char* text : {"GGUF\x03 and more bytes", "\x89HDF\r\n\x1a\n and more", "\x93NUMPY\x01 and more", "version https://git-lfs.github.com/spec/v1", "<!DOCTYPE html>"}) {
        EXPECT_EQ(idOf(ByteString(text, text + std::char_traits<char>::length(text))), "MODEL-FORMAT") << text;
    }
}

TEST(Safetensors, ValuesOfEveryType) {
    const auto values = [](const char* dtype, std::size_t count, const ByteString& data) {
        ByteString bytes = stBytes(std::string(R"({"a":{"dtype":")") + dtype + R"(","shape":[)" + std::to_string(count) + R"(],"data_offsets":[0,)" + std::to_string(data.size()) + "]}}");
        bytes.insert(bytes.end(), data.begin(), data.end());
        const auto file = SafetensorsFile::parse(bytes, "x");
        return file.ok() ? *toFloat32(file->tensors()[0]) : std::vector<float>();
    };
    // 1, -2, smallest subnormal, largest, infinity
    EXPECT_EQ(values("F16", 5, {0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00, 0xFF, 0x7B, 0x00, 0x7C}),
              (std::vector<float>{1, -2, 0x1p-24F, 65504, std::numeric_limits<float>::infinity()}));
    EXPECT_EQ(values("F16", 2, {0x01, 0x80, 0x00, 0x04}), (std::vector<float>{-0x1p-24F, 0x1p-14F}));
    EXPECT_TRUE(std::isnan(values("F16", 1, {0x01, 0x7E})[0]));
    EXPECT_EQ(values("BF16", 2, {0x80, 0x3F, 0x49, 0xC0}), (std::vector<float>{1, -3.140625F}));
    EXPECT_EQ(values("F32", 1, {0, 0, 0xC0, 0x3F}), (std::vector<float>{1.5F}));
    EXPECT_EQ(values("F64", 1, {0, 0, 0, 0, 0, 0, 0xF8, 0x3F}), (std::vector<float>{1.5F}));
    EXPECT_EQ(values("I64", 1, {0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}), (std::vector<float>{-2}));
    EXPECT_EQ(values("I32", 1, {7, 0, 0, 0}), (std::vector<float>{7}));
    EXPECT_EQ(values("U8", 2, {0, 255}), (std::vector<float>{0, 255}));
}

TEST(Safetensors, HalfIsExactForAllBitPatterns) {
    ByteString bytes = stBytes(R"({"a":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}})");
    for (unsigned bits = 0; bits < 65536; ++bits) {
        bytes.push_back(static_cast<std::uint8_t>(bits & 255U));
        bytes.push_back(static_cast<std::uint8_t>(bits >> 8U));
    }
    const auto file = SafetensorsFile::parse(bytes, "x");
    ASSERT_TRUE(file.ok());
    const auto values = *toFloat32(file->tensors()[0]);
    for (unsigned bits = 0; bits < 65536; ++bits) {
        const unsigned exponent = bits >> 10U & 31U;
        const double fraction = bits & 1023U;
        const double expected = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, static_cast<int>(exponent) - 25);
        if (exponent < 31) {
            ASSERT_EQ(values[bits], static_cast<float>((bits & 0x8000U) != 0 ? -expected : expected)) << bits;
        } else {
            ASSERT_FALSE(std::isfinite(values[bits]));
        }
    }
}

TEST(Safetensors, WriterIsReadBack) {
    const ScratchFolder scratch;
    const auto path = scratch.path / "out.safetensors";
    ASSERT_TRUE(writeSafetensors(path, {{"x", {2, 2}, {1, 2, 3, 4}, {}}, {"ids", {3}, {}, {5, -6, 1LL << 40}}, {"none", {0, 7}, {}, {}}, {"s", {}, {8}, {}}}, {{"grid", "2x2"}}).ok());
    const auto file = SafetensorsFile::open(path);
    ASSERT_TRUE(file.ok()) << formatErrorLine("t", file.error());
    EXPECT_EQ(file->metadata().at("grid"), "2x2");
    EXPECT_EQ(file->find("x")->shape, (std::vector<std::int64_t>{2, 2}));
    EXPECT_EQ(file->find("ids")->type, StorageType::kI64);
    EXPECT_EQ(*toFloat32(*file->find("x")), (std::vector<float>{1, 2, 3, 4}));
    EXPECT_EQ(file->find("none")->bytes.size(), 0U);
    EXPECT_EQ(file->find("s")->shape.size(), 0U);
    for (const TensorRecord& tensor : file->tensors()) {
        EXPECT_EQ((tensor.bytes.data() - file->tensors()[0].bytes.data()) % 4, 0);
    }
    EXPECT_EQ(writeSafetensors(path, {{"x", {3}, {1, 2}, {}}}, {}).error().code, ErrorCode::kNotWritten);
    EXPECT_EQ(writeSafetensors(path, {{"x", {1}, {1}, {}}, {"x", {1}, {1}, {}}}, {}).error().code, ErrorCode::kNotWritten);
    EXPECT_TRUE(SafetensorsFile::open(path).ok());   // the old file stays
    EXPECT_EQ(writeSafetensors(scratch.path / "no" / "x", {}, {}).error().id, "OUT-NOENT");
}

}  // namespace
}  // namespace prunescope
