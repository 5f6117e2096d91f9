// SPDX-License-Identifier: GPL-3.0-or-later
// The image gate: what it opens (against Pillow, tests/oracles/pillow_decode.py) and what it refuses (reference/reliability.md 3.2).
#include "core/image/image.h"

#include "core/base/json_gate.h"
#include "core/base/sha256.h"
#include "tests/base/scratch_folder.h"
#include "tests/image/made_image.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace prunescope {
namespace {

using testing::ByteString;
using testing::bytesOf;
using testing::greyPng;
using testing::ScratchFolder;

const std::filesystem::path kFiles = std::filesystem::path(PRUNESCOPE_TEST_DATA) / "image" / "files";

Result<DecodedImage> decode(const ByteString& bytes, const ImageLimits& limits = {}) { return decodeImage(bytes, limits, "x"); }

std::string idOf(const ByteString& bytes, const ImageLimits& limits = {}) {
    const auto result = decode(bytes, limits);
    return result.ok() ? "" : result.error().id;
}

ByteString file(const std::string& name) { return testing::fileBytes(kFiles / name); }

ByteString part(const ByteString& bytes, std::size_t size) { return ByteString(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)); }

/// Peak resident memory so far, in KiB.
long peakMemory() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

TEST(Catalogue, I14_EveryStoredFormReadsAsPillowReadsIt) {
    const auto json = readJsonFile(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "image" / "files.json", ErrorCode::kBadInput);
    ASSERT_TRUE(json.ok());
    int files = 0;
    for (const auto& [name, wanted] : json->items()) {
        const auto image = readImage(kFiles / name);
        ASSERT_TRUE(image.ok()) << name << " " << formatErrorLine("t", image.error());
        EXPECT_EQ(image->rgb.width, wanted["width"].get<int>()) << name;
        EXPECT_EQ(image->rgb.height, wanted["height"].get<int>()) << name;
        EXPECT_EQ(sha256(std::span<const std::uint8_t>(image->rgb.pixels)), wanted["rgb"].get<std::string>()) << name;
        EXPECT_EQ(image->sha256, *sha256OfFile(kFiles / name));
        ++files;
    }
    EXPECT_GE(files, 60);
}

TEST(Catalogue, I01_PngCutAnywhereIsRefused) {
    for (const char* name : {"rgb8.png", "rgb8i.png", "palette4.png"}) {
        const ByteString whole = file(name);
        for (std::size_t size = 8; size < whole.size(); size += size < 60 ? 1 : 53) {
            const auto result = decode(part(whole, size));
            ASSERT_FALSE(result.ok()) << name << " " << size;
            ASSERT_EQ(result.error().id, "IMG-TRUNCATED") << name << " " << size;
            ASSERT_EQ(exitCodeOf(result.error().code), 3);
        }
    }
    ByteString broken = file("rgb8.png");
    broken[broken.size() / 2] ^= 0x55U;   // inside IDAT: its check sum fails
    EXPECT_EQ(idOf(broken), "IMG-DECODE");
    ByteString shortData = testing::pngStart(50, 50, 8, 0);
    testing::appendChunk(shortData, "IDAT", testing::stored(ByteString(51 * 10, 0)));
    testing::appendChunk(shortData, "IEND", {});
    EXPECT_EQ(idOf(shortData), "IMG-TRUNCATED");
}

