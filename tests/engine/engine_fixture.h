// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Reads the recorded parity fixtures of tests/data/engine (made by tests/oracles/engine_fixtures.py) and loads them into the engine.

#include "core/checkpoint/checkpoint.h"
#include "core/engine/engine.h"
#include "core/engine/engine_probe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace prunescope::test {

inline const std::vector<std::string>& fixtureNames() {
    static const std::vector<std::string> names{"l0_llama", "l1_sharded", "l2_mistral_gqa", "tied_head", "float16_storage", "bfloat16_storage", "no_crop_gelu",
                                                "layer_list_full", "projector_no_bias", "rope_linear", "rope_llama3", "rope_dynamic", "qwen2"};
    return names;
}

inline std::filesystem::path fixtureFolder(const std::string& name) { return std::filesystem::path(PRUNESCOPE_TEST_DATA) / "engine" / name; }

/// expected.safetensors of one fixture.
class Expected {
public:
    explicit Expected(const std::string& name) : m_file(openFile(name)) {}
    [[nodiscard]] bool has(const std::string& key) const { return m_file.find(key) != nullptr; }
    [[nodiscard]] HostTensor tensor(const std::string& key) const {
        const TensorRecord* record = m_file.find(key);
        if (record == nullptr) {
            ADD_FAILURE() << "no recorded tensor " << key;
            return {};
        }
        return HostTensor(record->shape, toFloat32(*record).value());
    }
    [[nodiscard]] std::vector<std::int64_t> ids(const std::string& key) const {
        const TensorRecord* record = m_file.find(key);
        if (record == nullptr || record->type != StorageType::kI64) {
            ADD_FAILURE() << "no recorded ids " << key;
            return {};
        }
        std::vector<std::int64_t> values(record->bytes.size() / sizeof(std::int64_t));
        std::memcpy(values.data(), record->bytes.data(), record->bytes.size());
        return values;
    }
    [[nodiscard]] std::vector<std::string> keysFrom(const std::string& prefix) const {
        std::vector<std::string> keys;
        for (const TensorRecord& record : m_file.tensors()) {
            if (record.name.starts_with(prefix)) {
                keys.push_back(record.name);
            }
        }
        return keys;
    }

private:
    static SafetensorsFile openFile(const std::string& name) {
        auto opened = SafetensorsFile::open(fixtureFolder(name) / "expected.safetensors");
        if (!opened.ok()) {
            throw std::runtime_error(opened.error().why);
        }
        return std::move(opened.value());
    }
    SafetensorsFile m_file;
};

inline Checkpoint openFixture(const std::string& name) {
    auto opened = openCheckpoint(fixtureFolder(name));
    if (!opened.ok()) {
        throw std::runtime_error(name + ": " + opened.error().id + " " + opened.error().where + " " + opened.error().why);
    }
    return std::move(opened.value());
}

inline std::unique_ptr<LanguageModel> load(const Checkpoint& checkpoint, DtypeChoice dtype = DtypeChoice::kFloat32, bool libraryOnly = false, int threads = 1) {
    LoadOptions options;
    options.device = DeviceChoice::kCpu;
    options.dtype = dtype;
    options.threads = threads;   // tiny models only wait for each other on more
    auto loaded = loadLanguageModelTuned(checkpoint, options, EngineTuning{libraryOnly}, {}, {});
    if (!loaded.ok()) {
        throw std::runtime_error(loaded.error().id + " " + loaded.error().where + " " + loaded.error().why);
    }
    return std::move(loaded.value());
}

/// The fixture's whole prompt with all visual rows and plain positions.
inline PrefillInput promptOf(const Expected& expected, const HostTensor& visual) {
    PrefillInput input;
    input.ids = expected.ids("input_ids");
    input.visual = visual;
    input.positions.resize(input.ids.size());
    std::iota(input.positions.begin(), input.positions.end(), 0);
    input.nextPosition = static_cast<std::int64_t>(input.ids.size());
    return input;
}

/// Largest excess of |a - b| over absolute + relative * |b|; at most 0 means within tolerance. Shapes must match.
inline double excess(const HostTensor& a, const HostTensor& b, double absolute, double relative) {
    if (a.shape() != b.shape()) {
        ADD_FAILURE() << "shapes differ: " << a.count() << " and " << b.count() << " values";
        return INFINITY;
    }
    double worst = -INFINITY;
    for (std::size_t i = 0; i < a.values().size(); ++i) {
        const double x = a.values()[i], y = b.values()[i];
        const double over = std::fabs(x - y) - (absolute + relative * std::fabs(y));
        worst = std::isnan(over) ? INFINITY : std::max(worst, over);
    }
    return worst;
}
inline double largestDifference(const HostTensor& a, const HostTensor& b) { return excess(a, b, 0.0, 0.0); }

inline double relativeL2(const HostTensor& a, const HostTensor& reference) {
    double difference = 0.0, size = 0.0;
    for (std::size_t i = 0; i < reference.values().size(); ++i) {
        const double d = static_cast<double>(a.values()[i]) - reference.values()[i];
        difference += d * d;
        size += static_cast<double>(reference.values()[i]) * reference.values()[i];
    }
    return std::sqrt(difference / size);
}

}  // namespace prunescope::test
