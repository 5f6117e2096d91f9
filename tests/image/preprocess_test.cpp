// SPDX-License-Identifier: GPL-3.0-or-later
// The resize and the whole preparation against recorded results of Pillow, transformers and ATen (tests/oracles/pillow_preprocess.py).
#include "core/image/image.h"
#include "core/image/resize.h"

#include "core/base/json_gate.h"
#include "core/base/sha256.h"
#include "tests/image/drawn_picture.h"

#include <gtest/gtest.h>

#include <set>

namespace prunescope {
namespace {

using testing::drawnPicture;

nlohmann::json recorded() {
    auto json = readJsonFile(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "image" / "preprocess.json", ErrorCode::kBadInput);
    EXPECT_TRUE(json.ok());
    return json.ok() ? *json : nlohmann::json::object();
}

ResizeMode modeOf(const std::string& name) {
    return name == "pil13" ? ResizeMode::kPillow13 : name == "pil12" ? ResizeMode::kPillow12 : ResizeMode::kTorch16;
}

std::string hashOfFloats(const HostTensor& tensor) {
    const void* start = tensor.data();
    return sha256(std::span<const std::uint8_t>(static_cast<const std::uint8_t*>(start), static_cast<std::size_t>(tensor.count()) * sizeof(float)));
}

std::string hashOf(const RgbImage& image) { return sha256(std::span<const std::uint8_t>(image.pixels)); }

PreprocessConfig configOf(const nlohmann::json& json) {
    PreprocessConfig config;
    const auto size = json.value("size", nlohmann::json{{"shortest_edge", 224}});
    config.shortestEdge = size.value("shortest_edge", 0);
    config.resizeWidth = size.value("width", 0);
    config.resizeHeight = size.value("height", 0);
    if (json.contains("crop_size")) {
        config.cropWidth = json["crop_size"]["width"].get<int>();
        config.cropHeight = json["crop_size"]["height"].get<int>();
    }
    config.doResize = json.value("do_resize", true);
    config.doCenterCrop = json.value("do_center_crop", true);
    config.doRescale = json.value("do_rescale", true);
    config.doNormalize = json.value("do_normalize", true);
    config.doPad = json.value("do_pad", false);
    for (std::size_t c = 0; json.contains("image_mean") && c < 3; ++c) {
        config.mean[c] = json["image_mean"][c].get<double>();
        config.std[c] = json["image_std"][c].get<double>();
    }
    return config;
}

TEST(Preprocess, EqualsTransformersBitForBit) {
    const auto json = recorded();
    std::set<std::pair<int, int>> sizes;
    int cases = 0;
    for (const auto& entry : json.at("preprocess")) {
        const int width = entry["width"].get<int>();
        const int height = entry["height"].get<int>();
        const auto result = preprocess(drawnPicture(width, height, entry["seed"].get<std::uint32_t>()),
                                       configOf(json["configs"][entry["config"].get<std::string>()]), modeOf(entry["mode"].get<std::string>()));
        ASSERT_TRUE(result.ok()) << entry.dump() << formatErrorLine("test", result.error());
        EXPECT_EQ(nlohmann::json(result->pixels.shape()), entry["shape"]) << entry.dump();
        EXPECT_EQ(hashOf(result->seen), entry["seen"].get<std::string>()) << entry.dump();
        EXPECT_EQ(hashOfFloats(result->pixels), entry["pixels"].get<std::string>()) << entry.dump();
        sizes.insert({width, height});
        ++cases;
    }
    EXPECT_GE(sizes.size(), 40U);
    EXPECT_GE(cases, 300);
}

TEST(Resize, EqualsPillowAndTorchBitForBit) {
    const auto json = recorded();
    std::set<std::string> modes;
    for (const auto& entry : json.at("resize")) {
        const RgbImage image = drawnPicture(entry["width"].get<int>(), entry["height"].get<int>(), entry["seed"].get<std::uint32_t>());
        const RgbImage out = resizeBicubic(image, entry["new_width"].get<int>(), entry["new_height"].get<int>(), modeOf(entry["mode"].get<std::string>()));
        EXPECT_EQ(hashOf(out), entry["rgb"].get<std::string>()) << entry.dump();
        modes.insert(entry["mode"].get<std::string>());
    }
    EXPECT_EQ(modes.size(), 3U);
}

TEST(Resize, PassOrderShowsInTallPictures) {
    const RgbImage image = drawnPicture(100, 600, 5);
    EXPECT_NE(hashOf(resizeBicubic(image, 60, 90, ResizeMode::kPillow13)), hashOf(resizeBicubic(image, 60, 90, ResizeMode::kPillow12)));
    const RgbImage wide = drawnPicture(600, 100, 5);
    EXPECT_EQ(hashOf(resizeBicubic(wide, 90, 60, ResizeMode::kPillow13)), hashOf(resizeBicubic(wide, 90, 60, ResizeMode::kPillow12)));
}

TEST(Resize, WindowEqualsCutOfWhole) {
    for (const ResizeMode mode : {ResizeMode::kPillow13, ResizeMode::kPillow12, ResizeMode::kTorch16}) {
        for (const auto& [width, height] : {std::pair{91, 400}, std::pair{400, 91}, std::pair{60, 50}}) {
            const RgbImage image = drawnPicture(width, height, 9);
            const RgbImage whole = resizeBicubic(image, 60, 50, mode);
            const RgbImage part = resizeBicubicWindow(image, 60, 50, mode, ResizeWindow{7, 11, 31, 17});
            ASSERT_EQ(part.pixels.size(), 31U * 17U * 3U);
            for (int y = 0; y < 17; ++y) {
                for (int k = 0; k < 31 * 3; ++k) {
                    ASSERT_EQ(part.pixels[static_cast<std::size_t>(y * 31 * 3 + k)], whole.pixels[static_cast<std::size_t>(((y + 11) * 60 + 7) * 3 + k)]);
                }
            }
        }
    }
}

TEST(Catalogue, I17_OnePixelSidesAndHugeAspects) {
    PreprocessConfig config;
    for (const auto& [width, height] : {std::pair{1, 1}, std::pair{1, 20000}, std::pair{20000, 1}, std::pair{13, 13}}) {
        auto result = preprocess(drawnPicture(width, height, 1), config, ResizeMode::kPillow13);
        ASSERT_TRUE(result.ok());
        finishGrid(*result, 14, false);
        EXPECT_EQ(result->grid.tokenCount(), 576);
        EXPECT_FALSE(result->grid.seenArea().empty());
    }
}

TEST(Catalogue, I18_ConstantPicturesStayFinite) {
    for (const int level : {0, 128, 255}) {
        RgbImage image{50, 40, std::vector<std::uint8_t>(50 * 40 * 3, static_cast<std::uint8_t>(level))};
        const auto result = preprocess(image, PreprocessConfig{}, ResizeMode::kPillow13);
        ASSERT_TRUE(result.ok());
        const auto values = result->pixels.values();
        for (std::size_t c = 0; c < 3; ++c) {
            const float expected = (static_cast<float>(level * (1.0 / 255.0)) - static_cast<float>(PreprocessConfig{}.mean[c])) /
                                   static_cast<float>(PreprocessConfig{}.std[c]);
            EXPECT_EQ(values[c * 336 * 336], expected);
            EXPECT_EQ(values[c * 336 * 336 + 336 * 336 - 1], expected);
        }
        EXPECT_EQ(meanColourImage(image).pixels, image.pixels);
    }
}

TEST(Catalogue, M56_UnusableProcessorNumbersAreRefused) {
    const RgbImage image = drawnPicture(20, 20, 0);
    const auto refused = [&](auto change) {
        PreprocessConfig config;
        change(config);
        const auto result = preprocess(image, config, ResizeMode::kPillow13);
        return !result.ok() && result.error().code == ErrorCode::kBadModel && result.error().id == "MODEL-PREPROCESS";
    };
    EXPECT_TRUE(refused([](PreprocessConfig& c) { c.std[1] = 0; }));
    EXPECT_TRUE(refused([](PreprocessConfig& c) { c.mean[0] = std::numeric_limits<double>::quiet_NaN(); }));
    EXPECT_TRUE(refused([](PreprocessConfig& c) { c.cropWidth = 0; }));
    EXPECT_TRUE(refused([](PreprocessConfig& c) { c.cropHeight = 1'000'000; }));
    EXPECT_TRUE(refused([](PreprocessConfig& c) { c.shortestEdge = 0; }));
}

TEST(Preprocess, GridMapsCropAndPadding) {
    PreprocessConfig config;
    auto crop = preprocess(drawnPicture(640, 480, 0), config, ResizeMode::kPillow13);
    ASSERT_TRUE(crop.ok());
    finishGrid(*crop, 14, false);
    // models.md section 11: 448 x 336, left 56: the outer 80 px on each side are unseen
    EXPECT_DOUBLE_EQ(crop->grid.seenArea().x0, 80.0);
    EXPECT_DOUBLE_EQ(crop->grid.seenArea().x1, 560.0);
    EXPECT_DOUBLE_EQ(crop->grid.seenArea().y1, 480.0);
    EXPECT_EQ(crop->grid.tokenUnder(79.9, 10), std::nullopt);
    EXPECT_EQ(crop->grid.tokenUnder(80.0, 0), 0);
    EXPECT_EQ(crop->grid.tokenUnder(559.9, 479.9), 575);
    config.doPad = true;
    auto padded = preprocess(drawnPicture(640, 480, 0), config, ResizeMode::kPillow13);
    ASSERT_TRUE(padded.ok());
    finishGrid(*padded, 14, false);
    EXPECT_TRUE(padded->grid.padded);
    EXPECT_TRUE(padded->grid.pixelsOf(0).empty());   // a token that saw only the border
    EXPECT_DOUBLE_EQ(padded->grid.seenArea().x1 - padded->grid.seenArea().x0, 640.0);
    EXPECT_DOUBLE_EQ(padded->grid.seenArea().y1 - padded->grid.seenArea().y0, 480.0);
}

TEST(Preprocess, EmptyImageIsRefused) {
    EXPECT_FALSE(preprocess(RgbImage{}, PreprocessConfig{}, ResizeMode::kPillow13).ok());
    EXPECT_FALSE(preprocess(RgbImage{4, 4, std::vector<std::uint8_t>(5)}, PreprocessConfig{}, ResizeMode::kPillow13).ok());
}

TEST(Preprocess, MeanColourIsTheMean) {
    const RgbImage image{2, 1, {10, 20, 30, 21, 40, 31}};
    EXPECT_EQ(meanColourImage(image).pixels, (std::vector<std::uint8_t>{16, 30, 31, 16, 30, 31}));
}

}  // namespace
}  // namespace prunescope