TEST(Catalogue, I02_JpegCutAnywhereIsRefused) {
    for (const char* name : {"jpeg420.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "restart.jpg"}) {
        const ByteString whole = file(name);
        for (std::size_t size = 3; size < whole.size(); size += size > 600 ? 37 : 11) {
            const auto result = decode(part(whole, size));
            ASSERT_FALSE(result.ok()) << name << " " << size << " of " << whole.size();
            ASSERT_TRUE(result.error().id == "IMG-TRUNCATED" || result.error().id == "IMG-DECODE") << result.error().id;
        }
        EXPECT_EQ(idOf(part(whole, whole.size() / 3 * 2)), "IMG-TRUNCATED") << name;
    }
}

TEST(Catalogue, I03_BombOf256MegapixelsIsRefusedByItsHeader) {
    const long before = peakMemory();
    ByteString bomb = testing::pngStart(16000, 16000, 1, 0);
    testing::appendChunk(bomb, "IDAT", ByteString(31'000, 0));
    const auto result = decode(bomb);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().id, "IMG-PIXELS");
    EXPECT_EQ(exitCodeOf(result.error().code), 9);
    EXPECT_NE(result.error().hint.find("--limit image-pixels="), std::string::npos);
    EXPECT_LT(peakMemory() - before, 100 * 1024);
}

TEST(Catalogue, I04_BombOfAGigapixelIsRefusedByItsHeader) {
    ImageLimits raised;
    raised.pixels = 2'000'000'000;
    EXPECT_EQ(idOf(testing::pngStart(32000, 32000, 1, 0)), "IMG-PIXELS");
    EXPECT_EQ(idOf(testing::pngStart(32000, 32000, 1, 0), raised), "IMG-PIXELS");   // the hard bound stays
    // under the limit, but a few bytes cannot hold so many pixels: refused before the pixels are allocated
    const long before = peakMemory();
    ByteString lying = testing::pngStart(9000, 9000, 8, 6);
    testing::appendChunk(lying, "IDAT", ByteString(1000, 0));
    EXPECT_EQ(idOf(lying), "IMG-TRUNCATED");
    EXPECT_LT(peakMemory() - before, 100 * 1024);
}

TEST(Catalogue, I05_JpegWithAPatchedSizeIsRefused) {
    for (const auto side : {30000U, 65500U}) {
        ByteString bytes = file("jpeg444.jpg");
        for (std::size_t i = 0; i + 8 < bytes.size(); ++i) {
            if (bytes[i] == 0xFF && bytes[i + 1] == 0xC0) {
                bytes[i + 5] = bytes[i + 7] = static_cast<std::uint8_t>(side >> 8U);
                bytes[i + 6] = bytes[i + 8] = static_cast<std::uint8_t>(side & 255U);
                break;
            }
        }
        EXPECT_EQ(idOf(bytes), "IMG-PIXELS") << side;
    }
}

TEST(Catalogue, I06_PngHeadersThatLie) {
    EXPECT_EQ(idOf(testing::pngStart(0, 0, 8, 2)), "IMG-HEADER");
    EXPECT_EQ(idOf(testing::pngStart(0, 10, 8, 2)), "IMG-HEADER");
    EXPECT_EQ(idOf(testing::pngStart(0x7FFFFFFF, 0x7FFFFFFF, 8, 2)), "IMG-SIDE");
    EXPECT_EQ(idOf(testing::pngStart(0xFFFFFFFF, 1, 8, 2)), "IMG-SIDE");
    const auto side = decode(testing::pngStart(1'100'000, 1, 8, 2));
    ASSERT_FALSE(side.ok());
    EXPECT_EQ(side.error().id, "IMG-SIDE");
    EXPECT_EQ(exitCodeOf(side.error().code), 9);
    EXPECT_EQ(idOf(testing::pngStart(10, 10, 8, 7)), "IMG-HEADER");
    EXPECT_FALSE(decode(testing::pngStart(10, 10, 3, 2)).ok());
    ByteString noHeader{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    testing::appendChunk(noHeader, "IDAT", ByteString(40, 0));
    EXPECT_EQ(idOf(noHeader), "IMG-HEADER");
}

ByteString bmpHeader(std::int32_t width, std::int32_t height, std::uint16_t bits, std::uint32_t compression = 0) {
    ByteString bmp = bytesOf("BM");
    const auto little = [&](std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) {
            bmp.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(8 * i)));
        }
    };
    little(0, 4);
    little(0, 4);
    little(54, 4);
    little(40, 4);
    little(static_cast<std::uint32_t>(width), 4);
    little(static_cast<std::uint32_t>(height), 4);
    little(1, 2);
    little(bits, 2);
    little(compression, 4);
    for (int i = 0; i < 5; ++i) {
        little(0, 4);
    }
    return bmp;
}

TEST(Catalogue, I07_BmpHeadersThatLie) {
    EXPECT_EQ(idOf(bmpHeader(30000, 30000, 24)), "IMG-PIXELS");
    EXPECT_EQ(idOf(bmpHeader(10, std::numeric_limits<std::int32_t>::min(), 24)), "IMG-SIDE");
    EXPECT_EQ(idOf(bmpHeader(-5, 5, 24)), "IMG-HEADER");
    EXPECT_EQ(idOf(bmpHeader(9000, 9000, 24)), "IMG-TRUNCATED");
    EXPECT_EQ(idOf(bmpHeader(5, 5, 24, 1)), "IMG-FORMAT");
    EXPECT_EQ(idOf(bmpHeader(5, 5, 17)), "IMG-FORMAT");
    EXPECT_EQ(idOf(bytesOf("BM")), "IMG-TRUNCATED");
    const ByteString whole = file("rgb.bmp");
    for (std::size_t size = 2; size < whole.size(); size += 101) {
        EXPECT_EQ(idOf(part(whole, size)), "IMG-TRUNCATED");
    }
    ByteString downwards = bmpHeader(1, -2, 24);
    downwards.insert(downwards.end(), {1, 2, 3, 0, 4, 5, 6, 0});
    const auto image = decode(downwards);
    ASSERT_TRUE(image.ok());
    EXPECT_EQ(image->rgb.pixels, (ByteString{3, 2, 1, 6, 5, 4}));
}

TEST(Catalogue, I08_PpmHeadersThatLie) {
    EXPECT_EQ(idOf(bytesOf("P6\n2000000000 2000000000\n255\n")), "IMG-SIDE");
    EXPECT_EQ(idOf(bytesOf("P6\n-5 10\n255\n")), "IMG-HEADER");
    EXPECT_EQ(idOf(bytesOf("P6\n10 10\n255\n")), "IMG-TRUNCATED");
    EXPECT_EQ(idOf(bytesOf("P6\n10 10\n70000\n")), "IMG-HEADER");
    EXPECT_EQ(idOf(bytesOf("P6\n10")), "IMG-TRUNCATED");
    EXPECT_EQ(idOf(bytesOf("P6\nten ten\n")), "IMG-HEADER");
    EXPECT_EQ(idOf(bytesOf("P3\n9000 9000\n255\n1 2 3")), "IMG-TRUNCATED");
    EXPECT_EQ(idOf(bytesOf("P3\n2 1\n255\n1 2 3 4 x 6")), "IMG-DECODE");
    EXPECT_EQ(idOf(bytesOf("P6\n99999999999999999999 1\n255\n")), "IMG-SIDE");
}

TEST(Catalogue, I09_DicomIsRefusedWhateverItsName) {
    ByteString dicom(132, 0);
    dicom[128] = 'D';
    dicom[129] = 'I';
    dicom[130] = 'C';
    dicom[131] = 'M';
    const ScratchFolder scratch;
    for (const char* name : {"a.dcm", "a.png", "a.jpg"}) {
        const auto path = scratch.put(name, std::string(dicom.begin(), dicom.end()));
        const auto image = readImage(path);
        ASSERT_FALSE(image.ok());
        EXPECT_EQ(image.error().id, "IMG-FORMAT");
        EXPECT_NE(image.error().why.find("DICOM"), std::string::npos);
    }
}

TEST(Catalogue, I10_ForeignFormatsAreRefusedByName) {
    using namespace std::string_literals;
    const std::pair<std::string, const char*> kinds[] = {
        {"<VRTDataset rasterXSize=\"1\">", "GDAL"}, {"<svg xmlns=\"x\"><image href=\"file:///etc/passwd\"/></svg>", "SVG"}, {"%!PS-Adobe-3.0 EPSF", "PostScript"},
        {"%PDF-1.7", "PDF"}, {"push graphic-context\n", "script"}, {"\x76\x2f\x31\x01rest", "OpenEXR"}, {"#?RADIANCE\n", "Radiance"},
        {"\0\0\0\x0cjP  \r\n"s, "JPEG 2000"}, {"CDF\x01rest", "NetCDF"}, {"GIF89a", "GIF"}, {"II*\0rest"s, "TIFF"}, {"\0\0\0\x1c" "ftypavif"s, "AVIF"},
        {"\0\0\0\x1c" "ftypheic"s, "HEIC"}, {"\0\0\0\x1c" "ftypisom"s, "video"}, {"\0\0\1\0"s, "icon"}, {"PF\n3 3\n-1.0\n", "floating-point"}, {"Pf\n", "floating-point"},
        {"<!DOCTYPE html><html>", "HTML"}, {"version https://git-lfs.github.com/spec/v1\n", "LFS"}, {"PK\x03\x04rest", "ZIP"}};
    for (const auto& [text, name] : kinds) {
        const auto image = decode(bytesOf(text));
        ASSERT_FALSE(image.ok()) << name;
        EXPECT_EQ(image.error().id, "IMG-FORMAT") << name;
        EXPECT_EQ(exitCodeOf(image.error().code), 3);
        EXPECT_NE(image.error().why.find(name), std::string::npos) << image.error().why;
    }
    EXPECT_EQ(idOf(bytesOf("just some text")), "IMG-FORMAT");
    EXPECT_EQ(idOf(ByteString(500, 0)), "IMG-FORMAT");
    EXPECT_EQ(idOf({}), "IMG-EMPTY");
}

TEST(Catalogue, F08_ContentDecidesNotTheName) {
    const ScratchFolder scratch;
    std::filesystem::create_symlink("/etc/passwd", scratch.path / "x.png");
    const auto image = readImage(scratch.path / "x.png");
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().id, "IMG-FORMAT");
    EXPECT_EQ(formatErrorLine("p", image.error()).find("root"), std::string::npos);   // nothing of the content is shown
}

TEST(Catalogue, I11_TrailingBytesAreIgnoredAndNoted) {
    ByteString bytes = file("rgb8.png");
    const auto clean = decode(bytes);
    const ByteString zip = bytesOf("PK\x03\x04 an archive behind the picture");
    bytes.insert(bytes.end(), zip.begin(), zip.end());
    const auto image = decode(bytes);
    ASSERT_TRUE(image.ok() && clean.ok());
    EXPECT_EQ(image->rgb.pixels, clean->rgb.pixels);
    EXPECT_EQ(image->warnings.size(), 1U);
}

TEST(Catalogue, I12_ExtensionAndContentMayDiffer) {
    const ScratchFolder scratch;
    std::filesystem::copy_file(kFiles / "grey.jpg", scratch.path / "a.png");
    std::filesystem::copy_file(kFiles / "rgb8.png", scratch.path / "b.jpg");
    EXPECT_EQ(readImage(scratch.path / "a.png")->format, "jpeg");
    EXPECT_EQ(readImage(scratch.path / "b.jpg")->format, "png");
}

TEST(Catalogue, I13_AnimatedPngGivesItsFirstPicture) {
    ByteString extra;
    ByteString control;
    testing::appendBig32(control, 5);
    testing::appendBig32(control, 0);
    testing::appendChunk(extra, "acTL", control);
    const auto image = decode(greyPng(6, 4, 77, extra));
    ASSERT_TRUE(image.ok());
    EXPECT_EQ(image->rgb.pixels, ByteString(6 * 4 * 3, 77));
    ASSERT_EQ(image->warnings.size(), 1U);
    EXPECT_NE(image->warnings[0].find("first"), std::string::npos);
}

TEST(Catalogue, I15_ExifOrientationTurnsThePicture) {
    const auto upright = readImage(kFiles / "exif1.jpg");
    ASSERT_TRUE(upright.ok());
    for (int orientation = 5; orientation <= 8; ++orientation) {
        const auto turned = readImage(kFiles / ("exif" + std::to_string(orientation) + ".jpg"));
        ASSERT_TRUE(turned.ok());
        EXPECT_EQ(turned->rgb.width, upright->rgb.height);
    }
    const auto half = readImage(kFiles / "exif3.jpg");   // 180 degrees: the first pixel is the last
    ASSERT_TRUE(half.ok());
    EXPECT_TRUE(std::equal(half->rgb.pixels.begin(), half->rgb.pixels.begin() + 3, upright->rgb.pixels.end() - 3));
}

TEST(Catalogue, I16_DamagedMetadataDoesNotMatter) {
    const auto clean = readImage(kFiles / "exif6.jpg");
    ASSERT_TRUE(clean.ok());
    ByteString bytes = file("exif6.jpg");
    const std::string mark = "Exif";
    const auto at = std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end());
    ASSERT_NE(at, bytes.end());
    const std::size_t tiff = static_cast<std::size_t>(at - bytes.begin()) + 6;
    for (const std::size_t offset : {0U, 2U, 4U, 5U, 6U, 7U, 8U, 9U, 12U, 16U, 18U}) {
        for (const int value : {0x00, 0x7F, 0xFF}) {
            ByteString damaged = bytes;
            damaged[tiff + offset] = static_cast<std::uint8_t>(value);
            EXPECT_TRUE(decode(damaged).ok()) << offset;   // opens, turned or not
        }
    }
    ByteString extra;
    testing::appendChunk(extra, "iCCP", bytesOf("garbage"));
    testing::appendChunk(extra, "eXIf", bytesOf("MM"));
    EXPECT_TRUE(decode(greyPng(3, 3, 5, extra)).ok());
}

TEST(Catalogue, I20_JpegWithAThousandScansIsRefused) {
    ByteString bytes = file("progressive.jpg");
    // repeat the last scan (from its SOS marker to the end marker) a thousand times
    std::size_t last = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
        last = bytes[i] == 0xFF && bytes[i + 1] == 0xDA ? i : last;
    }
    ASSERT_GT(last, 0U);
    const ByteString scan(bytes.begin() + static_cast<std::ptrdiff_t>(last), bytes.end() - 2);
    const ByteString end(bytes.end() - 2, bytes.end());
    bytes.resize(bytes.size() - 2);
    for (int i = 0; i < 1000; ++i) {
        bytes.insert(bytes.end(), scan.begin(), scan.end());
    }
    bytes.insert(bytes.end(), end.begin(), end.end());
    const std::string id = idOf(bytes);
    EXPECT_TRUE(id == "IMG-SCANS" || id == "IMG-DECODE") << id;
}

TEST(Catalogue, I21_PngWithManyTextChunksStaysSmall) {
    const long before = peakMemory();
    ByteString extra;
    for (int i = 0; i < 100'000; ++i) {
        testing::appendChunk(extra, "tEXt", ByteString{'a', 0, 'b'});
    }
    testing::appendChunk(extra, "zTXt", ByteString(1000, 'z'));
    EXPECT_TRUE(decode(greyPng(3, 3, 5, extra)).ok());
    EXPECT_LT(peakMemory() - before, 256 * 1024);
}

TEST(Catalogue, C22_DecodersNeverPrint) {
    // whatever libpng and libjpeg would say goes nowhere: stderr is a file for a moment and stays empty
    const ScratchFolder scratch;
    const auto path = scratch.put("stderr", "");
    ::fflush(stderr);
    const int kept = ::dup(2);
    FILE* opened = ::fopen(path.c_str(), "w");
    ASSERT_NE(opened, nullptr);
    ::dup2(::fileno(opened), 2);
    ByteString broken = file("rgb8.png");
    broken[broken.size() / 2] ^= 0x55U;
    (void)decode(broken);
    (void)decode(part(file("jpeg420.jpg"), 700));
    ByteString extra;
    testing::appendChunk(extra, "iCCP", bytesOf("garbage"));
    (void)decode(greyPng(3, 3, 5, extra));
    ::fflush(stderr);
    ::dup2(kept, 2);
    ::close(kept);
    ::fclose(opened);
    EXPECT_EQ(std::filesystem::file_size(path), 0U);
}

TEST(ImageGate, LimitsAreRaisedByName) {
    ImageLimits limits;
    limits.pixels = 100;
    EXPECT_EQ(idOf(greyPng(11, 10), limits), "IMG-PIXELS");
    EXPECT_EQ(idOf(greyPng(10, 10), limits), "");
    limits.side = 9;
    EXPECT_EQ(idOf(greyPng(10, 1), limits), "IMG-SIDE");
    limits.fileBytes = 20;
    const auto image = decode(greyPng(3, 3), limits);
    ASSERT_FALSE(image.ok());
    EXPECT_EQ(image.error().code, ErrorCode::kLimit);
    const ScratchFolder scratch;
    const ByteString png = greyPng(3, 3);
    const auto read = readImage(scratch.put("a.png", std::string(png.begin(), png.end())), limits);
    ASSERT_FALSE(read.ok());
    EXPECT_NE(read.error().hint.find("--limit image-file-bytes="), std::string::npos);
}

}  // namespace
}  // namespace prunescope
